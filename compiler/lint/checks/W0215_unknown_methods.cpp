// W0215: $rm or `method` compared with a word that is no method: it never matches. (is_method() is seen by analysis.)
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/methods.h"
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0215) {
  using program::Op;
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    const bool equal = e.op == Op::EqText || e.op == Op::NeText || e.op == Op::EqTextNoCase || e.op == Op::NeTextNoCase;
    if (!equal) continue;
    const program::Expr& left = *e.args[0];
    const bool word = left.op == Op::ConditionText && left.word == syntax::CoreWord::Method;
    const std::string* name = text_in(*e.args[1]);
    if (!(word || is_variable(left, "rm")) || !name || name->empty()) continue;
    // Methods in lower case are W0216's.
    if (!method_in_upper_case(*name)) findings.add("W0215", e.span, {*name});
  }
}

}  // namespace strowger::lint
