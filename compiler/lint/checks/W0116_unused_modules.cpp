// W0116: a module is loaded, and nothing of it is used: no function, variable, parameter or event, no other module
// needs it, and it does nothing by itself.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// Does the module act without being called: answers RPC, keeps registrations, connects to others, is a database ...
bool acts_alone(const modules::ModuleInterface& module) {
  if (module.wants_rpc || !module.entries.empty() || module.name == "core") return true;
  static const std::set<std::string_view> kQuiet = {"counters", "kex", "corex", "topoh", "topos", "stun", "sctp", "outbound", "websocket", "tls", "debugger", "snmpstats", "statistics", "malloc_test", "cfg_rpc", "ctl", "log_systemd"};
  if (kQuiet.count(module.name)) return true;
  // Without functions and variables there is nothing to use: database drivers, transports, statistics.
  return module.functions.empty() || module.name.starts_with("db_") || module.name.starts_with("app_");
}

}  // namespace

RULE(W0116) {
  std::set<std::string> used;
  for (const ExpressionSite& site : model.index.expressions) {
    if (site.e->function) used.insert(site.e->function->module);
    if (site.e->transformation) used.insert(site.e->transformation->module);
  }
  for (const Occurrence& o : model.index.occurrences) used.insert(o.use->variable->module);
  for (const program::ParameterValue& value : model.program.parameters)
    if (value.set_by_script) used.insert(value.parameter->module);
  for (const modules::ModuleInterface* module : model.program.loaded)
    for (const std::string& needed : module->requires_) used.insert(needed);
  for (const program::Route& route : model.program.routes)
    if (route.kind == kEventRoute || route.kind == kBranchFailureRoute) used.insert(route.name.substr(0, route.name.find(':')));
  for (const syntax::LoadModule& line : model.program.ast->modules) {
    const modules::ModuleInterface* module = model.program.set->find(line.name);
    if (!module || used.count(module->name) || acts_alone(*module)) continue;
    findings.add("W0116", line.span, {module->name});
  }
}

}  // namespace strowger::lint
