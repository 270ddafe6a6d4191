// Unary and binary operators: which operation the operand types give, conversions, and Kamailio's start-up rewrites.
//
//   5 + "7"var      ->  Add(5, ToInt(var))          the left side's type decides
//   "7" + 5         ->  "75"
//   $avp(x) == 0    ->  EqAny(avp, 0)               decided at run time
//   $rU == $null    ->  Not(Defined(rU))
//   E && 1          ->  ToInt(E)                    language.md 5.5; E && 0 -> 0 without evaluating E
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

using syntax::BinaryOp;
using syntax::UnaryOp;
using Kind = syntax::Expr::Kind;

std::string_view word_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return "+";
    case BinaryOp::Sub:
      return "-";
    case BinaryOp::Mul:
      return "*";
    case BinaryOp::Div:
      return "/";
    case BinaryOp::Mod:
      return "mod";
    case BinaryOp::Shl:
      return "<<";
    case BinaryOp::Shr:
      return ">>";
    case BinaryOp::BitAnd:
      return "&";
    case BinaryOp::BitOr:
      return "|";
    case BinaryOp::BitXor:
      return "^";
    case BinaryOp::Lt:
      return "<";
    case BinaryOp::Gt:
      return ">";
    case BinaryOp::Le:
      return "<=";
    case BinaryOp::Ge:
      return ">=";
    case BinaryOp::Eq:
      return "==";
    case BinaryOp::Ne:
      return "!=";
    case BinaryOp::Match:
      return "=~";
    case BinaryOp::StrEq:
      return "eq";
    case BinaryOp::StrNe:
      return "ne";
    case BinaryOp::IntEq:
      return "ieq";
    case BinaryOp::IntNe:
      return "ine";
    case BinaryOp::And:
      return "&&";
    case BinaryOp::Or:
      return "||";
  }
  return "?";
}

/// The operation of operators that take two ints.
std::optional<Op> int_op(BinaryOp op) {
  switch (op) {
    case BinaryOp::Sub:
      return Op::Sub;
    case BinaryOp::Mul:
      return Op::Mul;
    case BinaryOp::Div:
      return Op::Div;
    case BinaryOp::Mod:
      return Op::Mod;
    case BinaryOp::Shl:
      return Op::Shl;
    case BinaryOp::Shr:
      return Op::Shr;
    case BinaryOp::BitAnd:
      return Op::BitAnd;
    case BinaryOp::BitOr:
      return Op::BitOr;
    case BinaryOp::BitXor:
      return Op::BitXor;
    case BinaryOp::Lt:
      return Op::Lt;
    case BinaryOp::Gt:
      return Op::Gt;
    case BinaryOp::Le:
      return Op::Le;
    case BinaryOp::Ge:
      return Op::Ge;
    case BinaryOp::IntEq:
      return Op::EqInt;
    case BinaryOp::IntNe:
      return Op::NeInt;
    case BinaryOp::And:
      return Op::And;
    case BinaryOp::Or:
      return Op::Or;
    default:
      return std::nullopt;
  }
}

bool refuse(Context& context, const syntax::Expr& operand, std::string_view op, bool wants_int) {
  context.findings.add(
      "E0205", operand.span,
      {"'" + std::string(op) + "' needs " + (wants_int ? "an int, this is a string" : "a string, this is an int")});
  return false;
}

/// The errors that Kamailio reports whatever the values are (language.md 5.3 "Static checks").
bool check_types(Context& context, const syntax::Expr& e) {
  const StaticType left = static_type(*e.args[0]), right = static_type(*e.args[1]);
  const std::string_view word = word_of(e.binary);
  bool good = true;
  if (int_op(e.binary)) {
    if (left == StaticType::Text) good = refuse(context, *e.args[0], word, true);
    if (right == StaticType::Text) good = refuse(context, *e.args[1], word, true);
  } else if (e.binary == BinaryOp::StrEq || e.binary == BinaryOp::StrNe || e.binary == BinaryOp::Match) {
    if (left == StaticType::Int) good = refuse(context, *e.args[0], word, false);
  } else if (left == StaticType::Int && right == StaticType::Text) {  // + == !=
    good = refuse(context, *e.args[1], word, true);
  }
  return good;
}

