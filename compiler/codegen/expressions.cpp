// Expressions: language.md 5. Values stay in registers; conversions are explicit in the Program.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/codegen/body.h"

namespace strowger::codegen {

using modules::Type;
using program::Op;

namespace {

/// Ops whose operands are both Int and whose result is one instruction.
bool is_plain_arithmetic(Op op) {
  switch (op) {
    case Op::Add: case Op::Sub: case Op::Mul: case Op::Shl: case Op::Shr: case Op::BitAnd: case Op::BitOr: case Op::BitXor:
    case Op::Lt: case Op::Gt: case Op::Le: case Op::Ge: case Op::EqInt: case Op::NeInt: return true;
    default: return false;
  }
}

std::size_t operand_count(Op op) {
  switch (op) {
    case Op::ToInt: case Op::ToText: case Op::ToAny: case Op::Truth: case Op::Not: case Op::BitNot: case Op::Negate:
    case Op::StrLen: case Op::StrEmpty: case Op::Match: case Op::Defined: case Op::IsHost: case Op::Transform:
    case Op::CallRouteNamed: case Op::Assign: return 1;
    case Op::Div: case Op::Mod: case Op::And: case Op::Or: case Op::EqText: case Op::NeText: case Op::EqTextNoCase:
    case Op::NeTextNoCase: case Op::MatchDynamic: case Op::AddAny: case Op::EqAny: case Op::NeAny: return 2;
    case Op::SelVal: return 3;
    default: return is_plain_arithmetic(op) ? 2 : 0;
  }
}

/// An operand that may be emitted twice.
bool is_short(const program::Expr& e) {
  switch (e.op) {
    case Op::Int: case Op::Text: return true;
    case Op::Variable: return e.use.index_kind != program::VariableUse::IndexKind::Dynamic && !e.use.key.value && !e.use.table_key.value;
    case Op::ToAny: case Op::ToText: case Op::ToInt: return !e.args.empty() && is_short(*e.args[0]);
    default: return false;
  }
}

}  // namespace

llvm::Value* Body::to_int(V bit) { return builder_.CreateZExt(bit, abi_.i64); }

llvm::Value* Body::truth(V code) { return builder_.CreateICmpSGT(code, unit_.number(0)); }

llvm::Value* Body::kind_of(Cell any) {
  return builder_.CreateAnd(builder_.CreateLShr(any.b, 32), unit_.number(0xff));
}

llvm::Value* Body::is_undefined(Cell any) { return builder_.CreateICmpULE(kind_of(any), unit_.number(Value::kFailed)); }

llvm::Value* Body::is_failed_text(Cell text) {
  const V null = builder_.CreateICmpEQ(text.a, llvm::ConstantPointerNull::get(abi_.ptr));
  return builder_.CreateAnd(null, builder_.CreateICmpNE(text.b, unit_.number(0)));
}

Cell Body::text_to_any(Cell text) {
  const V bits = builder_.CreatePtrToInt(text.a, abi_.i64);
  const V present = builder_.CreateOr(builder_.CreateAnd(text.b, unit_.number(0xffffffff)),
                                      unit_.number(static_cast<Int>(Value::kText) << 32));
  if (llvm::isa<llvm::GlobalValue>(text.a)) return {bits, present};
  const V failed = to_int(builder_.CreateICmpNE(text.b, unit_.number(0)));  // Value::kFailed is 1
  const V absent = builder_.CreateShl(failed, 32);
  const V null = builder_.CreateICmpEQ(text.a, llvm::ConstantPointerNull::get(abi_.ptr));
  return {bits, builder_.CreateSelect(null, absent, present)};
}

Cell Body::wrap(Cell cell, Type from, Type to) {
  if (from == to) return cell;
  if (to == Type::Any) {
    if (from == Type::Text) return text_to_any(cell);
    return {cell.a, unit_.number(static_cast<Int>(Value::kInt) << 32)};
  }
  if (to == Type::Int) {
    const bool text = from == Type::Text;
    return call(text ? "stw.rt.text_to_int" : "stw.rt.value_to_int", Pass::Int,
                {Pass::Pointer, text ? Pass::Text : Pass::Value}, {call_cell(), cell});
  }
  const bool number = from == Type::Int;
  return call(number ? "stw.rt.int_to_text" : "stw.rt.value_to_text", Pass::Text,
              {Pass::Pointer, number ? Pass::Int : Pass::Value}, {call_cell(), cell});
}

llvm::Value* Body::emit_int(const Expr& e) {
  if (e.type != Type::Int) {
    unit_.fault("an Int was expected at line " + std::to_string(e.span.line()));
    return unit_.number(0);
  }
  return emit(e).a;
}

Cell Body::emit_text(const Expr& e) {
  if (e.type != Type::Text) {
    unit_.fault("a Text was expected at line " + std::to_string(e.span.line()));
    return unit_.text_cell("");
  }
  return emit(e);
}

Cell Body::emit_any(const Expr& e) { return emit_as(e, Type::Any); }

Cell Body::emit_narrow(const Expr& e, Type& type) {
  if (e.op == Op::ToAny && !e.args.empty()) return emit_narrow(*e.args[0], type);
  if (e.op == Op::AddAny && e.args.size() >= 2) return emit_sum_any(e, type);
  if (const std::ptrdiff_t slot = program::slot_of(e.use); e.op == Op::Variable && slot >= 0)
    return load_slot(static_cast<std::size_t>(slot), fact_of(e), type);
  type = e.type;
  return emit(e);
}

Cell Body::emit_as(const Expr& e, Type to) {
  Type type = e.type;
  const Cell value = emit_narrow(e, type);
  const Expr& inner = e.op == Op::ToAny && !e.args.empty() ? *e.args[0] : e;
  const bool from_slot = inner.op == Op::Variable && program::slot_of(inner.use) >= 0;
  if (type != Type::Text || to != Type::Any || !from_slot) return wrap(value, type, to);
  // What a slot holds as a text is one that is there.
  const V length = builder_.CreateAnd(value.b, unit_.number(0xffffffff));
  return {builder_.CreatePtrToInt(value.a, abi_.i64),
          builder_.CreateOr(length, unit_.number(static_cast<Int>(Value::kText) << 32))};
}

// By the left operand's type where that is known.
Cell Body::emit_sum_any(const Expr& e, Type& type) {
  const std::uint8_t left = fact_of(*e.args[0]).holds;
  type = program::type_of(left);
  if (type == Type::Int) {
    const V a = emit_as(*e.args[0], Type::Int).a;
    return {builder_.CreateAdd(a, emit_as(*e.args.back(), Type::Int).a)};
  }
  if (type == Type::Text) {  // with the sums on its left that are texts, too: one join
    std::vector<const Expr*> parts;
    const Expr* sum = &e;
    for (;;) {
      parts.insert(parts.begin(), sum->args[1].get());
      const Expr* first = sum->args[0].get();
      while (first->op == Op::ToAny && !first->args.empty()) first = first->args[0].get();
      if (first->op != Op::AddAny || first->args.size() < 2 ||
          program::type_of(fact_of(*first->args[0]).holds) != Type::Text) {
        parts.insert(parts.begin(), first);
        break;
      }
      sum = first;
    }
    return join_texts(parts, false, 0);
  }
  std::vector<const Expr*> sums;  // on the left spine, the innermost first
  for (const Expr* sum = &e;;) {
    sums.insert(sums.begin(), sum);
    const Expr* first = sum->args[0].get();
    while (first->op == Op::ToAny && !first->args.empty()) first = first->args[0].get();
    if (!is_short(*sum->args[1])) break;
    if (first->op != Op::AddAny || first->args.size() < 2 || program::type_of(fact_of(*first->args[0]).holds) != Type::Any)
      return emit_sum_by_kind(sums);
    sum = first;
  }
  const Cell a = emit_any(*e.args[0]);
  const Cell b = emit_right(e, a);
  return call("stw.rt.add_any", Pass::Value, {Pass::Pointer, Pass::Value, Pass::Value}, {call_cell(), a, b});
}

// Whether the first operand is an integer decides for all: a sum, or one join. The others are short, as they are emitted twice.
Cell Body::emit_sum_by_kind(const std::vector<const Expr*>& sums) {
  const Cell first = emit_any(*sums[0]->args[0]);
  Block* number = block("sum");
  Block* text = block("join");
  Block* done = block("added");
  const V kind = kind_of(first);
  builder_.CreateCondBr(builder_.CreateOr(builder_.CreateICmpEQ(kind, unit_.number(Value::kInt)),
                                          builder_.CreateICmpEQ(kind, unit_.number(Value::kIntText))),
                        number, text);
  start(number);
  V total = wrap(first, Type::Any, Type::Int).a;
  for (const Expr* sum : sums) total = builder_.CreateAdd(total, emit_as(*sum->args.back(), Type::Int).a);
  const Cell a = wrap({total}, Type::Int, Type::Any);
  Block* from_a = builder_.GetInsertBlock();
  branch(done);
  start(text);
  const Cell begin = wrap(first, Type::Any, Type::Text);
  std::vector<const Expr*> parts;
  for (const Expr* sum : sums) parts.push_back(sum->args[1].get());
  const Cell b = text_to_any(join_texts(parts, false, 0, &begin));
  Block* from_b = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return {phi(abi_.i64, {{a.a, from_a}, {b.a, from_b}}), phi(abi_.i64, {{a.b, from_a}, {b.b, from_b}})};
}

llvm::Value* Body::emit_equality_any(const Expr& e) {
  const Expr& left = *e.args[0];
  const Expr& right = *e.args[1];
  const std::uint8_t holds = fact_of(left).holds;
  const Type type = program::type_of(holds);
  if (type == Type::Int) {
    const V a = emit_as(left, Type::Int).a;
    return builder_.CreateICmpEQ(a, emit_as(*e.args.back(), Type::Int).a);
  }
  // A left side that is not there equals 0 too, where the right one is an int.
  if (type == Type::Text && (!(holds & program::kHoldsNull) || program::type_of(fact_of(right).holds) == Type::Text))
    return emit_text_equality(left, right, false);
  const Cell a = emit_any(left);
  const Expr& inner = right.op == Op::ToAny && !right.args.empty() ? *right.args[0] : right;
  Block* is_text = nullptr;
  Block* done = nullptr;
  std::vector<std::pair<V, Block*>> ways;
  if (inner.op == Op::Text) {
    is_text = block("text");
    Block* other = block("no_text");
    done = block("compared");
    builder_.CreateCondBr(builder_.CreateICmpEQ(kind_of(a), unit_.number(Value::kText)), is_text, other);
    start(is_text);
    const Cell text = {builder_.CreateIntToPtr(a.a, abi_.ptr), builder_.CreateAnd(a.b, unit_.number(0xffffffff))};
    const V equal = equals_constant(text, inner.text, false);
    ways.emplace_back(equal, builder_.GetInsertBlock());
    branch(done);
    start(other);
  }
  const Cell b = emit_right(e, a);
  const V equal = call("stw.rt.eq_any", Pass::Bool, {Pass::Pointer, Pass::Value, Pass::Value}, {call_cell(), a, b}).a;
  if (!done) return equal;
  ways.emplace_back(equal, builder_.GetInsertBlock());
  branch(done);
  start(done);
  return phi(abi_.i1, ways);
}

Cell Body::emit(const Expr& e) {
  if (e.args.size() < operand_count(e.op)) {
    unit_.fault("an operator lacks operands at line " + std::to_string(e.span.line()));
    const Cell nothing = {unit_.number(0), unit_.number(0)};
    return e.type == Type::Text ? unit_.text_cell("") : nothing;
  }
  const text::Span outer = here_;
  if (e.span.file) locate(e.span);
  Cell result;
  switch (e.op) {
    case Op::Int: result = {unit_.number(e.number)}; break;
    case Op::Text: result = unit_.text_cell(e.text); break;
    case Op::Null: result = {unit_.number(0), unit_.number(0)}; break;
    case Op::Variable: {
      Type type = e.type;
      const std::ptrdiff_t slot = program::slot_of(e.use);
      const Cell read = slot >= 0 ? load_slot(static_cast<std::size_t>(slot), fact_of(e), type) : emit_variable(e.use, type);
      result = wrap(read, type, e.type);
      break;
    }
    case Op::Transform: result = emit_transformation(e); break;
    case Op::Call: result = {emit_call(e)}; break;
    case Op::CallRoute: result = {emit_route_call(e)}; break;
    case Op::CallRouteNamed: result = {emit_route_call_named(e, false)}; break;
    case Op::Truth: result = {to_int(truth(emit_int(*e.args[0])))}; break;
    case Op::ToInt: result = emit_as(*e.args[0], Type::Int); break;
    case Op::ToText: result = emit_as(*e.args[0], Type::Text); break;
    case Op::ToAny: result = emit_any(*e.args[0]); break;
    case Op::Add: case Op::Sub: case Op::Mul: case Op::Shl: case Op::Shr: case Op::BitAnd: case Op::BitOr: case Op::BitXor:
    case Op::Lt: case Op::Gt: case Op::Le: case Op::Ge: case Op::EqInt: case Op::NeInt:
      result = {emit_arithmetic(e)};
      break;
    case Op::Div: case Op::Mod: result = {emit_division(e)}; break;
    case Op::And: case Op::Or: result = {emit_logic(e)}; break;
    case Op::Not: result = {to_int(builder_.CreateICmpEQ(emit_int(*e.args[0]), unit_.number(0)))}; break;
    case Op::BitNot: result = {builder_.CreateNot(emit_int(*e.args[0]))}; break;
    case Op::Negate: result = {builder_.CreateNeg(emit_int(*e.args[0]))}; break;
    case Op::Concat: result = emit_concat(e); break;
    case Op::EqText: result = {to_int(emit_text_equality(*e.args[0], *e.args[1], false))}; break;
    case Op::NeText: result = {to_int(builder_.CreateNot(emit_text_equality(*e.args[0], *e.args[1], false)))}; break;
    case Op::EqTextNoCase: result = {to_int(emit_text_equality(*e.args[0], *e.args[1], true))}; break;
    case Op::NeTextNoCase: result = {to_int(builder_.CreateNot(emit_text_equality(*e.args[0], *e.args[1], true)))}; break;
    case Op::Match: result = {to_int(emit_match(emit_text(*e.args[0]), e.constant))}; break;
    case Op::MatchDynamic: result = {emit_match_dynamic(e)}; break;
    case Op::StrLen: result = {length_of(emit_text(*e.args[0]))}; break;
    case Op::StrEmpty: result = {to_int(builder_.CreateICmpEQ(length_of(emit_text(*e.args[0])), unit_.number(0)))}; break;
    case Op::AddAny: {
      Type type = Type::Any;
      const Cell sum = emit_sum_any(e, type);
      result = wrap(sum, type, e.type);
      break;
    }
    case Op::EqAny: case Op::NeAny: {
      V equal = emit_equality_any(e);
      if (e.op == Op::NeAny) equal = builder_.CreateNot(equal);
      result = {to_int(equal)};
      break;
    }
    case Op::Defined: result = {to_int(builder_.CreateNot(is_undefined(emit_any(*e.args[0]))))}; break;
    case Op::SelVal: result = emit_choice(e); break;
    case Op::ConditionText: case Op::ConditionInt: case Op::Myself: {
      const Cell word = {llvm::ConstantInt::getSigned(abi_.i32, static_cast<std::int32_t>(e.word))};
      const std::vector<Pass> params = {Pass::Pointer, Pass::Code};
      if (e.op == Op::ConditionText) result = call("stw.rt.condition_text", Pass::Text, params, {call_cell(), word});
      if (e.op == Op::ConditionInt) result = call("stw.rt.condition_int", Pass::Int, params, {call_cell(), word});
      if (e.op == Op::Myself) result = {to_int(call("stw.rt.condition_myself", Pass::Bool, params, {call_cell(), word}).a)};
      break;
    }
    case Op::InNetwork: {
      const Cell word = {llvm::ConstantInt::getSigned(abi_.i32, static_cast<std::int32_t>(e.word))};
      result = {to_int(call("stw.rt.condition_network", Pass::Bool, {Pass::Pointer, Pass::Code, Pass::Pointer},
                            {call_cell(), word, {unit_.network(e.network)}}).a)};
      break;
    }
    case Op::IsHost: {
      const Cell word = {llvm::ConstantInt::getSigned(abi_.i32, static_cast<std::int32_t>(e.word))};
      const Cell host = emit_text(*e.args[0]);
      result = {to_int(call("stw.rt.condition_host", Pass::Bool, {Pass::Pointer, Pass::Code, Pass::Text},
                            {call_cell(), word, host}).a)};
      break;
    }
    case Op::Assign: result = {emit_assign_value(e)}; break;
    case Op::Block: result = {emit_block_value(e)}; break;
  }
  locate(outer);
  return result;
}

llvm::Value* Body::emit_arithmetic(const Expr& e) {
  const V a = emit_int(*e.args[0]);
  const V b = emit_int(*e.args[1]);
  // C on x86: the shift count counts modulo the width.
  const auto count = [&] { return builder_.CreateAnd(b, unit_.number(63)); };
  switch (e.op) {
    case Op::Add: return builder_.CreateAdd(a, b);
    case Op::Sub: return builder_.CreateSub(a, b);
    case Op::Mul: return builder_.CreateMul(a, b);
    case Op::Shl: return builder_.CreateShl(a, count());
    case Op::Shr: return builder_.CreateAShr(a, count());
    case Op::BitAnd: return builder_.CreateAnd(a, b);
    case Op::BitOr: return builder_.CreateOr(a, b);
    case Op::BitXor: return builder_.CreateXor(a, b);
    case Op::Lt: return to_int(builder_.CreateICmpSLT(a, b));
    case Op::Gt: return to_int(builder_.CreateICmpSGT(a, b));
    case Op::Le: return to_int(builder_.CreateICmpSLE(a, b));
    case Op::Ge: return to_int(builder_.CreateICmpSGE(a, b));
    case Op::EqInt: return to_int(builder_.CreateICmpEQ(a, b));
    default: return to_int(builder_.CreateICmpNE(a, b));
  }
}

// x / 0 and x mod 0 end the evaluation; INT64_MIN / -1 wraps instead of trapping.
llvm::Value* Body::emit_division(const Expr& e) {
  const V a = emit_int(*e.args[0]);
  const V b = emit_int(*e.args[1]);
  const bool divides = e.op == Op::Div;
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(b); constant && !constant->isZero() && !constant->isMinusOne())
    return divides ? builder_.CreateSDiv(a, b) : builder_.CreateSRem(a, b);
  Block* zero = block("division_by_zero");
  Block* divide = block("divide");
  builder_.CreateCondBr(builder_.CreateICmpEQ(b, unit_.number(0)), zero, divide);
  start(zero);
  call("stw.rt.division_by_zero", Pass::Void, {Pass::Pointer, Pass::U32},
       {call_cell(), {llvm::ConstantInt::get(abi_.i32, e.span.line())}});
  fail();
  builder_.CreateUnreachable();
  start(divide);
  const V minus = builder_.CreateICmpEQ(b, unit_.number(-1));
  const V safe = builder_.CreateSelect(minus, unit_.number(1), b);
  if (divides) return builder_.CreateSelect(minus, builder_.CreateNeg(a), builder_.CreateSDiv(a, safe));
  return builder_.CreateSRem(a, safe);
}

