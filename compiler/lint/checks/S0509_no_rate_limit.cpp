// S0509: passwords are checked, and nothing limits how many are tried.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0509) {
  for (const ExpressionSite& site : model.index.expressions) {
    if (site.e->op != program::Op::Call) continue;
    const Effects effects = effects_of(*site.e->function);
    if (((effects.always | effects.when_true) & kRateLimited) != 0) return;
  }
  for (const Occurrence& o : model.index.occurrences)
    if (o.use->variable->name.starts_with("sht")) return;
  for (std::size_t i : calls_with(model, kAuthenticates)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute) continue;
    findings.add("S0509", call.span);
    return;
  }
}

}  // namespace strowger::lint
