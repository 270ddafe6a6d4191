// W0301: a statement after exit, drop, return or break, or after an if whose both branches end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"

namespace strowger::lint {
namespace {

using Kind = program::Statement::Kind;

bool check_block(const program::Block& block, diagnostics::Findings& findings);

/// True where nothing after the statement runs.
bool check_statement(const program::Statement& s, diagnostics::Findings& findings) {
  switch (s.kind) {
    case Kind::Return:
    case Kind::Exit:
    case Kind::Drop:
    case Kind::Break:
      return true;
    case Kind::If: {
      const bool then = check_block(s.then, findings);
      const bool otherwise = check_block(s.otherwise, findings);
      return then && otherwise && !s.otherwise.empty();
    }
    case Kind::While:
      check_block(s.then, findings);
      return false;
    case Kind::Switch:
      for (const program::SwitchCase& c : s.cases) check_block(c.body, findings);
      return false;
    default:
      return false;
  }
}

/// `break;` behind `exit;` at the end of a case is a habit, not a mistake.
bool is_habit(const program::Statement& s) { return s.kind == Kind::Empty || s.kind == Kind::Break; }

bool check_block(const program::Block& block, diagnostics::Findings& findings) {
  bool ended = false;
  bool reported = false;
  for (const auto& s : block) {
    if (ended && !reported && !is_habit(*s)) {
      findings.add("W0301", s->span);
      reported = true;
    }
    const bool ends = check_statement(*s, findings);
    ended = ended || ends;
  }
  return ended;
}

}  // namespace

void check_unreachable(const program::Program& program, diagnostics::Findings& findings) {
  for (const program::Route& route : program.routes) check_block(route.body, findings);
}

}  // namespace strowger::lint
