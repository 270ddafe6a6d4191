// Telephone numbers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger::siputils {

/// A plus sign and 2 to 15 digits (E.164).
inline bool is_e164_number(Text text) {
  if (text.is_null() || text.len < 3 || text.len > 16 || text.ptr[0] != '+') return false;
  for (const char c : text.view().substr(1))
    if (c < '0' || c > '9') return false;
  return true;
}

}  // namespace strowger::siputils
