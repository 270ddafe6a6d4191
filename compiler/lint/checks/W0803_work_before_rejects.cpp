// W0803: a database or another server is asked before the cheap rejects that the script has.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0803) {
  bool has_reject = false;
  for (const ExpressionSite& site : model.index.expressions) {
    if (site.e->op != program::Op::Call) continue;
    const Effects effects = effects_of(*site.e->function);
    has_reject = has_reject || (effects.always & (kSanity | kRateLimited)) != 0;
  }
  if (!has_reject) return;
  for (std::size_t i : calls_with(model, kBlocks | kDatabase)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || state->may(kSanity | kRateLimited | kHops)) continue;
    findings.add("W0803", call.span, {call.function->name});
    return;
  }
}

}  // namespace strowger::lint
