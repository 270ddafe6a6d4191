// A hash for tags and branches: eight bytes at a time, the same on every run.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/abi/values.h"

namespace strowger {

inline std::uint64_t hash_text(std::uint64_t seed, Text text) {
  const std::size_t length = text.is_null() ? 0 : text.len;
  std::uint64_t h = seed ^ (length * 0x9e3779b97f4a7c15);
  const auto mix = [&h](std::uint64_t word) {
    h = (h ^ word) * 0xbf58476d1ce4e5b9;
    h ^= h >> 32;
  };
  const char* at = text.ptr;
  if (length >= 8) {
    const char* const last = text.ptr + (length - 8);
    std::uint64_t word;
#pragma clang loop unroll(disable)
    for (; at < last; at += 8) {
      std::memcpy(&word, at, 8);
      mix(word);
    }
    std::memcpy(&word, last, 8);   // the last eight bytes, some of them perhaps again
    mix(word);
  } else if (length > 0) {
    std::uint64_t word = 0;
    for (const char* const end = at + length; at < end; ++at) word = word << 8 | static_cast<unsigned char>(*at);
    mix(word);
  }
  return h;
}

}  // namespace strowger
