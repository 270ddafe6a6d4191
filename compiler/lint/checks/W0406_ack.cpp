// W0406: ACK is answered, or relayed by itself without its transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0406) {
  for (std::size_t i : calls_with(model, kReplies | kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || state->methods() != static_cast<std::uint32_t>(kAck)) continue;
    const bool relays = (effects_of(*call.function).traits & kRelays) != 0;
    if (!relays) findings.add("W0406", call.span, {"answered"});
    else if (state->lacks(kTransaction) && !state->may(kRouteLooked | kTransaction)) findings.add("W0406", call.span, {"relayed without t_check_trans() or loose_route()"});
  }
}

}  // namespace strowger::lint
