// `{s.substr,0,2}`: which declaration, and its arguments.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/text/names.h"

namespace strowger::analysis {
namespace {

using modules::ArgKind;
using modules::Transformation;

std::string shown(const syntax::Transform& t) { return "{" + t.klass + "." + t.op + "}"; }

void report_unknown(Context& context, const syntax::Transform& t) {
  const std::size_t given = t.args.size();
  std::vector<std::string_view> ops;
  const Transformation* same_name = nullptr;
  const Transformation* elsewhere = nullptr;
  for (const modules::ModuleInterface* module : context.set.all())
    for (const Transformation& candidate : module->transformations) {
      if (candidate.klass != t.klass) continue;
      bool is_loaded = false;
      for (const std::string& name : context.loaded) is_loaded = is_loaded || name == module->name;
      if (is_loaded) ops.push_back(candidate.op);
      if (candidate.op == t.op) (is_loaded ? same_name : elsewhere) = &candidate;
    }
  if (same_name) {
    diagnostics::Finding& finding = context.findings.add(
        "E0207", t.span, {shown(t), "does not take " + std::to_string(given) + " argument" + (given == 1 ? "" : "s")});
    const std::size_t most = same_name->args.size();
    finding.note("it takes " + (same_name->required == most
                                    ? std::to_string(most)
                                    : std::to_string(same_name->required) + " to " + std::to_string(most)));
    return;
  }
  diagnostics::Finding& finding = context.findings.add("E0207", t.span, {shown(t), "does not exist"});
  if (elsewhere) {
    finding.help("add: loadmodule \"" + elsewhere->module + ".so\"");
    return;
  }
  const std::string near = text::nearest(t.op, ops);
  if (!near.empty()) finding.help("did you mean '{" + t.klass + "." + near + "}'?");
}

std::string trimmed(const std::string& text) {
  const std::size_t last = text.find_last_not_of(" \t");
  return last == std::string::npos ? std::string() : text.substr(0, last + 1);
}

/// What stands behind the first `count` commas that are not in parentheses or braces.
std::string_view rest_after(std::string_view text, std::size_t count) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size() && count > 0; ++i) {
    if (text[i] == '(' || text[i] == '{') ++depth;
    if (text[i] == ')' || text[i] == '}') --depth;
    if (text[i] == ',' && depth == 0 && --count == 0) return text.substr(i + 1);
  }
  return count == 0 ? text : std::string_view();
}

std::optional<program::Operand> lower_transform_argument(Context& context, const syntax::Transform& transform,
                                                         const modules::Argument& declared,
                                                         const syntax::TransformArg& arg, std::size_t number) {
  program::Operand out;
  out.kind = declared.kind;
  out.span = arg.span;
  if (arg.variable) {
    if (!has_form(declared.form, "$" + arg.variable->name)) {
      context.findings.add("E0207", arg.span, {shown(transform), "takes " + declared.form.shown + ", as argument " + std::to_string(number)});
      return std::nullopt;
    }
    ExprPtr value = lower_variable(context, *arg.variable);
    if (!value) return std::nullopt;
    if (declared.kind == ArgKind::Int) {
      out.value = value->type == Type::Int ? std::move(value) : to_any(std::move(value));  // a text is no int: it fails
    } else if (declared.kind == ArgKind::String || declared.kind == ArgKind::Literal) {
      out.value = to_text(std::move(value));
    } else {
      context.findings.add("E0207", arg.span,
                           {shown(transform), "takes no variable as argument " + std::to_string(number)});
      return std::nullopt;
    }
    return out;
  }
  if (!has_form(declared.form, arg.literal)) {
    context.findings.add("E0207", arg.span, {shown(transform), "takes " + declared.form.shown + ", as argument " + std::to_string(number)});
    return std::nullopt;
  }
  if (declared.kind == ArgKind::String) {
    out.value = make_text(arg.literal, arg.span);
    return out;
  }
  if (declared.kind == ArgKind::Int) {
    const std::string text = trimmed(arg.literal);
    const bool decimal = !text.empty() && text.find_first_not_of("+-0123456789") == std::string::npos;
    const std::optional<Int> value = decimal ? number_in(text) : std::nullopt;
    if (!value) {
      context.findings.add("E0207", arg.span,
                           {shown(transform), "needs a number as argument " + std::to_string(number)});
      return std::nullopt;
    }
    out.number = *value;
    return out;
  }
  return operand_from_text(context, declared, arg.literal, arg.span, {shown(transform), number});
}

}  // namespace

ExprPtr lower_transform(Context& context, const syntax::Transform& transform, ExprPtr input) {
  const Transformation* found =
      context.set.find_transformation(transform.klass, transform.op, transform.args.size(), context.loaded);
  if (!found) {
    report_unknown(context, transform);
    return nullptr;
  }
  const modules::ModuleInterface* module = context.set.find(found->module);
  if (context.building() && (found->pending || (module && module->pending))) {
    context.report_pending("transformation '" + shown(transform) + "'", transform.span);
    return nullptr;
  }
  const WithinText within(context);
  ExprPtr out = make(Op::Transform, found->result, transform.span, to_any(std::move(input)));
  out->transformation = found;
  out->nullable = found->result != Type::Int && found->nullable;
  bool good = true;
  for (std::size_t i = 0; i < transform.args.size(); ++i) {  // those left out are 0 or null
    const bool is_rest = found->takes_raw_rest() && i + 1 == found->args.size();
    std::optional<program::Operand> operand =
        is_rest ? operand_from_text(context, found->args[i], std::string(rest_after(transform.raw_args, i)),
                                    transform.span, {shown(transform), i + 1})
                : lower_transform_argument(context, transform, found->args[i], transform.args[i], i + 1);
    if (operand) out->operands.push_back(std::move(*operand));
    good = good && operand.has_value();
    if (is_rest) break;
  }
  return good ? std::move(out) : nullptr;
}

}  // namespace strowger::analysis
