// Calls of module functions and of routes, with what follows from their codes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

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

bool has_effect(const modules::Function& f, std::string_view effect) {
  return std::find(f.does.begin(), f.does.end(), effect) != f.does.end();
}

bool is_word_sized(ArgKind kind) { return pass_of(kind) == Pass::Int; }

/// A number that is written as a text: `f("$avp(n)")`. What is none makes the call fail.
bool is_checked_number(ArgKind kind, const program::Operand& operand) {
  return is_word_sized(kind) && operand.value && operand.value->type != Type::Int;
}

/// A header name or a pattern that is made at run time: what is none makes the call fail.
bool is_made_at_run_time(ArgKind kind, const program::Operand& operand) {
  return operand.value && (kind == ArgKind::Header || kind == ArgKind::Regex);
}

/// What a call gives where a header name or a pattern is none, as Kamailio 5.6.3 has it.
constexpr Int kBadArgument = -5;

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
      if (operand && is_checked_number(kind, *operand)) {
        const Cell number = emit_as(*operand->value, Type::Any);
        const char* const reader = kind == ArgKind::LogLevel ? "stw.rt.int_only" : "stw.rt.int_argument";
        args.push_back(call(reader, Pass::Int, {Pass::Pointer, Pass::Value}, {call_cell(), number}));
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
  } else if (is_made_at_run_time(kind, *operand)) {
    const Cell text = emit_as(*operand->value, Type::Text);
    const char* const maker = kind == ArgKind::Header ? "stw.rt.header_name" : "stw.rt.made_regex";
    args.push_back(call(maker, Pass::Pointer, {Pass::Pointer, Pass::Text}, {call_cell(), text}));
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
  if (!after_relay_ && has_effect(f, "tell_error")) store_rc(unit_.number(0));   // that of some other action tells nothing

  Signature signature{Pass::Code, {Pass::Pointer}};
  std::vector<Cell> args = {call_cell()};
  std::vector<std::pair<V, Block*>> ways;  // results that come without a call
  Block* done = block("called");

  const auto leave_when = [&](V bad, Int code) {
    Block* good = block("good");
    ways.emplace_back(llvm::ConstantInt::getSigned(abi_.i32, code), builder_.GetInsertBlock());
    builder_.CreateCondBr(bad, done, good);
    start(good);
  };
  const auto push = [&](std::size_t i) {
    const ArgKind kind = f.args[i].kind;
    const Operand& operand = e.operands[i];
    push_operand(kind, &operand, signature, args);
    if (is_checked_number(kind, operand)) leave_when(builder_.CreateICmpEQ(args.back().a, unit_.number(INT64_MIN)), -1);
    if (is_made_at_run_time(kind, operand)) leave_when(builder_.CreateIsNull(args.back().a), kBadArgument);
    if (pass_of(kind) == Pass::Text && can_overflow(operand)) leave_when(is_failed_text(args.back()), -1);
  };

  std::size_t next = 0;
  if (!f.guard.empty()) {
    for (; next < f.args.size() && is_word_sized(f.args[next].kind); ++next) push(next);
    const Cell wanted = call("stw." + f.module + "." + f.guard, Pass::Bool, signature.params, args);
    Block* go = block("wanted");
    ways.emplace_back(llvm::ConstantInt::get(abi_.i32, 1), builder_.GetInsertBlock());
    builder_.CreateCondBr(wanted.a, go, done);
    start(go);
  }
  for (; next < f.args.size(); ++next) push(next);
  if (f.evaluates) {
    signature.params.push_back(Pass::Pointer);
    args.push_back({unit_.reference(ArgKind::Path, unit_.program().known_variables)});
  }
  const V code = abi_.call(builder_, abi_.declare(f.symbol, signature), signature, args, *entry_).a;
  ways.emplace_back(code, builder_.GetInsertBlock());
  branch(done);
  start(done);
  after_relay_ = f.module != "core" && has_effect(f, "relay");
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
  after_relay_ = false;
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
  after_relay_ = false;
  unwind_if_stopped();
  Block* called = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return phi(abi_.i64, {{unit_.number(kNoRoute), missing}, {code, called}});
}

}  // namespace strowger::codegen
