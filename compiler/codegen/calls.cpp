// Calls of module functions and of routes, with what follows from their codes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"
#include "runtime/abi/call_head.h"

namespace strowger::codegen {

using modules::ArgKind;
using modules::Type;
using program::Op;

namespace {

const Signature kRouteSignature{Pass::Int, {Pass::Pointer}};

/// What calling a route gives that does not exist, as Kamailio 5.6.3 has it.
constexpr Int kNoRoute = -10;

bool is_word_sized(ArgKind kind) { return pass_of(kind) == Pass::Int; }

/// A format that may grow beyond its limit: the function it is for then is not called.
bool can_overflow(const program::Operand& operand) {
  return operand.value && operand.value->op == Op::Concat && operand.value->limit > 0;
}

}  // namespace

void Body::push_operand(ArgKind kind, const Operand* operand, Signature& signature, std::vector<Cell>& args) {
  const Pass pass = pass_of(kind);
  signature.params.push_back(pass);
  switch (pass) {
    case Pass::Int:
      if (operand && operand->value && kind == ArgKind::LogLevel && operand->value->type != Type::Int) {
        const Cell level = emit_as(*operand->value, Type::Any);
        args.push_back(call("stw.rt.int_only", Pass::Int, {Pass::Pointer, Pass::Value}, {call_cell(), level}));
      } else if (operand && operand->value) {
        args.push_back(emit_as(*operand->value, Type::Int));
      } else {
        args.push_back({unit_.number(operand ? operand->number : 0)});
      }
      return;
    case Pass::Text:
      if (!operand) {
        args.push_back({llvm::ConstantPointerNull::get(abi_.ptr), unit_.number(0)});
      } else if (operand->value) {
        args.push_back(emit_as(*operand->value, Type::Text));
      } else {
        args.push_back(unit_.text_cell(operand->text));
      }
      return;
    default: break;
  }
  if (!operand) {
    // An optional key that is not written: an object of zeros, so that the reference stays one.
    auto* zeros = llvm::ConstantAggregateZero::get(llvm::ArrayType::get(abi_.i64, 8));
    args.push_back({unit_.constant(zeros, "none")});
  } else if (kind == ArgKind::Header && operand->value) {
    // A header named at run time: the runtime looks its id up.
    const Cell name = emit_as(*operand->value, Type::Text);
    args.push_back(call("stw.rt.header_name", Pass::Pointer, {Pass::Pointer, Pass::Text}, {call_cell(), name}));
  } else {
    args.push_back({unit_.reference(kind, operand->constant)});
  }
}

void Body::store_rc(V code) { builder_.CreateStore(code, head(offsetof(CallHead, rc), "rc")); }

// Inside an expression a call starts with an $rc of 0 (Kamailio 5.6.3). Functions of modules overwrite it anyway.
llvm::Value* Body::emit_call(const Expr& e) {
  if (!e.function) {
    unit_.fault("a call without its function at line " + std::to_string(e.span.line()));
    return unit_.number(0);
  }
  const modules::Function& f = *e.function;
  unit_.called(f);
  if (e.operands.size() != f.args.size()) {
    unit_.fault("'" + f.name + "' is called with the wrong number of arguments at line " + std::to_string(e.span.line()));
    return unit_.number(0);
  }
  if (e.span.file && e.span.line() != here_.line()) store_line(e.span);
  if (f.module == "core" && &e != action_) store_rc(unit_.number(0));

  Signature signature{Pass::Code, {Pass::Pointer}};
  std::vector<Cell> args = {call_cell()};
  std::vector<std::pair<V, Block*>> ways;  // results that come without a call
  Block* done = block("called");

  std::size_t next = 0;
  if (!f.guard.empty()) {
    for (; next < f.args.size() && is_word_sized(f.args[next].kind); ++next)
      push_operand(f.args[next].kind, &e.operands[next], signature, args);
    const Cell wanted = call("stw." + f.module + "." + f.guard, Pass::Bool, signature.params, args);
    Block* go = block("wanted");
    ways.emplace_back(llvm::ConstantInt::get(abi_.i32, 1), builder_.GetInsertBlock());
    builder_.CreateCondBr(wanted.a, go, done);
    start(go);
  }
  for (; next < f.args.size(); ++next) {
    push_operand(f.args[next].kind, &e.operands[next], signature, args);
    if (pass_of(f.args[next].kind) != Pass::Text || !can_overflow(e.operands[next])) continue;
    Block* fits = block("fits");
    ways.emplace_back(llvm::ConstantInt::getSigned(abi_.i32, -1), builder_.GetInsertBlock());
    builder_.CreateCondBr(is_failed_text(args.back()), done, fits);
    start(fits);
  }
  if (f.evaluates) {
    signature.params.push_back(Pass::Pointer);
    args.push_back({unit_.reference(ArgKind::Path, unit_.program().known_variables)});
  }
  const V code = abi_.call(builder_, abi_.declare(f.symbol, signature), signature, args, *entry_).a;
  ways.emplace_back(code, builder_.GetInsertBlock());
  branch(done);
  start(done);
  const V merged = ways.size() == 1 ? code : phi(abi_.i32, ways);
  return finish_call(builder_.CreateSExt(merged, abi_.i64), f.may_stop, f.module != "core");
}

// $rc keeps the code; 0 of a function that may stop ends the script.
llvm::Value* Body::finish_call(V code, bool may_stop, bool sets_rc) {
  if (sets_rc) builder_.CreateStore(code, head(offsetof(CallHead, rc), "rc"));
  if (!may_stop || !last_) return code;
  const V stop = head(offsetof(CallHead, stop), "stop");
  const V asked = builder_.CreateICmpNE(builder_.CreateLoad(abi_.i8, stop), llvm::ConstantInt::get(abi_.i8, 0));
  const V zero = builder_.CreateICmpEQ(code, unit_.number(0));
  Block* stopped = block("stopped");
  Block* on = block("on");
  builder_.CreateCondBr(builder_.CreateOr(asked, zero), stopped, on);
  start(stopped);
  builder_.CreateStore(llvm::ConstantInt::get(abi_.i8, 1), stop);
  set_last(code);
  branch(exit_);
  start(on);
  return code;
}

void Body::unwind_if_stopped() {
  const V stop = builder_.CreateLoad(abi_.i8, head(offsetof(CallHead, stop), "stop"));
  Block* on = block("on");
  builder_.CreateCondBr(builder_.CreateICmpNE(stop, llvm::ConstantInt::get(abi_.i8, 0)), exit_, on);
  start(on);
}

llvm::Value* Body::emit_route_call(const Expr& e) {
  if (e.route >= unit_.program().routes.size() || !last_) {
    unit_.fault("a call of a route that does not exist at line " + std::to_string(e.span.line()));
    return unit_.number(0);
  }
  if (&e != action_) store_rc(unit_.number(0));
  const V code = abi_.call(builder_, unit_.route_function(e.route), kRouteSignature, {call_cell()}, *entry_).a;
  store_rc(code);
  set_last(code);
  unwind_if_stopped();
  return code;
}

llvm::Value* Body::emit_route_call_named(const Expr& e, bool is_statement) {
  if (!last_) {
    unit_.fault("a call of a route outside of a route");
    return unit_.number(0);
  }
  const Cell name = emit_text(*e.args[0]);
  if (!is_statement) store_rc(unit_.number(0));
  const V found = call("stw.rt.find_route", Pass::Pointer, {Pass::Pointer, Pass::Text}, {call_cell(), name}).a;
  Block* there = block("found");
  Block* missing = block("missing");
  Block* done = block("called");
  builder_.CreateCondBr(builder_.CreateIsNull(found), missing, there);
  start(missing);
  branch(done);
  start(there);
  const V code = builder_.CreateCall(llvm::FunctionType::get(abi_.i64, {abi_.ptr}, false), found, {call_});
  store_rc(code);
  set_last(code);
  unwind_if_stopped();
  Block* called = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return phi(abi_.i64, {{unit_.number(kNoRoute), missing}, {code, called}});
}

}  // namespace strowger::codegen
