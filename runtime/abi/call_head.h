// The first fields of a Call, which generated code reads and writes directly.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger {

struct CallHead {
  Int rc = 0;                          ///< $rc: code of the last module function or route() call
  std::uint8_t stop = 0;               ///< exit, drop, `return 0`, or a function's 0: unwind every route
  std::uint8_t dropped = 0;            ///< drop was executed
  std::uint8_t expression_error = 0;   ///< set by operators; generated code tests and clears it
  std::uint8_t pad = 0;
  std::uint32_t line = 0;              ///< cfg line of the running statement, stored before calls that log
};
static_assert(offsetof(CallHead, stop) == 8 && offsetof(CallHead, dropped) == 9 &&
              offsetof(CallHead, expression_error) == 10 && offsetof(CallHead, line) == 12);

}  // namespace strowger
