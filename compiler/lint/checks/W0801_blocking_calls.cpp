// W0801: a call that waits for another server while the worker serves nobody.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0801) {
  std::set<std::string> told;
  for (std::size_t i : calls_with(model, kBlocks)) {
    const ExpressionSite& site = model.index.expressions[i];
    const State* state = model.flow.before(*site.e);
    if (!state || (state->kinds & ~static_cast<std::uint32_t>(kEventRoute)) == 0) continue;
    if (told.insert(site.e->function->name).second) findings.add("W0801", site.e->span, {site.e->function->name});
  }
}

}  // namespace strowger::lint
