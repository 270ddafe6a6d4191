// W0401: a request is relayed before Max-Forwards was looked at.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0401) {
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || !state->lacks(kHops, kAllMethods & ~static_cast<std::uint32_t>(kAck | kCancel))) continue;
    findings.add("W0401", call.span);
    return;  // one check at the top mends all
  }
}

}  // namespace strowger::lint