bool is_null_variable(const syntax::Expr& e) {
  return e.kind == Kind::Variable && e.pv.name == "null" && e.pv.transforms.empty();
}

/// `defined E`: only a single variable or select can be undefined; anything else is not even evaluated. Ints are
/// refused.
ExprPtr lower_defined(Context& context, const syntax::Expr& operand, text::Span span) {
  if (static_type(operand) == StaticType::Int) {
    refuse(context, operand, "defined", false);
    return nullptr;
  }
  ExprPtr value;
  if (operand.kind == Kind::Variable)
    value = lower_variable(context, operand.pv);
  else if (operand.kind == Kind::Select)
    value = lower_select(context, operand.text, operand.span);
  else
    value = lower(context, operand);
  if (!value) return nullptr;
  if (is_null(*value)) return make_int(0, span);
  const bool single = operand.kind == Kind::Variable || operand.kind == Kind::Select;
  if (!single || !value->nullable) return make_int(1, span);
  return make(Op::Defined, Type::Int, span, to_any(std::move(value)));
}

/// The right side of an operator whose left side decides the type; null where it is faulty.
ExprPtr lower_right(Context& context, const syntax::Expr& e, const ExprPtr& left) {
  return left && left->type == Type::Int ? lower_int(context, *e.args[1]) : lower(context, *e.args[1]);
}

/// An operator that decides by its left side at run time. A sum on the right is there in both readings.
ExprPtr make_any(Context& context, Op op, Type type, const syntax::Expr& e, ExprPtr left, ExprPtr right) {
  ExprPtr out = make(op, type, e.span, to_any(std::move(left)), to_any(std::move(right)));
  if (!is_open_sum(*e.args[1])) return out;
  ExprPtr number = lower_int(context, *e.args[1]);
  if (!number) return nullptr;
  out->can_fail = out->can_fail || number->can_fail;
  out->args.push_back(std::move(number));
  return out;
}

ExprPtr lower_equal(Context& context, const syntax::Expr& e, bool equal) {
  ExprPtr left = lower(context, *e.args[0]);
  ExprPtr right = lower_right(context, e, left);
  if (!left || !right) return nullptr;
  const auto inverted = [&](ExprPtr test) {
    return equal ? std::move(test) : fold(make(Op::Not, Type::Int, e.span, std::move(test)));
  };
  if (equal && is_text(*right) && right->text.empty())
    return fold(make(Op::StrEmpty, Type::Int, e.span, to_text(std::move(left))));
  if (left->type == Type::Int)
    return fold(make(equal ? Op::EqInt : Op::NeInt, Type::Int, e.span, std::move(left), to_int(std::move(right))));
  if (left->type == Type::Text && (!left->nullable || right->type == Type::Text))
    return fold(make(equal ? Op::EqText : Op::NeText, Type::Int, e.span, std::move(left), to_text(std::move(right))));
  if (is_null(*left) && is_null(*right)) return inverted(make_int(1, e.span));
  return make_any(context, equal ? Op::EqAny : Op::NeAny, Type::Int, e, std::move(left), std::move(right));
}

ExprPtr lower_sum(Context& context, const syntax::Expr& e) {
  ExprPtr left = lower(context, *e.args[0]);
  ExprPtr right = lower_right(context, e, left);
  if (!left || !right) return nullptr;
  if (left->type == Type::Int) return fold(make(Op::Add, Type::Int, e.span, std::move(left), to_int(std::move(right))));
  if (left->type == Type::Text || is_null(*left)) {
    std::vector<ExprPtr> parts;
    parts.push_back(std::move(left));
    parts.push_back(std::move(right));
    return join(std::move(parts), false, 0, e.span);
  }
  return make_any(context, Op::AddAny, Type::Any, e, std::move(left), std::move(right));
}

