// Expressions: leaves, calls and actions inside expressions; operators are in operators.cpp.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

using Kind = syntax::Expr::Kind;

ExprPtr lower_call_of_either_kind(Context& context, const syntax::Expr& e) {
  return e.kind == Kind::Call ? lower_call(context, e) : lower_route_call(context, e);
}

ExprPtr lower_assignment(Context& context, const syntax::Expr& e) {
  if (e.args.size() != 2 || e.args[0]->kind != Kind::Variable) return nullptr;
  std::optional<program::VariableUse> use = resolve_target(context, e.args[0]->pv);
  ExprPtr value = lower_assigned(context, *e.args[1]);
  if (!use || !value) return nullptr;
  ExprPtr out = make(Op::Assign, Type::Int, e.span, std::move(value));
  out->use = std::move(*use);
  return out;
}

/// selval(C, A, B): the type of A and B where they agree. What is undefined becomes an empty text.
ExprPtr lower_selval(Context& context, const syntax::Expr& e) {
  ExprPtr condition = lower_int(context, *e.args[0]);
  ExprPtr first = lower(context, *e.args[1]);
  ExprPtr second = lower(context, *e.args[2]);
  if (!condition || !first || !second) return nullptr;
  if (is_int(*condition)) {
    ExprPtr& chosen = condition->number > 0 ? first : second;
    if (!chosen->nullable && !is_null(*chosen)) return std::move(chosen);
  }
  if (first->type != second->type) {
    first = to_any(std::move(first));
    second = to_any(std::move(second));
  }
  const Type type = first->type;
  return make(Op::SelVal, type, e.span, std::move(condition), std::move(first), std::move(second));
}

ExprPtr lower_block_operand(Context& context, const syntax::Expr& e) {
  ExprPtr out = make(Op::Block, Type::Int, e.span);
  out->body = lower_block(context, e.block);
  return out;
}

}  // namespace

ExprPtr lower(Context& context, const syntax::Expr& e) {
  switch (e.kind) {
    case Kind::Number:
      return make_int(e.number, e.span);
    case Kind::String:
    case Kind::BareWord:
    case Kind::Network:
    case Kind::Protocol:
      return make_text(e.text, e.span);
    case Kind::Variable:
      return lower_variable(context, e.pv);
    case Kind::Select: {
      ExprPtr value = lower_select(context, e.text, e.span);
      return value ? never_null(to_text(std::move(value))) : nullptr;
    }
    case Kind::Call:
    case Kind::RouteCall: {
      ExprPtr call = lower_call_of_either_kind(context, e);
      return call ? make(Op::Truth, Type::Int, e.span, std::move(call)) : nullptr;
    }
    case Kind::Unary:
      return lower_unary(context, e);
    case Kind::Binary:
      return is_core_condition(e) ? lower_core_condition(context, e) : lower_binary(context, e);
    case Kind::SelVal:
      return lower_selval(context, e);
    case Kind::CoreWord:
      context.findings.add("E0205", e.span, {"a core condition stands only in a comparison"});
      return nullptr;
    case Kind::Assign:
      return lower_assignment(context, e);
    case Kind::Block:
      return make(Op::Truth, Type::Int, e.span, lower_block_operand(context, e));
  }
  return nullptr;
}

ExprPtr lower_assigned(Context& context, const syntax::Expr& e) {
  if (e.kind == Kind::Call || e.kind == Kind::RouteCall) return lower_call_of_either_kind(context, e);
  if (e.kind == Kind::Block) return lower_block_operand(context, e);
  ExprPtr value = lower(context, e);
  // `f() && 1` and `f() || 0` are rewritten to f() itself, so its raw code is stored.
  if (value && e.kind == Kind::Binary && value->op == Op::Truth) return std::move(value->args[0]);
  return value;
}

// Where an int is wanted, a `+` whose left side's type is not known is a sum: `($cs + 1) * 2` is 204.
ExprPtr lower_int(Context& context, const syntax::Expr& e) {
  if (is_open_sum(e)) {
    ExprPtr left = lower_int(context, *e.args[0]);
    ExprPtr right = lower_int(context, *e.args[1]);
    if (!left || !right) return nullptr;
    return fold(make(Op::Add, Type::Int, e.span, std::move(left), std::move(right)));
  }
  ExprPtr value = lower(context, e);
  return value ? to_int(std::move(value)) : nullptr;
}

bool is_open_sum(const syntax::Expr& e) {
  return e.kind == Kind::Binary && e.binary == syntax::BinaryOp::Add && static_type(e) == StaticType::Unknown;
}

}  // namespace strowger::analysis
