// Pseudo-variables and transformations: reads, writes, keys and indexes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"
#include "runtime/abi/call_head.h"

namespace strowger::codegen {

using modules::ArgKind;
using modules::Type;

namespace {

/// $rc, $retcode and $? are a field of the Call.
bool is_return_code(const program::VariableUse& use) {
  if (use.variable) return use.variable->name == "rc" || use.variable->name == "retcode" || use.variable->name == "?";
  return use.written == "$rc" || use.written == "$retcode" || use.written == "$?" || use.written == "$(rc)" ||
         use.written == "$(retcode)" || use.written == "$(?)";
}

/// With a constant name most of the reading or writing folds away.
bool has_constant_name(const program::VariableUse& use) {
  if (!use.has_key || !use.variable->key) return false;
  const auto is_constant = [](const program::Operand& operand) { return !operand.value || operand.value->op == program::Op::Text; };
  const ArgKind kind = use.variable->key->kind;
  if (kind == ArgKind::Table) return is_constant(use.table_key);
  return kind == ArgKind::Name && is_constant(use.key);
}

}  // namespace

Cell Body::emit_index(const Expr& e) {
  if (e.type == Type::Int) return emit_as(e, Type::Int);
  const Cell number = call("stw.rt.int_only", Pass::Int, {Pass::Pointer, Pass::Value}, {call_cell(), emit_as(e, Type::Any)});
  const V none = builder_.CreateICmpEQ(number.a, unit_.number(INT64_MIN));
  return {builder_.CreateSelect(none, unit_.number(INT64_MAX), number.a)};
}

void Body::push_key_and_index(const VariableUse& use, Signature& signature, std::vector<Cell>& args) {
  const modules::Variable& variable = *use.variable;
  if (variable.key) {
    push_operand(variable.key->kind, use.has_key ? &use.key : nullptr, signature, args);
    if (variable.key->kind == ArgKind::Table) {
      signature.params.push_back(Pass::Text);
      args.push_back(use.table_key.value ? emit_as(*use.table_key.value, Type::Text)
                                         : unit_.text_cell(use.table_key.text));
    }
  }
  if (!variable.indexed) return;
  signature.params.push_back(Pass::Int);
  switch (use.index_kind) {
    case VariableUse::IndexKind::None: args.push_back({unit_.number(kNoIndex)}); break;
    case VariableUse::IndexKind::Number: args.push_back({unit_.number(use.index)}); break;
    case VariableUse::IndexKind::All: args.push_back({unit_.number(kAllIndex)}); break;
    case VariableUse::IndexKind::Dynamic:
      if (use.index_value) {
        args.push_back(emit_index(*use.index_value));
      } else {
        unit_.fault("'" + use.written + "' has an index without value");
        args.push_back({unit_.number(kNoIndex)});
      }
      break;
  }
}

Cell Body::emit_variable(const VariableUse& use, Type& type) {
  if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0) {
    const program::Fact anything;
    return load_slot(static_cast<std::size_t>(slot), anything, type);
  }
  if (is_return_code(use)) {
    type = Type::Int;
    return {builder_.CreateLoad(abi_.i64, head(offsetof(CallHead, rc), "rc"))};
  }
  if (!use.variable) {
    unit_.fault("'" + use.written + "' was not resolved");
    type = Type::Any;
    return {unit_.number(0), unit_.number(0)};
  }
  type = use.variable->type;
  Signature signature{pass_of(type), {Pass::Pointer}};
  std::vector<Cell> args = {call_cell()};
  push_key_and_index(use, signature, args);
  return abi_.call(builder_, abi_.declare(use.variable->getter, signature), signature, args, *entry_, has_constant_name(use));
}

