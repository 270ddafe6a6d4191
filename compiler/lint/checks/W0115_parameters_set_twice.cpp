// W0115: the same modparam twice where only the last counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>

#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0115) {
  std::map<std::pair<std::string, std::string>, const syntax::ModParam*> last;
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    const program::ParameterValue* value = model.index.parameter(line.module_pattern, line.name);
    if (!value || value->parameter->repeated) continue;
    const syntax::ModParam*& before = last[{line.module_pattern, line.name}];
    if (before) findings.add("W0115", before->span, {line.name, line.module_pattern}).note("the value that counts", line.span);
    before = &line;
  }
}

}  // namespace strowger::lint
