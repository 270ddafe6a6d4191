// W0309: `break` outside of while and switch, which ends the route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0309) {
  using Kind = program::Statement::Kind;
  for (const StatementSite& site : model.index.statements) {
    if (site.s->kind != Kind::Break) continue;
    bool inside = false;
    for (std::size_t at = site.parent; at != kNone && !inside; at = model.index.statements[at].parent) {
      const Kind kind = model.index.statements[at].s->kind;
      inside = kind == Kind::While || kind == Kind::Switch;
    }
    if (!inside) findings.add("W0309", site.s->span);
  }
}

}  // namespace strowger::lint
