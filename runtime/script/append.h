// Copying short texts without a call. Where the length is a constant of the script, one or two moves are left of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/abi/values.h"

namespace strowger {

/// Copies the text to `at`; the place behind it.
[[gnu::always_inline]] inline char* append_short(char* at, Text text) {
  const char* const from = text.ptr;
  const std::size_t n = text.is_null() ? 0 : text.len;
  const auto word = [&](auto zero, std::size_t offset) {
    std::memcpy(&zero, from + offset, sizeof zero);
    std::memcpy(at + offset, &zero, sizeof zero);
  };
  if (n > 32) {
    std::memcpy(at, from, n);
  } else if (n > 16) {
    struct Pair { std::uint64_t a, b; };
    word(Pair{}, 0);
    word(Pair{}, n - 16);
  } else if (n >= 8) {  // two words that may overlap
    word(std::uint64_t{}, 0);
    word(std::uint64_t{}, n - 8);
  } else if (n >= 4) {
    word(std::uint32_t{}, 0);
    word(std::uint32_t{}, n - 4);
  } else if (n > 0) {
    at[0] = from[0];
    at[n / 2] = from[n / 2];
    at[n - 1] = from[n - 1];
  }
  return at + n;
}

}  // namespace strowger
