// Pseudo-variables: which declaration, which index; constants among them are folded here.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/text/names.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

using modules::Variable;

std::string canonical(const std::string& name) { return name == "retcode" || name == "?" ? "rc" : name; }

const Variable* find(Context& context, const syntax::PvRef& pv) {
  const std::string name = canonical(pv.name);
  if (const Variable* v = context.set.find_variable(name, context.loaded)) return v;
  // Without a #!KAMAILIO header a name that is no variable is an AVP (language.md 1.7).
  const bool may_be_avp = context.ast.mode == syntax::Ast::Mode::Default && !context.in_format && !pv.has_inner;
  if (may_be_avp && pv.name.find('.') == std::string::npos && context.set.variables_named(name).empty())
    return context.set.find_variable("avp", context.loaded);
  return nullptr;
}

void report_unknown(Context& context, const syntax::PvRef& pv) {
  const auto elsewhere = context.set.variables_named(canonical(pv.name));
  if (!elsewhere.empty()) {
    const std::string& module = elsewhere.front()->module;
    context.findings.add_fault("not loaded: " + module, "E0210", pv.span, {"$" + pv.name}).help("add: loadmodule \"" + module + ".so\"");
    return;
  }
  if (!context.shell.empty() && !context.building()) return report_shell_variable(context, pv.span, "$" + pv.name);
  diagnostics::Finding& finding = context.findings.add("E0210", pv.span, {"$" + pv.name});
  if (!context.shell.empty()) finding.help("write '$$" + pv.name + "' for a variable of the shell");
  std::vector<std::string_view> names;
  for (const std::string& module_name : context.loaded)
    if (const modules::ModuleInterface* module = context.set.find(module_name)) {
      for (const Variable& v : module->variables) names.push_back(v.name);
      for (const auto& [alias, name] : module->variable_aliases) names.push_back(alias);
    }
  const std::string near = text::nearest(pv.name, names);
  if (!near.empty()) finding.help("did you mean '$" + near + "'?");
}

bool resolve_index(Context& context, const syntax::PvRef& pv, program::VariableUse& use) {
  using Kind = syntax::PvIndex::Kind;
  using To = program::VariableUse::IndexKind;
  if (pv.index.kind == Kind::None) return true;
  const WithinText within(context);
  if (!use.variable->indexed) {
    context.findings.add("E0220", pv.span, {"$" + pv.name});
    return false;
  }
  switch (pv.index.kind) {
    case Kind::None:
      break;
    case Kind::Number:
      use.index_kind = To::Number;
      use.index = pv.index.number;
      break;
    case Kind::All:
      use.index_kind = To::All;
      break;
    case Kind::Variable: {
      if (!pv.index.variable) return false;
      ExprPtr value = lower_variable(context, *pv.index.variable);
      if (!value) return false;
      use.index_kind = To::Dynamic;
      use.index_value = std::move(value);   // what is no int is an index that nothing has
      break;
    }
  }
  return true;
}

const std::string* define_named(const Context& context, const std::string& name) {
  for (const auto& [id, value] : context.ast.defines)
    if (id == name) return &value;
  return nullptr;
}

/// Variables that are constants or have an operator of their own; none of these takes an index.
bool is_special(const std::string& name) {
  return name == "null" || name == "true" || name == "def" || name == "defn" || name == "_s" || name == "sel";
}

ExprPtr lower_special(Context& context, const syntax::PvRef& pv) {
  if (pv.index.kind != syntax::PvIndex::Kind::None) {
    context.findings.add("E0220", pv.span, {"$" + pv.name});
    return nullptr;
  }
  const bool takes_key = pv.name != "null" && pv.name != "true";
  if (takes_key != pv.has_inner) {
    context.findings.add("E0221", pv.span,
                         {"$" + pv.name, takes_key ? "needs a name in parentheses" : "takes no parentheses"});
    return nullptr;
  }
  if (pv.name == "null") return make_null(pv.span);
  if (pv.name == "true") return make_int(1, pv.span);
  if (pv.name == "_s")
    return lower_format(context, pv.inner, pv.inner_span.file ? pv.inner_span : pv.span, kFormatLimit - 1);
  if (pv.name == "sel") return lower_select_variable(context, pv.inner, pv.span);
  const std::string* value = define_named(context, pv.inner);
  if (pv.name == "def") return value ? make_text(*value, pv.span) : make_null(pv.span);
  // Of a text that is no number its first digits count.
  return make_int(value ? number_in(*value).value_or(std::strtol(value->c_str(), nullptr, 10)) : 0, pv.span);
}

