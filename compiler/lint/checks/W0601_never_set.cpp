// W0601: a variable of the script is read but nothing sets it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// Variables that only the script itself sets.
bool is_own(const std::string& name) { return name == "var" || name == "vz" || name == "vn"; }

}  // namespace

RULE(W0601) {
  std::set<std::string> told;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    if (!o.reads || o.by_reference || o.statement == kNone || (!is_own(variable) && variable != "avp")) continue;
    if (o.name.find('*') != std::string::npos || !told.insert(o.name).second) continue;
    bool set = false;
    for (std::size_t i : model.index.uses_of(o.name)) set = set || model.index.occurrences[i].writes;
    if (set) continue;
    const std::string key = o.name.substr(o.name.find('(') + 1, o.name.size() - o.name.find('(') - 2);
    // Parameters and arguments name AVPs, too: "i:10", "password=>avp".
    set = is_mentioned(model, key, model.index.uses_of(o.name).size());
    // A name made at run time, or a module that loads AVPs from elsewhere.
    if (variable == "avp") {
      set = set || !model.index.uses_of("$avp(*)").empty();
      for (const char* module : {"avpops", "misc_radius", "auth_radius", "app_lua", "app_python3", "uid_avp_db", "ldap", "enum", "cnxcc", "dialplan", "pdt", "lcr", "drouting", "carrierroute", "auth_db", "auth_diameter", "ims_auth", "presence", "dispatcher"})
        set = set || model.index.is_loaded(module);
      // What functions without code set is not known.
      for (const ExpressionSite& site : model.index.expressions) {
        if (set) break;
        set = site.e->op == program::Op::Call && site.e->function->pending;
      }
    }
    if (set) continue;
    findings.add("W0601", o.span, {o.name});
  }
}

}  // namespace strowger::lint
