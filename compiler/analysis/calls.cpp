// Calls: which function of which module, where it may stand, and route(NAME).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/text/names.h"
#include "compiler/modules/spelling.h"

namespace strowger::analysis {
namespace {

using modules::Function;

bool is_loaded(const Context& context, const std::string& module) {
  return std::find(context.loaded.begin(), context.loaded.end(), module) != context.loaded.end();
}

std::string signature(const Function& f) {
  std::string out = f.name + "(";
  for (std::size_t i = 0; i < f.args.size(); ++i)
    out += (i ? ", " : "") + f.args[i].name + ": " + std::string(modules::name_of(f.args[i].kind));
  return out + ")";
}

void report_missing(Context& context, const syntax::Expr& e) {
  const std::vector<const Function*> named = context.set.functions_named(e.text);
  std::vector<const Function*> here;
  for (const Function* f : named)
    if (is_loaded(context, f->module)) here.push_back(f);
  if (!here.empty()) {
    const std::size_t given = e.args.size();
    diagnostics::Finding& finding = context.findings.add(
        "E0103", e.span, {e.text, std::to_string(given) + (given == 1 ? " argument" : " arguments")});
    for (const Function* f : here) finding.note(signature(*f));
    return;
  }
  if (!named.empty()) {
    context.findings.add_fault("not loaded: " + named.front()->module, "E0102", e.span, {e.text, named.front()->module})
        .help("add: loadmodule \"" + named.front()->module + ".so\"");
    return;
  }
  diagnostics::Finding& finding = context.findings.add("E0101", e.span, {e.text});
  std::vector<std::string_view> names;
  for (const modules::ModuleInterface* module : context.set.all()) {
    for (const Function& f : module->functions) names.push_back(f.name);
    for (const auto& [alias, name] : module->function_aliases) names.push_back(alias);
  }
  const std::string near = text::nearest(e.text, names);
  if (near.empty()) return;
  finding.help("did you mean '" + near + "'?");
  const std::vector<const Function*> meant = context.set.functions_named(near);
  if (!meant.empty() && !is_loaded(context, meant.front()->module))
    finding.help("add: loadmodule \"" + meant.front()->module + ".so\"");
}

std::optional<std::string> constant_text(const program::Expr& e) {
  if (is_text(e)) return e.text;
  if (is_int(e)) return std::to_string(e.number);
  return std::nullopt;
}

/// What a function that `does preload` names exists from the start. Its arguments go to the repeated parameters of their
/// names in its own module; where there are none the first one, a table, goes to the parameter `preload` of the module
/// that has one. Once each, in the order of the script.
void preload(Context& context, const Function& function, const std::vector<program::Operand>& operands) {
  bool is_own = false;
  const auto add = [](program::ParameterValue& value, const std::string& text) {
    if (std::find(value.texts.begin(), value.texts.end(), text) == value.texts.end()) value.texts.push_back(text);
  };
  for (program::ParameterValue& value : context.program.parameters) {
    if (!value.parameter->repeated || value.parameter->module != function.module) continue;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (function.args[i].name != value.parameter->name) continue;
      add(value, operands[i].text);
      is_own = true;
    }
  }
  if (is_own || operands.empty()) return;
  for (program::ParameterValue& value : context.program.parameters)
    if (value.parameter->name == "preload" && value.parameter->repeated) add(value, operands.front().text);
}

}  // namespace

ExprPtr lower_call(Context& context, const syntax::Expr& e) {
  const Function* function = context.set.find_function(e.text, e.args.size(), context.loaded);
  if (!function) {
    report_missing(context, e);
    return nullptr;
  }
  bool good = true;
  if ((function->routes & context.kind) == 0) {
    context.findings.add("E0104", e.span, {e.text, std::string(name_of(context.kind))})
        .note("allowed in: " + modules::names_of_routes(function->routes));
    good = false;
  }
  const modules::ModuleInterface* module = context.set.find(function->module);
  if (context.building() && (function->pending || (module && module->pending))) {
    context.report_pending("function '" + e.text + "'", e.span);
    good = false;
  }
  context.evaluates = context.evaluates || function->evaluates;
  ExprPtr call = make(Op::Call, Type::Int, e.span);
  call->function = function;
  const bool runs_shell = std::find(function->does.begin(), function->does.end(), "exec") != function->does.end();
  context.shell = runs_shell ? "shell " + std::to_string(e.span.offset) : std::string();
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    std::optional<program::Operand> operand = lower_argument(context, function->args[i], *e.args[i], {e.text, i + 1});
    if (!operand) {
      good = false;
      continue;
    }
    const modules::Argument& declared = function->args[i];
    if (!check_declared(context, function->module, declared.declared_by, operand->text, operand->span)) good = false;
    call->can_fail = call->can_fail || (operand->value && operand->value->can_fail);
    call->operands.push_back(std::move(*operand));
  }
  context.shell.clear();
  if (good && std::find(function->does.begin(), function->does.end(), "preload") != function->does.end())
    preload(context, *function, call->operands);
  return good ? std::move(call) : nullptr;
}

ExprPtr lower_route_call(Context& context, const syntax::Expr& e) {
  if (context.kind == kOnsendRoute) {
    context.findings.add("E0104", e.span, {"route", std::string(name_of(context.kind))});
    return nullptr;
  }
  ExprPtr target;
  if (e.args.empty()) {
    target = make_text("0", e.span);  // route() is the main block
  } else if (e.args[0]->kind == syntax::Expr::Kind::BareWord) {
    target = make_text(e.args[0]->text, e.args[0]->span);
  } else {
    target = lower(context, *e.args[0]);
  }
  if (!target) return nullptr;
  if (const std::optional<std::string> name = constant_text(*target)) {
    std::ptrdiff_t index = context.find_route(kRequestRoute, *name);
    if (index < 0 && *name == "0") index = context.find_route(kRequestRoute, "");
    if (index < 0) {
      diagnostics::Finding& finding = context.findings.add("E0106", target->span, {*name});
      std::vector<std::string_view> names;
      for (const auto& [key, route] : context.routes)
        if (key.first == kRequestRoute) names.push_back(key.second);
      const std::string near = text::nearest(*name, names);
      if (!near.empty()) finding.help("did you mean '" + near + "'?");
      return nullptr;
    }
    context.calls[context.route].insert(static_cast<std::size_t>(index));
    ExprPtr call = make(Op::CallRoute, Type::Int, e.span);
    call->route = static_cast<std::size_t>(index);
    return call;
  }
  context.calls_by_name.insert(context.route);
  return make(Op::CallRouteNamed, Type::Int, e.span, to_text(std::move(target)));
}

}  // namespace strowger::analysis
