// W0415: the location table is asked for a request that already has its route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0415) {
  for (const char* name : {"lookup", "ds_select_dst", "ds_select_domain", "lookup_branches"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const State* state = model.flow.before(call);
      if (!state || state->kinds != kRequestRoute) continue;
      if (state->may(kLooseRouted, kAllMethods, kInDialog) && !state->lacks(kRouteLooked, kBye | kInvite, kInDialog)) findings.add("W0415", call.span, {name});
    }
}

}  // namespace strowger::lint
