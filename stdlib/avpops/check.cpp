// avp_check(): comparisons of an attribute or a variable.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fnmatch.h>

#include <algorithm>
#include <string>

#include "avpops.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/regex.h"
#include "stdlib/avpops/fields.h"

namespace strowger {
namespace {

enum class Op { Eq, Ne, Lt, Le, Gt, Ge, Pattern, FileName, And, Or, Xor, None };

Op op_of(std::string_view name) {
  constexpr std::pair<std::string_view, Op> kOps[] = {{"eq", Op::Eq}, {"ne", Op::Ne}, {"lt", Op::Lt}, {"le", Op::Le},
                                                      {"gt", Op::Gt}, {"ge", Op::Ge}, {"re", Op::Pattern}, {"fm", Op::FileName},
                                                      {"and", Op::And}, {"or", Op::Or}, {"xor", Op::Xor}};
  for (const auto& [known, op] : kOps)
    if (known == name) return op;
  return Op::None;
}

bool ordered(Op op, int sign) {
  switch (op) {
    case Op::Eq: return sign == 0;
    case Op::Ne: return sign != 0;
    case Op::Lt: return sign < 0;
    case Op::Le: return sign <= 0;
    case Op::Gt: return sign > 0;
    case Op::Ge: return sign >= 0;
    default: return false;
  }
}

int compare(std::string_view a, std::string_view b, bool ignore_case) {
  const auto fold = [&](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return ignore_case && byte >= 'A' && byte <= 'Z' ? byte + 32 : int{byte};
  };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (const int difference = fold(a[i]) - fold(b[i])) return difference;
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

constexpr std::size_t kLongestName = 255;   // of texts that fnmatch() compares: its time grows with both

/// Of two values of one kind. Which text is the lesser and patterns know no case, whatever the flags say.
bool holds(Call& call, Op op, Value left, Value right, bool ignore_case) {
  if (left.is_int()) {
    const Int a = left.number(), b = right.number();
    if (op == Op::And) return (a & b) != 0;
    if (op == Op::Or) return (a | b) != 0;
    if (op == Op::Xor) return (a ^ b) != 0;
    return ordered(op, a < b ? -1 : a > b ? 1 : 0);
  }
  const Text a = left.text(), b = right.text();
  if (op == Op::Pattern) {
    const Pattern* const pattern = dynamic_pattern(call, b, {.ignore_case = true});
    return pattern && pattern->matches(a);
  }
  if (op == Op::FileName) {
    if (a.len > kLongestName || b.len > kLongestName) return false;
    return fnmatch(std::string(b.view()).c_str(), std::string(a.view()).c_str(), 0) == 0;
  }
  if (op == Op::And || op == Op::Or || op == Op::Xor) {
    log_line(call, LogLevel::Err, "avpops", {"avp_check(): and, or and xor are for numbers"});
    return false;
  }
  return ordered(op, compare(a.view(), b.view(), ignore_case || (op != Op::Eq && op != Op::Ne)));
}

/// What a variable has, or an empty text.
Value present(Value value) { return value.is_null() ? Value::of(Text("")) : value; }

}  // namespace

Code Avpops::avp_check(Call& call, const Path& what, const Path& operation) {
  const Op op = op_of(avpops::lower_case(avpops::word(operation, 0)));
  if (op == Op::None || operation.count < 2 || what.count == 0) {
    log_line(call, LogLevel::Err, "avpops", {"avp_check() has no such operation"});
    return -1;
  }
  const bool ignore_case = avpops::has_flag(operation, 2, 'i'), all = avpops::has_flag(operation, 2, 'g');
  const std::optional<avpops::Name> name = avpops::attribute_of(what.steps[0]);
  const std::optional<avpops::Name> other = avpops::attribute_of(operation.steps[1]);
  const Value fixed = other ? Value::null() : present(avpops::operand(call, operation.steps[1]));
  const Avp* avp = name ? avpops::first_of(*call.avps, *name) : nullptr;
  if (name && !avp) return -1;
  const Value single = name ? Value::null() : present(avpops::operand(call, what.steps[0]));
  do {
    const Value left = avp ? avp->value : single;
    if (!other && left.is_int() != fixed.is_int()) {
      log_line(call, LogLevel::Err, "avpops", {"avp_check() compares a number with a text"});
      return -1;
    }
    if (!other && holds(call, op, left, fixed, ignore_case)) return 1;
    for (const Avp* right = other ? avpops::first_of(*call.avps, *other) : nullptr; right; right = avpops::next_of(*right, *other))
      if (left.is_int() == right->value.is_int() && holds(call, op, left, right->value, ignore_case)) return 1;
    avp = avp && all ? avpops::next_of(*avp, *name) : nullptr;
  } while (avp);
  return -1;
}

}  // namespace strowger
