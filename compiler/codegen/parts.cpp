// Long blocks in pieces: some passes of LLVM take time that grows with the square of a function's size.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"

namespace strowger::codegen {
namespace {

/// Statements in a piece, and those of a block that is left whole.
constexpr std::size_t kPiece = 150;
constexpr std::size_t kWhole = 400;

std::size_t size_of(const program::Block& block);

std::size_t size_of(const program::Statement& statement) {
  std::size_t size = 1 + size_of(statement.then) + size_of(statement.otherwise);
  for (const program::SwitchCase& label : statement.cases) size += size_of(label.body);
  return size;
}

std::size_t size_of(const program::Block& block) {
  std::size_t size = 0;
  for (const auto& statement : block) size += size_of(*statement);
  return size;
}

}  // namespace

// Inside of a loop, a switch or an operand `break` leads to a place of this function: such blocks stay whole.
bool Body::is_long(const program::Block& statements) const {
  return last_ && breaks_.empty() && size_of(statements) > kWhole;
}

void Body::emit_in_parts(const program::Block& statements) {
  for (std::size_t at = 0; at < statements.size();) {
    std::size_t end = at, size = 0;
    while (end < statements.size() && size + size_of(*statements[end]) <= kPiece) size += size_of(*statements[end++]);
    if (end > at) emit_part({statements.data() + at, end - at});
    else emit_statement(*statements[end++]);  // long by itself: its own blocks are taken to pieces
    at = end;
  }
}

/// `i1 (ptr call, ptr last)`: does the route end there?
void Body::emit_part(std::span<const std::unique_ptr<Statement>> statements) {
  if (ended()) start(block("unreachable"));
  auto* type = llvm::FunctionType::get(abi_.i1, {abi_.ptr, abi_.ptr}, false);
  const std::string name = function_->getName().str() + ".part";
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, unit_.module());
  function->setDSOLocal(true);
  function->addFnAttr(llvm::Attribute::NoInline);
  Body part(unit_, function, name, statements.front()->span);
  part.last_ = function->getArg(1);
  part.exit_ = part.block("exit");
  for (const auto& statement : statements) part.emit_statement(*statement);
  if (!part.ended()) part.builder_.CreateRet(llvm::ConstantInt::getFalse(abi_.i1));
  if (part.exit_ != &function->back()) part.exit_->moveAfter(&function->back());
  part.start(part.exit_);
  part.builder_.CreateRet(llvm::ConstantInt::getTrue(abi_.i1));

  Block* after = block("after");
  builder_.CreateCondBr(builder_.CreateCall(function, {call_, last_}), exit_, after);
  start(after);
}

}  // namespace strowger::codegen
