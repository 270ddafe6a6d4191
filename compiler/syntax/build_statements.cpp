// Blocks and statements.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/build.h"

namespace strowger::syntax {
namespace {

StatementPtr make_statement(Statement::Kind kind, Span span) {
  auto out = std::make_unique<Statement>();
  out->kind = kind;
  out->span = span;
  return out;
}

}  // namespace

Block AstBuilder::block(Grammar::BlockContext* tree) {
  Block out;
  if (!tree) return out;
  block_items(tree->blockItem(), out);
  refuse_empty(tree);
  return out;
}

void AstBuilder::refuse_empty(Grammar::BlockContext* tree) {
  if (!usable(tree) || !tree->RBRACE()) return;
  if (tree->RBRACE()->getSymbol()->getTokenIndex() == tree->LBRACE()->getSymbol()->getTokenIndex() + 1) findings_.add("E0008", span_of(tree));
}

void AstBuilder::block_items(const std::vector<Grammar::BlockItemContext*>& items, Block& out) {
  bool faulty = false;  // the statement before, whose condition could not be read: blocks behind it are its own
  for (Grammar::BlockItemContext* item : items) {
    if (item->block() && faulty) {
      block_items(item->block()->blockItem(), out);
      continue;
    }
    if (item->block()) {
      findings_.add("E0015", at(item->block()->getStart()).span);
      continue;
    }
    faulty = item->action() && !usable(item->action());
    if (StatementPtr statement = item->action() ? action(item->action()) : nullptr) out.push_back(std::move(statement));
  }
}

Block AstBuilder::body(Grammar::StatementContext* tree) {
  Block out;
  if (!tree) return out;
  if (tree->block()) return block(tree->block());
  if (StatementPtr statement = tree->action() ? action(tree->action()) : nullptr) out.push_back(std::move(statement));
  return out;
}

StatementPtr AstBuilder::action(Grammar::ActionContext* tree) {
  if (!usable(tree)) return nullptr;
  const Span span = span_of(tree);
  if (tree->ifStatement()) return if_statement(tree->ifStatement());
  if (tree->switchStatement()) return switch_statement(tree->switchStatement());
  if (tree->jump()) return jump(tree->jump());
  if (Grammar::WhileStatementContext* loop = tree->whileStatement()) {
    StatementPtr out = make_statement(Statement::Kind::While, span);
    out->expr = expression(loop->expression());
    out->then = body(loop->statement());
    return out;
  }
  if (Grammar::AssignmentContext* assignment = tree->assignment()) {
    StatementPtr out = make_statement(Statement::Kind::Assign, span);
    out->target = variable(assignment->VARIABLE()->getSymbol());
    out->expr = expression(assignment->expression());
    return out->target && out->expr ? std::move(out) : nullptr;
  }
  if (tree->command()) {
    StatementPtr out = make_statement(Statement::Kind::Call, span);
    out->expr = command(tree->command());
    return out->expr ? std::move(out) : nullptr;
  }
  return make_statement(Statement::Kind::Empty, span);
}

StatementPtr AstBuilder::if_statement(Grammar::IfStatementContext* tree) {
  StatementPtr out = make_statement(Statement::Kind::If, span_of(tree));
  out->expr = expression(tree->expression());
  const auto parts = tree->statement();
  if (!parts.empty()) out->then = body(parts[0]);
  out->has_else = parts.size() > 1;
  if (out->has_else) out->otherwise = body(parts[1]);
  return out;
}

StatementPtr AstBuilder::switch_statement(Grammar::SwitchStatementContext* tree) {
  StatementPtr out = make_statement(Statement::Kind::Switch, span_of(tree));
  out->expr = expression(tree->expression());
  const Span* default_at = nullptr;
  for (Grammar::SwitchCaseContext* branch : tree->switchCase()) {
    if (!usable(branch)) continue;
    Case label;
    label.span = span_of(branch);
    if (branch->DEFAULT()) {
      label.kind = Case::Kind::Default;
      const Span& here = at(branch->DEFAULT()->getSymbol()).span;
      if (default_at) findings_.add("E0023", here).note("the first one", *default_at);
      default_at = default_at ? default_at : &here;
    } else {
      label.kind = branch->SLASH() ? Case::Kind::Regex : Case::Kind::Value;
      label.label = expression(branch->expression());
      if (!label.label) continue;
    }
    block_items(branch->blockItem(), label.body);
    out->cases.push_back(std::move(label));
  }
  return out;
}

StatementPtr AstBuilder::jump(Grammar::JumpContext* tree) {
  Statement::Kind kind = Statement::Kind::Break;
  if (tree->RETURN()) kind = Statement::Kind::Return;
  if (tree->EXIT()) kind = Statement::Kind::Exit;
  if (tree->DROP()) kind = Statement::Kind::Drop;
  StatementPtr out = make_statement(kind, span_of(tree));
  if (tree->expression()) {
    out->expr = expression(tree->expression());
    if (!out->expr) return nullptr;
  }
  return out;
}

}  // namespace strowger::syntax
