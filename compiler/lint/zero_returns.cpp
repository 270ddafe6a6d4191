// W0310: `return 0` in a called route, which stops the whole script and not only the route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {

void check_zero_returns(const program::Program& program, diagnostics::Findings& findings) {
  Visitor visitor;
  visitor.statement = [&](const program::Statement& s) {
    const bool returns = s.kind == program::Statement::Kind::Return && s.value;
    if (returns && s.value->op == program::Op::Int && s.value->number == 0) findings.add("W0310", s.span);
  };
  // In blocks that nothing calls, ending the route and ending the script are one.
  for (const program::Route& route : program.routes)
    if (route.kind == kRequestRoute && !route.name.empty()) walk(route.body, visitor);
}

}  // namespace strowger::lint
