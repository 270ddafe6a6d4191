// W0312: a new branch in failure_route without asking whether the caller gave up.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0312) {
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kFailureRoute) continue;
    if (state->lacks(kCancelAsked, kInvite)) findings.add("W0312", call.span);
  }
}

}  // namespace strowger::lint
