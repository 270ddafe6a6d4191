// W0607: $null stored in $var, which cannot be null and becomes 0.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0607) {
  std::set<std::string> told;
  for (const Occurrence& o : model.index.occurrences) {
    if (!o.writes || !o.value || (o.use->variable->name != "var" && o.use->variable->name != "vz")) continue;
    if (bare(*o.value).op != program::Op::Null || !told.insert(o.name).second) continue;
    diagnostics::Finding& finding = findings.add("W0607", o.span, {o.name});
    for (std::size_t i : model.index.uses_of(o.name))
      if (const Occurrence& use = model.index.occurrences[i]; use.reads && use.span.file) {
        finding.note("it is read here", use.span);
        break;
      }
  }
}

}  // namespace strowger::lint
