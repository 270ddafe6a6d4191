// W0105: a function that is not allowed in the kind of block whose calls lead here; Kamailio checks only the block
// it stands in.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"
#include "compiler/modules/spelling.h"

namespace strowger::lint {

RULE(W0105) {
  for (const ExpressionSite& site : model.index.expressions) {
    if (site.e->op != program::Op::Call || site.statement == kNone) continue;
    // Kamailio lets the others run wherever they are called from, and most of them work.
    const State* state = model.flow.before(*site.e);
    if (!state || (effects_of(*site.e->function).traits & (kReplies | kRelays | kAuthenticates | kMustCheck)) == 0) continue;
    const program::Route& route = model.program.routes[model.index.route_of(site)];
    const std::uint32_t wrong = state->kinds & ~site.e->function->routes & ~route.kind;
    if (wrong == 0) continue;
    findings.add("W0105", site.e->span, {site.e->function->name, shown(route), modules::names_of_routes(wrong)})
        .note("allowed in: " + modules::names_of_routes(site.e->function->routes));
  }
}

}  // namespace strowger::lint
