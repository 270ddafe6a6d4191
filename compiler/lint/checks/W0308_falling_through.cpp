// W0308: a case that does something and then runs on into the next one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using program::Statement;
bool ends(const program::Block& block, const Model& model) {
  if (block.empty()) return false;
  const Statement& last = *block.back();
  switch (last.kind) {
    case Statement::Kind::Break:
    case Statement::Kind::Return:
    case Statement::Kind::Exit:
    case Statement::Kind::Drop:
      return true;
    case Statement::Kind::If:
      return ends(last.then, model) && ends(last.otherwise, model);
    case Statement::Kind::Evaluate:
      return last.value->op == program::Op::CallRoute && !model.flow.returns[last.value->route];
    default:
      return false;
  }
}

}  // namespace

RULE(W0308) {
  for (const StatementSite& site : model.index.statements) {
    if (site.s->kind != Statement::Kind::Switch) continue;
    const auto& cases = site.s->cases;
    for (std::size_t i = 0; i + 1 < cases.size(); ++i)
      if (!cases[i].body.empty() && !ends(cases[i].body, model)) findings.add("W0308", cases[i].span);
  }
}

}  // namespace strowger::lint