ExprPtr lower_match(Context& context, const syntax::Expr& e) {
  ExprPtr left = lower(context, *e.args[0]);
  ExprPtr right = lower(context, *e.args[1]);
  if (!left || !right) return nullptr;
  if (is_int(*right)) {
    refuse(context, *e.args[1], "=~", false);
    return nullptr;
  }
  right = to_text(std::move(right));
  if (!is_text(*right)) {
    ExprPtr out = make(Op::MatchDynamic, Type::Int, e.span, to_text(std::move(left)), std::move(right));
    out->can_fail = true;
    return out;
  }
  const std::optional<std::size_t> regex = regex_constant(context, right->text, true, false, right->span);
  if (!regex) return nullptr;
  ExprPtr out = make(Op::Match, Type::Int, e.span, to_text(std::move(left)));
  out->constant = *regex;
  return out;
}

/// Neither variables nor calls: Kamailio knows the value when it starts. `$null` and `defined $var(x)` are not of these.
bool is_closed(const syntax::Expr& e) {
  if (e.kind != Kind::Number && e.kind != Kind::String && e.kind != Kind::Unary && e.kind != Kind::Binary &&
      e.kind != Kind::SelVal)
    return false;
  return std::all_of(e.args.begin(), e.args.end(), [](const syntax::ExprPtr& part) { return is_closed(*part); });
}

/// `E && 1` is (int)E, `E && 0` is 0, and the like, on either side; null where no rewrite fits.
ExprPtr rewrite(Op op, const syntax::Expr& e, ExprPtr& left, ExprPtr& right, text::Span span) {
  const bool constant_left = is_int(*left) && is_closed(*e.args[0]);
  if (constant_left == (is_int(*right) && is_closed(*e.args[1]))) return nullptr;
  const Int constant = constant_left ? left->number : right->number;
  ExprPtr& other = constant_left ? right : left;
  switch (op) {
    case Op::And:
      if (constant == 0) return make_int(0, span);
      return constant == 1 ? std::move(other) : nullptr;
    case Op::Or:
      if (constant == 1) return make_int(1, span);
      return constant == 0 ? std::move(other) : nullptr;
    case Op::Mul:
    case Op::BitAnd:
      return constant == 0 ? make_int(0, span) : nullptr;
    default:
      return nullptr;
  }
}

ExprPtr lower_over_ints(Context& context, const syntax::Expr& e, Op op) {
  ExprPtr left = lower_int(context, *e.args[0]);
  ExprPtr right = lower_int(context, *e.args[1]);
  if (!left || !right) return nullptr;
  if (ExprPtr shorter = rewrite(op, e, left, right, e.span)) return shorter;
  const bool divides = op == Op::Div || op == Op::Mod;
  const bool by_constant = is_int(*right) && right->number != 0;
  if (divides && is_int(*right) && right->number == 0) context.findings.add("W0212", e.span, {"division by zero"});
  ExprPtr out = make(op, Type::Int, e.span, std::move(left), std::move(right));
  out->can_fail = out->can_fail || (divides && !by_constant);
  return fold(std::move(out));
}

}  // namespace

StaticType static_type(const syntax::Expr& e) {
  switch (e.kind) {
    case Kind::Number:
    case Kind::Call:
    case Kind::RouteCall:
    case Kind::CoreWord:
    case Kind::Assign:
    case Kind::Block:
      return StaticType::Int;
    case Kind::String:
    case Kind::Select:
    case Kind::BareWord:
    case Kind::Network:
    case Kind::Protocol:
      return StaticType::Text;
    case Kind::Variable:
    case Kind::SelVal:
      return StaticType::Unknown;
    case Kind::Unary:
      return e.unary == UnaryOp::ToText ? StaticType::Text : StaticType::Int;
    case Kind::Binary:
      return e.binary == BinaryOp::Add ? static_type(*e.args[0]) : StaticType::Int;
  }
  return StaticType::Unknown;
}