llvm::Value* Body::emit_store(const VariableUse& use, Cell any, const text::Span& span) {
  if (!use.variable || !use.variable->writable) {
    unit_.fault("'" + use.written + "' cannot be assigned to");
    return unit_.number(-1);
  }
  if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0)
    return store_slot(static_cast<std::size_t>(slot), any, Type::Any, program::kHoldsAny, false, span);
  Signature signature{Pass::Code, {Pass::Pointer}};
  std::vector<Cell> args = {call_cell()};
  push_key_and_index(use, signature, args);
  // A failed value stores null; the assignment counts as failed all the same.
  const bool constant = llvm::isa<llvm::ConstantInt>(any.b);
  const V failed = constant ? static_cast<V>(builder_.getFalse())
                            : builder_.CreateICmpEQ(kind_of(any), unit_.number(Value::kFailed));
  if (!constant) any.b = builder_.CreateSelect(failed, unit_.number(0), any.b);
  signature.params.push_back(Pass::Value);
  args.push_back(any);
  const V code =
      abi_.call(builder_, abi_.declare(use.variable->setter, signature), signature, args, *entry_, has_constant_name(use)).a;
  const V refused = builder_.CreateICmpSLT(code, llvm::ConstantInt::get(abi_.i32, 0));
  Block* bad = block("refused");
  Block* done = block("stored");
  Block* from = builder_.GetInsertBlock();
  builder_.CreateCondBr(builder_.CreateOr(refused, failed), bad, done);
  start(bad);
  call("stw.rt.assignment_failed", Pass::Void, {Pass::Pointer, Pass::U32},
       {call_cell(), {llvm::ConstantInt::get(abi_.i32, span.line())}});
  branch(done);
  start(done);
  return phi(abi_.i64, {{unit_.number(1), from}, {unit_.number(-1), bad}});
}

// The value is evaluated before the target's key and index.
llvm::Value* Body::emit_assign(const VariableUse& use, const Expr& value, const text::Span& span) {
  if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0) {
    Type type = value.type;
    const Cell cell = emit_narrow(value, type);
    return store_slot(static_cast<std::size_t>(slot), cell, type, fact_of(value).holds, stays_in_run(value), span);
  }
  const Cell any = emit_any(value);
  return emit_store(use, any, span);
}

// Undefined input makes it fail without a call (it prints nothing), unless the transformation takes it; so does a variable
// in place of an argument that is empty, or no int where one is needed.
Cell Body::emit_transformation(const Expr& e) {
  if (!e.transformation) {
    unit_.fault("a transformation that was not resolved at line " + std::to_string(e.span.line()));
    return e.type == Type::Text ? unit_.text_cell("") : Cell{unit_.number(0), unit_.number(0)};
  }
  const modules::Transformation& t = *e.transformation;
  const Cell input = emit_any(*e.args[0]);
  Cell none;
  if (e.type == Type::Int) {
    none = {unit_.number(0)};
  } else if (e.type == Type::Text) {
    none = {llvm::ConstantPointerNull::get(abi_.ptr), unit_.number(1)};  // Text::failed()
  } else {
    none = {unit_.number(0), unit_.number(static_cast<Int>(Value::kFailed) << 32)};
  }
  Block* done = nullptr;
  std::vector<std::pair<V, Block*>> first, second;
  const auto unless = [&](V fails) {
    if (!done) done = block("transformed");
    Block* good = block("good");
    first.emplace_back(none.a, builder_.GetInsertBlock());
    second.emplace_back(none.b, builder_.GetInsertBlock());
    builder_.CreateCondBr(fails, done, good);
    start(good);
  };
  if (!t.accepts_null) unless(is_undefined(input));
  Signature signature{pass_of(t.result), {Pass::Pointer, Pass::Value}};
  std::vector<Cell> args = {call_cell(), input};
  for (std::size_t i = 0; i < t.args.size(); ++i) {
    const Operand* operand = i < e.operands.size() ? &e.operands[i] : nullptr;
    const Pass pass = pass_of(t.args[i].kind);
    const bool is_variable = operand && operand->value && operand->value->op != program::Op::Text;
    if (is_variable && pass == Pass::Int && operand->value->type != Type::Int) {
      const Cell any = emit_any(*operand->value);
      const V kind = kind_of(any);
      unless(builder_.CreateAnd(builder_.CreateICmpNE(kind, unit_.number(Value::kInt)),
                                builder_.CreateICmpNE(kind, unit_.number(Value::kIntText))));
      signature.params.push_back(Pass::Int);
      args.push_back(wrap(any, Type::Any, Type::Int));
      continue;
    }
    push_operand(t.args[i].kind, operand, signature, args);
    if (is_variable && pass == Pass::Text) {
      const Cell text = args.back();
      unless(builder_.CreateOr(builder_.CreateIsNull(text.a), builder_.CreateICmpEQ(text.b, unit_.number(0))));
    }
  }
  Cell result = abi_.call(builder_, abi_.declare(t.symbol, signature), signature, args, *entry_);
  result = wrap(result, t.result, e.type);
  if (!done) return result;
  first.emplace_back(result.a, builder_.GetInsertBlock());
  second.emplace_back(result.b, builder_.GetInsertBlock());
  branch(done);
  start(done);
  Cell merged;
  merged.a = phi(result.a->getType(), first);
  if (e.type != Type::Int) merged.b = phi(abi_.i64, second);
  return merged;
}

}  // namespace strowger::codegen
