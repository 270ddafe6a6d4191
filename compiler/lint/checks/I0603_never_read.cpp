// I0603: a variable of the script is set but nothing reads it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(I0603) {
  std::set<std::string> told;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    const bool own = variable == "var" || variable == "vz" || variable == "vn" || variable == "avp";
    if (!own || !o.writes || o.by_reference || o.statement == kNone || o.name.find('*') != std::string::npos || !told.insert(o.name).second) continue;
    bool read = false;
    for (std::size_t i : model.index.uses_of(o.name)) read = read || model.index.occurrences[i].reads;
    const std::string key = o.name.substr(o.name.find('(') + 1, o.name.size() - o.name.find('(') - 2);
    read = read || is_mentioned(model, key, model.index.uses_of(o.name).size());
    read = read || (variable == "avp" && !model.index.uses_of("$avp(*)").empty());
    if (read) continue;
    findings.add("I0603", o.span, {o.name});
  }
}

}  // namespace strowger::lint
