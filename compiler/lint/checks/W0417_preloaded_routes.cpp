// W0417: a Route header that the client brought along decides where an initial request goes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0417) {
  bool followed = false;
  for (std::size_t i : calls_with(model, kRelays)) {
    const State* state = model.flow.before(*model.index.expressions[i].e);
    const std::uint32_t calls = kInvite | kMessage | kSubscribe;
    if (!state || state->kinds != kRequestRoute) continue;
    followed = followed || (state->may(kLooseRouted, calls, kInitial) && !state->may(kAuthenticated | kTrusted | kNewTarget, calls, kInitial));
  }
  if (!followed) return;
  for (std::size_t i : model.index.calls_of("loose_route")) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || (state->methods(kInitial) & kInvite) == 0) continue;
    findings.add("W0417", call.span);
    return;
  }
}

}  // namespace strowger::lint
