// Are two URIs the same address (RFC 3261 §19.1.4)?
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"

namespace strowger::sip {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// The next byte, unescaped where it was "%HH"; moves `p`.
unsigned char next_byte(const char*& p, const char* end) {
  if (*p == '%' && end - p >= 3) {
    const int high = hex_digit(p[1]), low = hex_digit(p[2]);
    if (high >= 0 && low >= 0) {
      p += 3;
      return static_cast<unsigned char>(high * 16 + low);
    }
  }
  return static_cast<unsigned char>(*p++);
}

bool same_unescaped(Text a, Text b, bool ignore_case) {
  if (a.is_null() || b.is_null()) return a.is_null() == b.is_null();
  const char* p = a.ptr;
  const char* q = b.ptr;
  const char* const p_end = p + a.len;
  const char* const q_end = q + b.len;
  while (p < p_end && q < q_end) {
    const auto x = static_cast<char>(next_byte(p, p_end));
    const auto y = static_cast<char>(next_byte(q, q_end));
    if (x != y && !(ignore_case && lower(x) == lower(y))) return false;
  }
  return p == p_end && q == q_end;
}

bool same_text(Text a, Text b) {
  return a.is_null() || b.is_null() ? a.is_null() == b.is_null() : equal_ignore_case(a, b);
}

// Every parameter of `a` that must be in both, or is in both, has the same value in `b`.
bool params_agree(const Uri& a, const Uri& b) {
  Text rest = a.params;
  Param param;
  for (int n = 0; next_param(rest, param); ++n) {
    if (n >= 64) return false;
    if (param.name.empty()) continue;
    const Text other = b.param(param.name.view());
    if (other.is_null()) {
      for (std::string_view must : {"transport", "user", "method", "ttl", "maddr"})
        if (equal_ignore_case(param.name, must)) return false;
    } else if (!same_unescaped(param.value, other, true)) {
      return false;
    }
  }
  return true;
}

// Every header of `a` is in `b` with the same value; the order does not matter.
bool headers_agree(Text a, Text b) {
  Param one, two;
  for (int n = 0; next_param(a, one, '&'); ++n) {
    if (n >= 64) return false;
    bool found = false;
    for (Text rest = b; !found && next_param(rest, two, '&');)
      found = equal_ignore_case(one.name, two.name) && same_unescaped(one.value, two.value, false);
    if (!found) return false;
  }
  return true;
}

}  // namespace

bool same_uri(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  if (!same_unescaped(a.user, b.user, false) || !same_unescaped(a.password, b.password, false)) return false;
  if (!same_text(a.host, b.host) || a.port != b.port) return false;
  if (!same_text(a.number_params, b.number_params)) return false;
  return params_agree(a, b) && params_agree(b, a) && headers_agree(a.headers, b.headers) &&
         headers_agree(b.headers, a.headers);
}

}  // namespace strowger::sip
