// W0604: a $var set while the request ran is expected in a block that runs later, in another worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"
#include "compiler/modules/spelling.h"

namespace strowger::lint {

RULE(W0604) {
  const std::uint32_t later = kFailureRoute | kReplyRoute | kCoreReplyRoute | kBranchFailureRoute;
  std::set<std::string> told;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    if (!o.reads || o.by_reference || o.statement == kNone || (variable != "var" && variable != "vz" && variable != "vn") || told.count(o.name) || model.index.uses_of(o.name).size() > 2000) continue;
    const std::uint32_t here = model.flow.kinds[o.statement];
    if (here == 0 || (here & ~later) != 0) continue;
    bool before = false, same = false;
    for (std::size_t i : model.index.uses_of(o.name)) {
      const Occurrence& w = model.index.occurrences[i];
      if (!w.writes) continue;
      if (w.statement == kNone) same = true;
      else if (const std::uint32_t kinds = model.flow.kinds[w.statement]; (kinds & here) != 0) same = true;
      else before = before || (kinds & kRequestRoute) != 0;
    }
    if (!before || same) continue;
    told.insert(o.name);
    findings.add("W0604", o.span, {o.name, modules::names_of_routes(here)});
  }
}

}  // namespace strowger::lint