ExprPtr lower_unary(Context& context, const syntax::Expr& e) {
  const syntax::Expr& operand = *e.args[0];
  const StaticType type = static_type(operand);
  switch (e.unary) {
    case UnaryOp::Not:
    case UnaryOp::BitNot:
    case UnaryOp::Negate: {
      const bool good = type != StaticType::Text || refuse(context, operand,
                                                           e.unary == UnaryOp::Not      ? "!"
                                                           : e.unary == UnaryOp::BitNot ? "~"
                                                                                        : "-",
                                                           true);
      ExprPtr value = lower_int(context, operand);
      if (!value || !good) return nullptr;
      // Literals have 32 bits: `2147483648` is the smallest one already, and so is `-2147483648`.
      if (e.unary == UnaryOp::Negate && operand.kind == syntax::Expr::Kind::Number && operand.number == INT32_MIN) return value;
      const Op op = e.unary == UnaryOp::Not ? Op::Not : e.unary == UnaryOp::BitNot ? Op::BitNot : Op::Negate;
      return fold(make(op, Type::Int, e.span, std::move(value)));
    }
    case UnaryOp::ToInt: {
      ExprPtr value = lower_int(context, operand);
      const bool no_number = value && value->op == Op::ToInt && is_text(*value->args[0]);
      return no_number ? make_int(0, e.span) : std::move(value);  // known before the first message, as any number
    }
    case UnaryOp::ToText: {
      ExprPtr value = lower(context, operand);
      return value ? never_null(to_text(std::move(value))) : nullptr;
    }
    case UnaryOp::Defined:
      return lower_defined(context, operand, e.span);
    case UnaryOp::StrLen:
    case UnaryOp::StrEmpty: {
      const bool good = type != StaticType::Int ||
                        refuse(context, operand, e.unary == UnaryOp::StrLen ? "strlen" : "strempty", false);
      ExprPtr value = lower(context, operand);
      if (!value || !good) return nullptr;
      return fold(
          make(e.unary == UnaryOp::StrLen ? Op::StrLen : Op::StrEmpty, Type::Int, e.span, to_text(std::move(value))));
    }
  }
  return nullptr;
}

ExprPtr lower_binary(Context& context, const syntax::Expr& e) {
  const BinaryOp op = e.binary;
  const bool equality =
      op == BinaryOp::Eq || op == BinaryOp::StrEq || op == BinaryOp::IntEq || op == BinaryOp::Match;
  const bool inequality = op == BinaryOp::Ne || op == BinaryOp::StrNe || op == BinaryOp::IntNe;
  if ((equality || inequality) && is_null_variable(*e.args[1])) {
    ExprPtr defined = lower_defined(context, *e.args[0], e.span);
    if (!defined || inequality) return defined;
    return fold(make(Op::Not, Type::Int, e.span, std::move(defined)));
  }
  const bool good = check_types(context, e);
  ExprPtr out;
  if (op == BinaryOp::Add) {
    out = lower_sum(context, e);
  } else if (op == BinaryOp::Eq || op == BinaryOp::Ne) {
    out = lower_equal(context, e, op == BinaryOp::Eq);
  } else if (op == BinaryOp::StrEq || op == BinaryOp::StrNe) {
    ExprPtr left = lower(context, *e.args[0]);
    ExprPtr right = lower(context, *e.args[1]);
    if (left && right)
      out = fold(make(op == BinaryOp::StrEq ? Op::EqText : Op::NeText, Type::Int, e.span, to_text(std::move(left)),
                      to_text(std::move(right))));
  } else if (op == BinaryOp::Match) {
    out = lower_match(context, e);
  } else {
    out = lower_over_ints(context, e, *int_op(op));
  }
  return good ? std::move(out) : nullptr;
}

}  // namespace strowger::analysis