/// What $cfg(route) says: the name of the block; those without have names of their own.
std::string route_title(const program::Route& route) {
  if (!route.name.empty()) return route.name;
  if (route.kind == kRequestRoute) return "DEFAULT_ROUTE";
  return route.kind == kOnsendRoute ? "DEFAULT_SEND" : route.kind == kCoreReplyRoute ? "DEFAULT_ONREPLY" : std::string(name_of(route.kind));
}

}  // namespace

std::optional<program::VariableUse> resolve_variable(Context& context, const syntax::PvRef& pv) {
  if (pv.name != "cfg") context.written.insert(syntax::print(pv));   // $cfg(route) differs from route to route
  const Variable* variable = find(context, pv);
  if (!variable) {
    report_unknown(context, pv);
    return std::nullopt;
  }
  const modules::ModuleInterface* module = context.set.find(variable->module);
  if (context.building() && (variable->pending || (module && module->pending))) {
    context.report_pending("variable '$" + pv.name + "'", pv.span);
    return std::nullopt;
  }
  program::VariableUse use;
  use.variable = variable;
  use.written = syntax::print(pv);
  const bool as_avp = variable->name == "avp" && pv.name != "avp" && !pv.has_inner;
  if (as_avp) {
    use.has_key = true;
    use.key.kind = modules::ArgKind::Name;
    use.key.text = pv.name;
    use.key.span = pv.span;
  } else if (!resolve_key(context, pv, use)) {
    return std::nullopt;
  }
  if (!resolve_index(context, pv, use)) return std::nullopt;
  return use;
}

std::optional<program::VariableUse> resolve_target(Context& context, const syntax::PvRef& pv) {
  if (is_special(pv.name) || !pv.transforms.empty()) {
    context.findings.add("E0209", pv.span, {syntax::print(pv)});
    return std::nullopt;
  }
  std::optional<program::VariableUse> use = resolve_variable(context, pv);
  if (use && !use->variable->writable) {
    context.findings.add("E0209", pv.span, {"$" + pv.name});
    return std::nullopt;
  }
  return use;
}

std::optional<std::size_t> variable_reference(Context& context, const syntax::PvRef& pv) {
  if (pv.transforms.empty() && !is_special(pv.name)) {
    std::optional<program::VariableUse> use = resolve_variable(context, pv);
    return use ? std::optional(context.variable(std::move(*use))) : std::nullopt;
  }
  ExprPtr value = lower_variable(context, pv);
  if (!value) return std::nullopt;
  program::VariableUse use;
  use.value = to_any(std::move(value));
  use.written = syntax::print(pv);
  return context.variable(std::move(use));
}

ExprPtr lower_variable(Context& context, const syntax::PvRef& pv) {
  ExprPtr value;
  if (is_special(pv.name)) {
    value = lower_special(context, pv);
  } else if (std::optional<program::VariableUse> use = resolve_variable(context, pv)) {
    // $cfg(route) is the block that it stands in: known here, and no longer at run time.
    if (pv.name == "cfg" && pv.inner == "route" && pv.transforms.empty() && context.route < context.program.routes.size())
      return make_text(route_title(context.program.routes[context.route]), pv.span);
    value = make(Op::Variable, use->variable->type, pv.span);
    value->nullable = use->variable->type != Type::Int && use->variable->nullable;
    value->use = std::move(*use);
  }
  for (const syntax::Transform& transform : pv.transforms) {
    if (!value) return nullptr;
    value = lower_transform(context, transform, std::move(value));
  }
  return value;
}

}  // namespace strowger::analysis
