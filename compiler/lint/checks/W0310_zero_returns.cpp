// W0310: `return 0` in a called route, which stops the whole script and not only the route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0310) {
  for (const StatementSite& site : model.index.statements) {
    const program::Statement& s = *site.s;
    if (s.kind != program::Statement::Kind::Return || !s.value) continue;
    if (s.value->op == program::Op::Int && s.value->number == 0) findings.add("W0310", s.span);
  }
}

}  // namespace strowger::lint
