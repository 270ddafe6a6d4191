// W0802: a query inside a loop, or in a block that runs for every branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0802) {
  for (std::size_t i : calls_with(model, kBlocks)) {
    const ExpressionSite& site = model.index.expressions[i];
    const State* state = model.flow.before(*site.e);
    const StatementSite& statement = model.index.statements[site.statement];
    // Not the loop's own rows: sql_query() before the loop, $dbr in it.
    if (statement.loops > 0) findings.add("W0802", site.e->span, {site.e->function->name, "in each round of the loop"});
    else if (state && state->kinds == kBranchRoute) findings.add("W0802", site.e->span, {site.e->function->name, "for every branch"});
  }
}

}  // namespace strowger::lint
