// W0304: a way to the end of request_route on which the request is neither answered nor relayed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/methods.h"
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0304) {
  for (std::size_t i = 0; i < model.program.routes.size(); ++i) {
    const program::Route& route = model.program.routes[i];
    if (route.kind != kRequestRoute || !route.name.empty() || route.body.empty()) continue;
    const State& end = model.flow.route_end[i];
    const std::uint32_t done = kReplied | kRelayTried;
    if (!end.lacks(done, kAllMethods & ~static_cast<std::uint32_t>(kAck))) continue;
    // Only where the script does answer or relay something: a route of nothing but logs is an exercise.
    if (calls_with(model, kReplies | kRelays).empty()) continue;
    const program::Statement* last = route.body.back().get();
    findings.add("W0304", last->span);
  }
}

}  // namespace strowger::lint
