// W0605: an $avp set for INVITE is read for BYE, which is another transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0605) {
  std::set<std::string> told;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    if (!o.reads || o.by_reference || o.statement == kNone || (variable != "avp" && variable != "xavp") || told.count(o.name) || model.index.uses_of(o.name).size() > 2000) continue;
    if (model.flow.kinds[o.statement] != kRequestRoute || model.flow.methods[o.statement] != static_cast<std::uint32_t>(kBye)) continue;
    bool elsewhere = false, same = o.name.find('*') != std::string::npos;
    for (std::size_t i : model.index.uses_of(o.name)) {
      const Occurrence& w = model.index.occurrences[i];
      if (!w.writes) continue;
      if (w.statement == kNone || w.by_reference || (model.flow.methods[w.statement] & kBye) != 0) same = true;
      else elsewhere = true;
    }
    if (same || !elsewhere) continue;
    told.insert(o.name);
    findings.add("W0605", o.span, {o.name});
  }
}

}  // namespace strowger::lint
