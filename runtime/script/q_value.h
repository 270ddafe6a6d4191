// q values of contacts (RFC 3261 §20.10), kept as 0 to 1000.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include <optional>
#include <string_view>

#include "runtime/script/live_message.h"
#include "runtime/sip/print.h"

namespace strowger {

/// ";q=0.5" for 500, without trailing zeros, into a sip::Writer or what writes like one.
template <class Out>
void put_q(Out& out, std::int16_t q) {
  out.put(";q=");
  if (q >= 1000) {
    out.put('1');
    return;
  }
  out.put('0');
  if (q <= 0) return;
  out.put('.');
  for (int unit = 100; q > 0; unit /= 10) {
    out.put(static_cast<char>('0' + q / unit));
    q = static_cast<std::int16_t>(q % unit);
  }
}

/// "0.5" as 500, "1.0" and "01" as 1000, "0.5555" as 555; null as kNoQ. Nothing for what is no q value.
inline std::optional<std::int16_t> parse_q(Text text) {
  if (text.empty()) return kNoQ;
  std::string_view rest = text.view();
  while (rest.size() > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9') rest.remove_prefix(1);
  if (rest[0] != '0' && rest[0] != '1' && rest[0] != '.') return std::nullopt;
  int q = 0;
  if (rest[0] != '.') {
    q = (rest[0] - '0') * 1000;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return static_cast<std::int16_t>(q);
  if (rest[0] != '.') return std::nullopt;
  rest.remove_prefix(1);
  for (int unit = 100; !rest.empty(); unit /= 10, rest.remove_prefix(1)) {   // what is behind the third digit is too fine
    if (rest[0] < '0' || rest[0] > '9') return std::nullopt;
    q += (rest[0] - '0') * unit;
  }
  if (q > 1000) return std::nullopt;
  return static_cast<std::int16_t>(q);
}

}  // namespace strowger
