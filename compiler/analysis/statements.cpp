// Statements of route bodies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iterator>
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

using From = syntax::Statement::Kind;
using To = program::Statement::Kind;
using ExprKind = syntax::Expr::Kind;

/// `return E`, `exit E`, `drop E`: an int; a constant string is refused when Kamailio starts.
bool lower_ending(Context& context, const syntax::Statement& from, program::Statement& to, To kind) {
  to.kind = kind;
  if (!from.expr) return true;
  if (from.expr->kind == ExprKind::String) {
    context.findings.add("E0205", from.expr->span, {"a return code is an int, this is a string"});
    return false;
  }
  to.value = lower_int(context, *from.expr);
  return to.value != nullptr;
}

bool lower_assign(Context& context, const syntax::Statement& from, program::Statement& to) {
  to.kind = To::Assign;
  if (!from.target || from.target->kind != ExprKind::Variable) return false;
  std::optional<program::VariableUse> use = resolve_target(context, from.target->pv);
  to.value = lower_assigned(context, *from.expr);
  if (!use || !to.value) return false;
  to.use = std::move(*use);
  return true;
}

bool lower_statement(Context& context, const syntax::Statement& from, program::Statement& to) {
  to.span = from.span;
  switch (from.kind) {
    case From::Empty:
      to.kind = To::Empty;
      return true;
    case From::Call:
      to.kind = To::Evaluate;
      to.value = lower_assigned(context, *from.expr);
      return to.value != nullptr;
    case From::Assign:
      return lower_assign(context, from, to);
    case From::If:
      to.kind = To::If;
      if (from.expr) to.value = lower_int(context, *from.expr);
      to.then = lower_block(context, from.then);
      to.otherwise = lower_block(context, from.otherwise);
      return to.value != nullptr;
    case From::While:
      to.kind = To::While;
      if (from.expr) to.value = lower_int(context, *from.expr);
      to.then = lower_block(context, from.then);
      return to.value != nullptr;
    case From::Switch:
      lower_switch(context, from, to);
      return to.value != nullptr;
    case From::Return:
      return lower_ending(context, from, to, To::Return);
    case From::Exit:
      return lower_ending(context, from, to, To::Exit);
    case From::Drop:
      return lower_ending(context, from, to, To::Drop);
    case From::Break:
      to.kind = To::Break;
      return true;
  }
  return false;
}

void append(program::Block& to, program::Block&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

program::Block lower_block(Context& context, const syntax::Block& block) {
  program::Block out;
  for (const syntax::StatementPtr& from : block) {
    auto to = std::make_unique<program::Statement>();
    if (lower_statement(context, *from, *to)) {
      out.push_back(std::move(to));
    } else if (context.findings.has_errors()) {
      // The statement is at fault; what stands in it is checked all the same.
      append(out, std::move(to->then));
      append(out, std::move(to->otherwise));
      for (program::SwitchCase& c : to->cases) append(out, std::move(c.body));
    } else if (context.building()) {
      // Nothing is dropped in silence.
      context.report_pending("this statement", from->span);
    }
  }
  return out;
}

}  // namespace strowger::analysis
