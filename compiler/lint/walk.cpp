// The tree walk that checks share.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

void walk(const program::VariableUse& use, const Visitor& visitor) {
  for (const program::Operand* operand : {&use.key, &use.table_key})
    if (operand->value) strowger::lint::walk(*operand->value, visitor);
  if (use.index_value) strowger::lint::walk(*use.index_value, visitor);
}

}  // namespace

void walk(const program::Expr& e, const Visitor& visitor) {
  if (visitor.expression) visitor.expression(e);
  walk(e.use, visitor);
  for (const program::ExprPtr& arg : e.args) walk(*arg, visitor);
  for (const program::Operand& operand : e.operands)
    if (operand.value) walk(*operand.value, visitor);
  walk(e.body, visitor);
}

void walk(const program::Block& block, const Visitor& visitor) {
  for (const auto& s : block) {
    if (visitor.statement) visitor.statement(*s);
    if (s->value) walk(*s->value, visitor);
    walk(s->use, visitor);
    walk(s->then, visitor);
    walk(s->otherwise, visitor);
    for (const program::SwitchCase& c : s->cases) walk(c.body, visitor);
  }
}

}  // namespace strowger::lint
