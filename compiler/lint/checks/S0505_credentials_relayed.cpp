// S0505: credentials that were checked here are sent on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0505) {
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute) continue;
    const std::uint32_t calls = kInvite | kMessage | kSubscribe;
    if (!state->may(kAuthenticated, calls, kInitial) || state->may(kCleaned, calls, kInitial)) continue;
    findings.add("S0505", call.span);
    return;
  }
}

}  // namespace strowger::lint
