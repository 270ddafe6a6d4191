// W0606: an $avp assigned twice in a row where the script also looks at older values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0606) {
  std::set<std::string> stacked;
  for (const Occurrence& o : model.index.occurrences)
    if (o.use->variable->name == "avp" && o.reads && !o.by_reference && o.use->index_kind != program::VariableUse::IndexKind::None) stacked.insert(o.name);
  if (stacked.empty()) return;
  for (const Occurrence& o : model.index.occurrences) {
    if (!o.writes || o.by_reference || o.statement == kNone || !stacked.count(o.name)) continue;
    if (o.use->index_kind != program::VariableUse::IndexKind::None) continue;
    const StatementSite& site = model.index.statements[o.statement];
    for (std::size_t i : model.index.uses_of(o.name)) {
      const Occurrence& other = model.index.occurrences[i];
      if (!other.writes || other.by_reference || other.statement == kNone || other.statement <= o.statement) continue;
      const StatementSite& second = model.index.statements[other.statement];
      if (second.block != site.block || other.use->index_kind != program::VariableUse::IndexKind::None) continue;
      findings.add("W0606", other.span, {o.name}).note("the value below it", o.span);
      stacked.erase(o.name);
      break;
    }
  }
}

}  // namespace strowger::lint
