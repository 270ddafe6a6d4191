// W0213: `if ($x = 1)` assigns; its value is 1 whatever is assigned.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {

void check_assigned_conditions(const program::Program& program, diagnostics::Findings& findings) {
  using Kind = program::Statement::Kind;
  Visitor visitor;
  visitor.statement = [&](const program::Statement& s) {
    const bool tests = s.kind == Kind::If || s.kind == Kind::While;
    if (tests && s.value->op == program::Op::Assign) findings.add("W0213", s.value->span);
  };
  for (const program::Route& route : program.routes) walk(route.body, visitor);
}

}  // namespace strowger::lint
