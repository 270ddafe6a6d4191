// W0302: a second final reply, or relaying, after a final reply on some way.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0302) {
  for (std::size_t i : calls_with(model, kReplies | kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || (state->kinds & ~static_cast<std::uint32_t>(kRequestRoute)) != 0) continue;
    const Int code = reply_code(call);
    if (code >= 100 && code < 200) continue;
    const Effects effects = effects_of(*call.function);
    const bool relays = (effects.traits & kRelays) != 0;
    // A function that replies only where it has to says so in its own way.
    if (!relays && effects.always != 0 && call.function->name != "sl_reply_error") continue;
    if (!state->lacks(kReplied)) findings.add("W0302", call.span, {relays ? "relayed" : "answered again"});
  }
}

}  // namespace strowger::lint
