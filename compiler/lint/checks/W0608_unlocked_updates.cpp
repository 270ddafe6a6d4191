// W0608: a value that all workers share is read, changed and written without a lock.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {

RULE(W0608) {
  for (std::size_t n = 0; n < model.index.statements.size(); ++n) {
    const StatementSite& site = model.index.statements[n];
    const program::Statement& s = *site.s;
    if (s.kind != program::Statement::Kind::Assign || !s.use.variable) continue;
    const std::string& variable = s.use.variable->name;
    if (variable != "shv" && variable != "sht") continue;
    const std::string name = model.index.name_of(s.use);
    bool reads = false;
    Visitor visitor;
    visitor.expression = [&](const program::Expr& e) {
      if (e.op == program::Op::Variable && model.index.name_of(e.use) == name) reads = true;
    };
    walk(*s.value, visitor);
    const bool computed = s.value->op == program::Op::AddAny || s.value->op == program::Op::Add || s.value->op == program::Op::Sub;
    if (!reads || !computed) continue;
    bool locked = false;
    for (const char* function : {"lock", "sht_lock", "shm_lock"})
      for (std::size_t i : model.index.calls_of(function)) locked = locked || model.index.route_of(model.index.expressions[i]) == site.route;
    if (locked || model.flow.kinds[n] == kEventRoute) continue;
    diagnostics::Finding& finding = findings.add("W0608", s.span, {name});
    if (variable == "sht") finding.help("$shtinc(...) adds one at a stroke");
  }
}

}  // namespace strowger::lint
