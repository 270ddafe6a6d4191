// Are two URIs the same address? RFC 3261 §19.1.4, as Kamailio 5.6.3 reads it: escapes are not decoded, a transport that only one
// of them names and the headers do not count.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"

namespace strowger::sip {
namespace {

bool same_text(Text a, Text b, bool ignore_case) {
  if (a.is_null() || b.is_null()) return a.is_null() == b.is_null();
  return ignore_case ? equal_ignore_case(a, b) : a.view() == b.view();
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
      if (!b.params.empty()) continue;   // Kamailio looks for what must be in both only where one of them has no parameters
      for (std::string_view must : {"user", "method", "ttl", "maddr"})
        if (equal_ignore_case(param.name, must)) return false;
    } else if (!same_text(param.value, other, !equal_ignore_case(param.name, "user"))) {
      return false;
    }
  }
  return true;
}

bool is_phone(const Uri& uri) { return uri.param("user").view() == "phone"; }

}  // namespace

bool same_uri(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  if (is_phone(a) != is_phone(b)) return false;
  if (!same_text(a.user, b.user, false) || !same_text(a.password, b.password, false)) return false;
  if (!same_text(a.host, b.host, true) || a.port != b.port) return false;
  return same_text(a.number_params, b.number_params, true) && params_agree(a, b) && params_agree(b, a);
}

}  // namespace strowger::sip