llvm::Value* Body::emit_logic(const Expr& e) {
  const bool both = e.op == Op::And;
  const V left = builder_.CreateICmpNE(emit_int(*e.args[0]), unit_.number(0));
  Block* right = block(both ? "and" : "or");
  Block* done = block("decided");
  Block* first = builder_.GetInsertBlock();
  builder_.CreateCondBr(left, both ? right : done, both ? done : right);
  start(right);
  const V second = builder_.CreateICmpNE(emit_int(*e.args[1]), unit_.number(0));
  Block* from = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return to_int(phi(abi_.i1, {{builder_.getInt1(!both), first}, {second, from}}));
}

// A third operand is the right side as it is where the left one is an int.
Cell Body::emit_right(const Expr& e, Cell left) {
  if (e.args.size() < 3) return emit_any(*e.args[1]);
  Block* number = block("number");
  Block* other = block("other");
  Block* done = block("right");
  const V kind = kind_of(left);
  builder_.CreateCondBr(builder_.CreateOr(builder_.CreateICmpEQ(kind, unit_.number(Value::kInt)),
                                          builder_.CreateICmpEQ(kind, unit_.number(Value::kIntText))),
                        number, other);
  start(number);
  const Cell a = wrap({emit_int(*e.args[2])}, Type::Int, Type::Any);
  Block* from_a = builder_.GetInsertBlock();
  branch(done);
  start(other);
  const Cell b = emit_any(*e.args[1]);
  Block* from_b = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return {phi(abi_.i64, {{a.a, from_a}, {b.a, from_b}}), phi(abi_.i64, {{a.b, from_a}, {b.b, from_b}})};
}

