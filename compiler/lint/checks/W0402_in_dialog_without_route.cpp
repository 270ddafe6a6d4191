// W0402: requests inside a dialog are relayed without following their Route headers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0402) {
  if (model.index.calls_of("record_route").empty() && model.index.calls_of("record_route_preset").empty()) return;
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute) continue;
    if (!state->lacks(kRouteLooked, kBye | kInvite | kInfo, kInDialog)) continue;
    findings.add("W0402", call.span);
    return;
  }
}

}  // namespace strowger::lint
