// W0313: a failure_route that goes through a list of gateways but does not arm itself again.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0313) {
  const std::size_t count = model.program.routes.size();
  for (std::size_t i : calls_with(model, kRelays)) {
    const ExpressionSite& site = model.index.expressions[i];
    const State* state = model.flow.before(*site.e);
    if (!state || state->kinds != kFailureRoute || !state->lacks(kFailureArmed)) continue;
    // Only where there is a list to go through.
    const std::size_t route = model.index.route_of(site);
    if (route >= count) continue;
    bool list = false;
    for (const char* name : {"ds_next_dst", "ds_next_domain", "next_gw", "use_next_gw", "t_next_contacts", "next_routing"})
      for (std::size_t j : model.index.calls_of(name))
        list = list || model.index.route_of(model.index.expressions[j]) == route;
    if (list) findings.add("W0313", site.e->span);
  }
}

}  // namespace strowger::lint
