// S0501: an initial INVITE is relayed without any gate on the way: no authentication, no list of sources, no look at
// the target.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0501) {
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || (state->methods(kInitial) & kInvite) == 0) continue;
    const std::uint32_t gates = kAuthenticated | kTrusted | kLocalTarget | kLookedUp | kNewTarget | kChallenged;
    if (state->may(gates, kInvite, kInitial)) continue;
    // forward(host) goes where the script says.
    if (!call.operands.empty()) continue;
    findings.add("S0501", call.span);
    return;
  }
}

}  // namespace strowger::lint
