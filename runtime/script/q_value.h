// q values of contacts (RFC 3261 §20.10), kept as 0 to 1000.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/sip/print.h"

namespace strowger {

/// ";q=0.5" for 500; without trailing zeros.
inline void put_q(sip::Writer& out, std::int16_t q) {
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

}  // namespace strowger
