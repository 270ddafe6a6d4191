// The hash that destinations are chosen by: the same for the same texts in every build, as peers with the same list
// rely on it. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger::dispatcher {

/// Takes texts one after the other; the result does not tell where one ended, but for its tail of less than four bytes.
class CoreHash {
 public:
  void add(Text text) {
    std::size_t at = 0;
    for (; at + 4 <= text.len; at += 4) mix(word(text.ptr + at, 4));
    mix(word(text.ptr + at, text.len - at));
  }
  /// Never 0.
  std::uint32_t result() const {
    const std::uint32_t h = sum_ + (sum_ >> 11) + (sum_ >> 13) + (sum_ >> 23);
    return h ? h : 1;
  }

 private:
  static std::uint32_t word(const char* p, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(p[i]);
    return value;
  }
  void mix(std::uint32_t value) { sum_ += value ^ (value >> 3); }
  std::uint32_t sum_ = 0;
};

}  // namespace strowger::dispatcher