// What is undefined becomes an empty text, unless the choice is said to be nullable.
Cell Body::emit_choice(const Expr& e) {
  const V chosen = truth(emit_int(*e.args[0]));
  Block* first = block("first");
  Block* second = block("second");
  Block* done = block("chosen");
  builder_.CreateCondBr(chosen, first, second);
  start(first);
  const Cell a = emit_as(*e.args[1], e.type);
  Block* from_a = builder_.GetInsertBlock();
  branch(done);
  start(second);
  const Cell b = emit_as(*e.args[2], e.type);
  Block* from_b = builder_.GetInsertBlock();
  branch(done);
  start(done);
  Cell result;
  result.a = phi(a.a->getType(), {{a.a, from_a}, {b.a, from_b}});
  if (e.type == Type::Int) return result;
  result.b = phi(abi_.i64, {{a.b, from_a}, {b.b, from_b}});
  if (e.nullable) return result;
  const V undefined = e.type == Type::Text ? builder_.CreateIsNull(result.a) : is_undefined(result);
  const Cell empty = wrap(unit_.text_cell(""), Type::Text, e.type);
  return {builder_.CreateSelect(undefined, empty.a, result.a), builder_.CreateSelect(undefined, empty.b, result.b)};
}

llvm::Value* Body::emit_match(Cell subject, std::size_t regex) {
  const Unit::MatcherRef matcher = unit_.matcher(regex);
  if (matcher.function) return builder_.CreateCall(matcher.function, {subject.a, length_of(subject)});
  if (matcher.table)
    return call("stw.rt.match_table", Pass::Bool, {Pass::Pointer, Pass::Pointer, Pass::Int},
                {{matcher.table}, {subject.a}, {length_of(subject)}}).a;
  return call("stw.rt.match", Pass::Bool, {Pass::Pointer, Pass::Pointer, Pass::Text}, {call_cell(), {unit_.regex(regex)}, subject}).a;
}

