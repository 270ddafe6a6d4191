// The hash of {s.corehash} and core_hash(), the same numbers as Kamailio 5.6.3 (docs/internals/corehash.md).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger {

/// The sum over a text's words, four bytes each and the rest; sums of several texts add up before core_hash_of().
inline std::uint32_t core_hash_sum(Text text) {
  const std::size_t length = text.is_null() ? 0 : text.len;
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < length; at += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = at; i < length && i < at + 4; ++i)
      word = word * 256 + static_cast<std::uint32_t>(static_cast<signed char>(text.ptr[i]));
    sum += word ^ word >> 3;
  }
  return sum;
}

inline std::uint32_t core_hash_of(std::uint32_t sum) { return sum + (sum >> 11) + (sum >> 13) + (sum >> 23); }

}  // namespace strowger
