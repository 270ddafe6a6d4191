// W0309: `break` outside of while and switch, which ends the route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"

namespace strowger::lint {
namespace {

using Kind = program::Statement::Kind;

void check_block(const program::Block& block, diagnostics::Findings& findings) {
  for (const auto& s : block) {
    if (s->kind == Kind::Break) findings.add("W0309", s->span);
    if (s->kind != Kind::If) continue;  // the bodies of loops and switches may break
    check_block(s->then, findings);
    check_block(s->otherwise, findings);
  }
}

}  // namespace

void check_breaks(const program::Program& program, diagnostics::Findings& findings) {
  for (const program::Route& route : program.routes) check_block(route.body, findings);
}

}  // namespace strowger::lint
