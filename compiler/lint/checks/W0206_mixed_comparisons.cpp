// W0206: a number that may hold anything compared with a text that is no number, or a text with a number, which
// drops leading zeros.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool is_numeric(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}
/// Reply codes are numbers wherever they stand.
bool is_code(const program::VariableUse& use) {
  const std::string& name = use.variable->name;
  return name == "rs" || name == "T_reply_code" || name == "rsi" || use.variable->type == modules::Type::Int;
}
bool is_digits(const program::VariableUse& use) {
  const std::string& name = use.variable->name;
  return name == "rU" || name == "fU" || name == "tU" || name == "oU" || name == "aU" || name == "au";
}

}  // namespace

LOCAL_RULE(W0206) {
  using program::Op;
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != Op::EqAny && e.op != Op::NeAny && e.op != Op::EqText && e.op != Op::NeText && e.op != Op::EqInt && e.op != Op::NeInt) continue;
    for (int side = 0; side < 2; ++side) {
      const program::VariableUse* use = variable_in(*e.args[static_cast<std::size_t>(side)]);
      const program::Expr& other = bare(*e.args[static_cast<std::size_t>(1 - side)]);
      if (!use) continue;
      if (is_code(*use) && other.op == Op::Text && !other.text.empty()) {
        diagnostics::Finding& finding = findings.add("W0206", e.span, {"$" + use->variable->name + ", a number, with a string"});
        if (is_numeric(other.text) && (other.text.size() == 1 || other.text[0] != '0') && inside_quotes(other.span).file)
          finding.fix(other.span, other.text);
      } else if (is_digits(*use) && other.op == Op::Int && side == 0) {
        diagnostics::Finding& finding = findings.add("W0206", e.span, {"$" + use->variable->name + ", a string, with a number"});
        if (written(other.span) == std::to_string(other.number)) finding.fix(other.span, "\"" + std::to_string(other.number) + "\"");
      }
    }
  }
}

}  // namespace strowger::lint
