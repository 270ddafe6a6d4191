// W0610: $dlg_var in a script that never tracks a dialog.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0610) {
  if (!model.index.calls_of("dlg_manage").empty()) return;
  if (const program::ParameterValue* flag = model.index.parameter("dialog", "dlg_flag"); flag && flag->set_by_script) return;
  for (const syntax::ModParam& line : model.program.ast->modparams)
    if (line.module_pattern.find("dialog") != std::string::npos && (line.name == "dlg_flag" || line.name == "default_timeout")) return;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    if (o.statement == kNone || (variable != "dlg_var" && variable != "dlg")) continue;
    findings.add("W0610", o.span, {o.name});
    return;
  }
}

}  // namespace strowger::lint
