// W0405: no CANCEL comes to a relay, although INVITE does.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0405) {
  bool invites = false, cancels = false;
  for (std::size_t i : calls_with(model, kRelays)) {
    const State* state = model.flow.before(*model.index.expressions[i].e);
    if (!state || state->kinds != kRequestRoute) continue;
    invites = invites || (state->methods(kInitial) & kInvite) != 0;
    cancels = cancels || (state->methods(kInitial) & kCancel) != 0;
  }
  if (!invites || cancels) return;
  for (const program::Route& route : model.program.routes)
    if (route.kind == kRequestRoute && route.name.empty()) findings.add("W0405", place_of(route, model.program));
}

}  // namespace strowger::lint
