// What all emitters of function bodies share: blocks, places, the fields of CallHead, routes and thunks as a whole.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"

#include "runtime/abi/call_head.h"

namespace strowger::codegen {

Pass pass_of(modules::ArgKind kind) {
  using modules::ArgKind;
  switch (kind) {
    case ArgKind::Int:
    case ArgKind::Methods:
    case ArgKind::Flag:
    case ArgKind::LogLevel:
    case ArgKind::Slot: return Pass::Int;
    case ArgKind::String:
    case ArgKind::Literal:
    case ArgKind::Name:
    case ArgKind::Word:
    case ArgKind::Format: return Pass::Text;
    default: return Pass::Pointer;
  }
}

Pass pass_of(modules::Type type) {
  switch (type) {
    case modules::Type::Int: return Pass::Int;
    case modules::Type::Text: return Pass::Text;
    case modules::Type::Any: return Pass::Value;
  }
  return Pass::Value;
}

Body::Body(Unit& unit, llvm::Function* function, const std::string& name, const text::Span& span)
    : unit_(unit),
      abi_(unit.abi()),
      function_(function),
      builder_(unit.module().getContext()),
      entry_(llvm::BasicBlock::Create(unit.module().getContext(), "entry", function)),
      call_(function->getArg(0)),
      lines_(unit.lines().begin_function(function, name, span)),
      here_(span) {
  call_->setName("call");
  builder_.SetInsertPoint(entry_);
  locate(span);
}

void Body::emit_route(const program::Route& route) {
  last_ = stack_slot(*entry_, abi_.i64, "last");
  exit_ = block("exit");
  set_last_code(1);
  if (route.recursive) {
    const Cell entered = call("stw.rt.enter_route", Pass::Bool, {Pass::Pointer, Pass::Text, Pass::Int},
                              {call_cell(), unit_.text_cell(route.name), {unit_.number(unit_.program().max_recursive_level)}});
    Block* deep = block("too_deep");
    Block* inside = block("inside");
    builder_.CreateCondBr(entered.a, inside, deep);
    start(deep);
    builder_.CreateRet(unit_.number(-1));
    start(inside);
  }
  emit_block(route.body);
  branch(exit_);
  if (exit_ != &function_->back()) exit_->moveAfter(&function_->back());
  start(exit_);
  if (route.recursive) call("stw.rt.leave_route", Pass::Void, {Pass::Pointer}, {call_cell()});
  builder_.CreateRet(builder_.CreateLoad(abi_.i64, last_));
}

void Body::emit_getter(const program::VariableUse& use) {
  modules::Type type = modules::Type::Any;
  FailScope failures(*this);
  const Cell value = use.value ? emit_any(*use.value) : wrap(emit_variable(use, type), type, modules::Type::Any);
  builder_.CreateAggregateRet(std::vector<V>{value.a, value.b}.data(), 2);
  if (Block* failed = failures.close()) {
    start(failed);
    llvm::Value* null[] = {unit_.number(0), unit_.number(0)};
    builder_.CreateAggregateRet(null, 2);
  }
}

void Body::emit_setter(const program::VariableUse& use) {
  FailScope failures(*this);
  const V code = emit_store(use, {function_->getArg(1), function_->getArg(2)}, here_);
  builder_.CreateRet(builder_.CreateTrunc(code, abi_.i32));
  if (Block* failed = failures.close()) {
    start(failed);
    builder_.CreateRet(llvm::ConstantInt::getSigned(abi_.i32, -1));
  }
}

void Body::emit_text_function(const program::Expr& value) {
  FailScope failures(*this);
  const Cell text = emit_text(value);
  llvm::Value* pair[] = {text.a, text.b};
  builder_.CreateAggregateRet(pair, 2);
  if (Block* failed = failures.close()) {
    start(failed);
    llvm::Value* null[] = {llvm::ConstantPointerNull::get(abi_.ptr), unit_.number(0)};
    builder_.CreateAggregateRet(null, 2);
  }
}

Cell Body::call(std::string_view symbol, Pass result, std::vector<Pass> params, std::vector<Cell> args) {
  const Signature signature{result, std::move(params)};
  return abi_.call(builder_, abi_.declare(symbol, signature), signature, args, *entry_);
}

llvm::Value* Body::head(unsigned offset, const char* name) {
  if (offset == 0) return call_;
  return builder_.CreateConstInBoundsGEP1_64(abi_.i8, call_, offset, name);
}

llvm::BasicBlock* Body::block(const char* name) {
  return llvm::BasicBlock::Create(unit_.module().getContext(), name, function_);
}

bool Body::ended() const { return builder_.GetInsertBlock()->getTerminator() != nullptr; }

void Body::branch(Block* to) {
  if (!ended()) builder_.CreateBr(to);
}

void Body::start(Block* at) { builder_.SetInsertPoint(at); }

void Body::locate(const text::Span& span) {
  here_ = span;
  builder_.SetCurrentDebugLocation(unit_.lines().at(lines_, span));
}

void Body::store_line(const text::Span& span) {
  if (!span.file) return;
  builder_.CreateStore(llvm::ConstantInt::get(abi_.i32, span.line()), head(offsetof(CallHead, line), "line"));
}

void Body::set_last(V code) { builder_.CreateStore(code, last_); }
void Body::set_last_code(Int code) { set_last(unit_.number(code)); }

void Body::fail() {
  if (!fail_) fail_ = block("failed");
  builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 0), head(offsetof(CallHead, expression_error), "expression_error"));
  builder_.CreateBr(fail_);
  start(block("never"));
}

llvm::Value* Body::phi(llvm::Type* type, const std::vector<std::pair<V, Block*>>& ways) {
  llvm::PHINode* node = builder_.CreatePHI(type, static_cast<unsigned>(ways.size()));
  for (const auto& [value, from] : ways) node->addIncoming(value, from);
  return node;
}

}  // namespace strowger::codegen
