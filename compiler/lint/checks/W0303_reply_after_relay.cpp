// W0303: a final reply to a request that was just relayed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0303) {
  for (std::size_t i : calls_with(model, kReplies)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || (state->kinds & ~static_cast<std::uint32_t>(kRequestRoute)) != 0) continue;
    const Int code = reply_code(call);
    if (code >= 100 && code < 200) continue;
    if (state->may(kRelayed)) findings.add("W0303", call.span, {call.function->name});
  }
}

}  // namespace strowger::lint