llvm::Value* Body::emit_match_dynamic(const Expr& e) {
  const Cell subject = emit_text(*e.args[0]);
  const Cell pattern = emit_text(*e.args[1]);
  const V result = call("stw.rt.match_dynamic", Pass::Code, {Pass::Pointer, Pass::Text, Pass::Text},
                        {call_cell(), subject, pattern}).a;
  Block* bad = block("bad_pattern");
  Block* good = block("matched");
  builder_.CreateCondBr(builder_.CreateICmpSLT(result, llvm::ConstantInt::get(abi_.i32, 0)), bad, good);
  start(bad);
  fail();
  builder_.CreateUnreachable();
  start(good);
  return builder_.CreateSExt(result, abi_.i64);
}

// { actions } as an operand: the code of the last action. `return` and `break` leave the block alone, with their code.
llvm::Value* Body::emit_block_value(const Expr& e) {
  if (!last_) {
    unit_.fault("a block of actions outside of a route");
    return unit_.number(0);
  }
  Block* leave = block("leave");
  Block* outer = std::exchange(exit_, leave);
  breaks_.push_back(leave);
  set_last_code(1);
  emit_block(e.body);
  branch(leave);
  start(leave);
  breaks_.pop_back();
  exit_ = outer;
  unwind_if_stopped();
  return builder_.CreateLoad(abi_.i64, last_);
}

// ( $x = value ): 1, or -1 where the value or the assignment failed.
llvm::Value* Body::emit_assign_value(const Expr& e) {
  FailScope failures(*this);
  const V code = emit_assign(e.use, *e.args[0], e.span);
  Block* failed = failures.close();
  if (!failed) return code;
  Block* done = block("assigned");
  Block* from = builder_.GetInsertBlock();
  branch(done);
  start(failed);
  branch(done);
  start(done);
  return phi(abi_.i64, {{code, from}, {unit_.number(-1), failed}});
}

}  // namespace strowger::codegen
