// The short operators; also compiled to bitcode for inlining into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

}  // namespace

bool Operators::text_eq(Text a, Text b) {
  const std::size_t a_len = a.is_null() ? 0 : a.len, b_len = b.is_null() ? 0 : b.len;
  return a_len == b_len && (a_len == 0 || std::memcmp(a.ptr, b.ptr, a_len) == 0);
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

void Operators::leave_route(Call* call) { --call->depth; }

}  // namespace strowger
