// Statements: language.md 4. The code of the last action is what a route returns that falls off its end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"
#include "runtime/abi/call_head.h"

namespace strowger::codegen {
namespace {

// Kamailio 5.6.3: `return 1/0` gives -5 and goes on; every other statement that fails gives -1.
constexpr Int kFailedReturn = -5;

bool ends(const program::Block& block) {
  using Kind = program::Statement::Kind;
  if (block.empty()) return false;
  const Kind kind = block.back()->kind;
  return kind == Kind::Return || kind == Kind::Exit || kind == Kind::Drop || kind == Kind::Break;
}

}  // namespace

void Body::emit_block(const program::Block& statements) {
  if (is_long(statements)) return emit_in_parts(statements);
  for (const auto& statement : statements) emit_statement(*statement);
}

void Body::emit_statement(const Statement& statement) {
  if (ended()) start(block("unreachable"));
  locate(statement.span);
  if (statement.kind != Statement::Kind::Empty)
    if (llvm::Constant* mark = unit_.mark(statement.span)) builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), mark);
  switch (statement.kind) {
    case Statement::Kind::Evaluate: return emit_evaluate(statement);
    case Statement::Kind::Assign: return emit_assignment(statement);
    case Statement::Kind::If: return emit_if(statement);
    case Statement::Kind::While: return emit_while(statement);
    case Statement::Kind::Switch: return emit_switch(statement);
    case Statement::Kind::Return:
    case Statement::Kind::Exit:
    case Statement::Kind::Drop: return emit_end(statement);
    case Statement::Kind::Break: return emit_break();
    case Statement::Kind::Empty: return;  // no action: the code stays
  }
}

void Body::emit_evaluate(const Statement& statement) {
  if (!statement.value) return unit_.fault("a statement without its call");
  store_line(statement.span);
  FailScope failures(*this);
  const Expr& value = *statement.value;
  action_ = &value;
  const bool by_name = value.op == program::Op::CallRouteNamed && !value.args.empty();
  set_last(by_name ? emit_route_call_named(value, true) : emit_int(value));
  if (Block* failed = failures.close()) {
    Block* after = block("after");
    branch(after);
    start(failed);
    set_last_code(-1);
    branch(after);
    start(after);
  }
}

void Body::emit_assignment(const Statement& statement) {
  if (!statement.value) return unit_.fault("an assignment without its value");
  store_line(statement.span);
  FailScope failures(*this);
  set_last(emit_assign(statement.use, *statement.value, statement.span));
  if (Block* failed = failures.close()) {
    Block* after = block("after");
    branch(after);
    start(failed);
    set_last_code(-1);
    branch(after);
    start(after);
  }
  after_relay_ = false;
}

void Body::emit_if(const Statement& statement) {
  if (!statement.value) return unit_.fault("an if without its condition");
  store_line(statement.value->span);
  after_relay_ = false;
  FailScope failures(*this);
  const V taken = truth(emit_int(*statement.value));
  const bool after_condition = after_relay_;
  Block* failed = failures.close();
  Block* then = block("then");
  Block* otherwise = block("else");
  Block* after = block("endif");
  builder_.CreateCondBr(taken, then, otherwise);
  if (failed) {
    start(failed);
    branch(otherwise);
  }
  start(then);
  set_last_code(1);
  emit_block(statement.then);
  const bool then_after = after_relay_ || ends(statement.then);
  branch(after);
  start(otherwise);
  set_last_code(1);
  after_relay_ = after_condition;
  emit_block(statement.otherwise);
  after_relay_ = then_after && (after_relay_ || ends(statement.otherwise));
  branch(after);
  start(after);
}

// At most max_while_loops rounds; then an error, and the script goes on behind the loop.
void Body::emit_while(const Statement& statement) {
  if (!statement.value) return unit_.fault("a while without its condition");
  const Int limit = unit_.program().max_while_loops;
  Block* condition = block("while");
  Block* body = block("round");
  Block* after = block("endwhile");
  llvm::AllocaInst* rounds = limit > 0 ? stack_slot(*entry_, abi_.i64, "rounds") : nullptr;
  if (rounds) builder_.CreateStore(unit_.number(0), rounds);
  set_last_code(1);
  branch(condition);
  start(condition);
  store_line(statement.value->span);
  FailScope failures(*this);
  const V value = emit_int(*statement.value);
  Block* failed = failures.close();
  builder_.CreateCondBr(builder_.CreateICmpNE(value, unit_.number(0)), body, after);
  if (failed) {
    start(failed);
    branch(after);
  }
  start(body);
  if (rounds) {
    Block* within = block("within");
    Block* too_many = block("too_many");
    const V count = builder_.CreateAdd(builder_.CreateLoad(abi_.i64, rounds), unit_.number(1));
    builder_.CreateStore(count, rounds);
    builder_.CreateCondBr(builder_.CreateICmpSLE(count, unit_.number(limit)), within, too_many);
    start(too_many);
    call("stw.rt.loop_limit", Pass::Void, {Pass::Pointer, Pass::U32},
         {call_cell(), {llvm::ConstantInt::get(abi_.i32, statement.span.line())}});
    set_last_code(-1);
    branch(after);
    start(within);
  }
  breaks_.push_back(after);
  after_relay_ = false;
  emit_block(statement.then);
  after_relay_ = false;
  breaks_.pop_back();
  branch(condition);
  start(after);
}

void Body::emit_break() {
  set_last_code(0);
  branch(breaks_.empty() ? exit_ : breaks_.back());
}

void Body::emit_end(const Statement& statement) {
  const bool is_return = statement.kind == Statement::Kind::Return;
  V value = unit_.number(statement.kind == Statement::Kind::Drop ? 0 : 1);
  if (statement.value) {
    store_line(statement.span);
    FailScope failures(*this);
    value = emit_int(*statement.value);
    if (Block* failed = failures.close()) {
      Block* merged = block("value");
      Block* from = builder_.GetInsertBlock();
      branch(merged);
      start(failed);
      branch(merged);
      start(merged);
      value = phi(abi_.i64, {{value, from}, {unit_.number(kFailedReturn), failed}});
    }
  }
  set_last(value);
  const V stop = head(offsetof(CallHead, stop), "stop");
  if (!is_return) {
    builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), stop);
    if (statement.kind == Statement::Kind::Drop)
      builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), head(offsetof(CallHead, dropped), "dropped"));
  } else if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value)) {
    if (constant->isZero()) builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), stop);
  } else {
    Block* zero = block("return_0");
    builder_.CreateCondBr(builder_.CreateICmpEQ(value, unit_.number(0)), zero, exit_);
    start(zero);
    builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), stop);
  }
  branch(exit_);
}

}  // namespace strowger::codegen
