// The short operators; also compiled to bitcode for inlining into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/joining.h"
#include "runtime/script/operators.h"
#include "runtime/script/slots.h"

namespace strowger {
namespace {

Int wrap_add(Int a, Int b) { return static_cast<Int>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

}  // namespace

// Two words that may overlap, up to 16 bytes; beyond them by a call.
bool Operators::text_eq(Text a, Text b) {
  const std::size_t n = a.is_null() ? 0 : a.len;
  if (n != (b.is_null() ? 0 : b.len)) return false;
  if (n > 16) return std::memcmp(a.ptr, b.ptr, n) == 0;
  const auto differ = [&](auto word, std::size_t at) {
    auto other = word;
    std::memcpy(&word, a.ptr + at, sizeof word);
    std::memcpy(&other, b.ptr + at, sizeof other);
    return word ^ other;
  };
  if (n >= 8) return (differ(std::uint64_t{}, 0) | differ(std::uint64_t{}, n - 8)) == 0;
  if (n >= 4) return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, n - 4)) == 0;
  return n == 0 || (a.ptr[0] == b.ptr[0] && a.ptr[n / 2] == b.ptr[n / 2] && a.ptr[n - 1] == b.ptr[n - 1]);
}

bool Operators::text_ieq(Text a, Text b) {
  const std::size_t a_len = a.is_null() ? 0 : a.len, b_len = b.is_null() ? 0 : b.len;
  if (a_len != b_len) return false;
  for (std::size_t i = 0; i < a_len; ++i)
    if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  return true;
}

Text Operators::format_text(Text text) {
  if (!text.is_null()) return text;
  return text.is_failed() ? Text("") : Text("<null>");
}

Int Operators::value_to_int(Call* call, Value value) {
  return value.kind == Value::kInt ? value.number() : LongWays::value_to_int(call, value);
}

Text Operators::value_to_text(Call* call, Value value) {
  return value.kind == Value::kText ? value.text() : LongWays::value_to_text(call, value);
}

Value Operators::add_any(Call* call, Value left, Value right) {
  if (!left.is_int()) return LongWays::add_text(call, left, right);
  return Value::of(wrap_add(left.number(), value_to_int(call, right)));
}

bool Operators::eq_any(Call* call, Value left, Value right) {
  if (left.is_int()) return left.number() == value_to_int(call, right);
  if (left.is_text()) return text_eq(left.text(), value_to_text(call, right));
  if (right.is_int()) return right.number() == 0;
  return text_eq(Text(), right.text());
}

char* Joining::room(Call* call, std::uint64_t bytes) {
  void* const room = call->arena->try_allocate(bytes);
  return room ? static_cast<char*>(room) : LongWays::room(call, bytes);
}

void Joining::trim(Call* call, char* room, std::uint64_t used) { call->arena->shrink(room, used); }

char* Joining::append_int(char* at, Int number) {
  if (static_cast<std::uint64_t>(number) > 9) return LongWays::append_int(at, number);
  *at = static_cast<char>('0' + number);
  return at + 1;
}

SlotVariable* SlotOperators::slots(Call* call) { return call->worker->slots.data(); }

void Operators::leave_route(Call* call) { --call->depth; }

}  // namespace strowger
