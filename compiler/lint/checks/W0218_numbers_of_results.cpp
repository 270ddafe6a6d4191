// W0218: a result compared in a way that cannot be: calls inside expressions give 0 or 1.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0218) {
  using program::Op;
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != Op::EqInt && e.op != Op::NeInt && e.op != Op::Lt && e.op != Op::Le && e.op != Op::Gt && e.op != Op::Ge &&
        e.op != Op::EqAny && e.op != Op::NeAny)
      continue;
    const program::Expr* left = e.args[0].get();
    while (left->op == Op::ToAny) left = left->args[0].get();
    const program::Expr& right = bare(*e.args[1]);
    const bool negative = right.op == Op::Int && right.number < 0;
    const bool below = right.op == Op::Int && right.number == 0 && e.op == Op::Lt;
    const bool large = right.op == Op::Int && right.number > 1;
    if (left->op != Op::Truth || !(negative || below || large)) continue;
    findings.add("W0218", e.span, {written(right.span).empty() ? std::to_string(right.number) : std::string(written(right.span))});
  }
}

}  // namespace strowger::lint
