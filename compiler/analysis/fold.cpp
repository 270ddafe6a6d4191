// Folds what is known before the first message arrives: operators over constant numbers, 64 bits wide, wrapping.
//
//   2 * 30          ->   60
//   1 << 33         ->   8589934592
//   -1 && 2         ->   1
//   7 / 0           ->   stays, and W0212
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdint>
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

std::optional<Int> over_texts(Op op, const std::string& a, const std::string& b) {
  if (op == Op::EqText) return a == b;
  if (op == Op::NeText) return a != b;
  return std::nullopt;
}

}  // namespace

std::optional<Int> fold_ints(Op op, Int a, Int b) {
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  const auto wrapped = [](std::uint64_t bits) { return static_cast<Int>(bits); };
  switch (op) {
    case Op::Add:
      return wrapped(ua + ub);
    case Op::Sub:
      return wrapped(ua - ub);
    case Op::Mul:
      return wrapped(ua * ub);
    case Op::Div:
      return b == 0 ? std::nullopt : b == -1 ? std::optional(wrapped(0 - ua)) : std::optional(a / b);
    case Op::Mod:
      return b == 0 ? std::nullopt : b == -1 ? std::optional<Int>(0) : std::optional(a % b);
    case Op::Shl:
      return wrapped(ua << (ub & 63));
    case Op::Shr:
      return a >> (ub & 63);
    case Op::BitAnd:
      return a & b;
    case Op::BitOr:
      return a | b;
    case Op::BitXor:
      return a ^ b;
    case Op::Lt:
      return a < b;
    case Op::Gt:
      return a > b;
    case Op::Le:
      return a <= b;
    case Op::Ge:
      return a >= b;
    case Op::EqInt:
      return a == b;
    case Op::NeInt:
      return a != b;
    case Op::And:
      return a != 0 && b != 0;
    case Op::Or:
      return a != 0 || b != 0;
    default:
      return std::nullopt;
  }
}

ExprPtr fold(ExprPtr e) {
  std::optional<Int> value;
  if (e->args.size() == 1 && is_int(*e->args[0])) {
    const Int a = e->args[0]->number;
    if (e->op == Op::Not) value = a == 0;
    if (e->op == Op::BitNot) value = ~a;
    if (e->op == Op::Negate) value = static_cast<Int>(0 - static_cast<std::uint64_t>(a));
  } else if (e->args.size() == 1 && is_text(*e->args[0])) {
    if (e->op == Op::StrLen) value = static_cast<Int>(e->args[0]->text.size());
    if (e->op == Op::StrEmpty) value = e->args[0]->text.empty();
  } else if (e->args.size() == 2 && is_int(*e->args[0]) && is_int(*e->args[1])) {
    value = fold_ints(e->op, e->args[0]->number, e->args[1]->number);
  } else if (e->args.size() == 2 && is_text(*e->args[0]) && is_text(*e->args[1])) {
    value = over_texts(e->op, e->args[0]->text, e->args[1]->text);
  }
  return value ? make_int(*value, e->span) : std::move(e);
}

}  // namespace strowger::analysis
