// The hash of a key: seeded per process, so that no sender can choose keys that fall together.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 16 bytes a step, each step one multiplication of 64 by 64 bits whose halves are folded; keys up to 16 bytes take two.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/abi/values.h"

namespace strowger::htable {

inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class Word>
inline std::uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline std::uint64_t hash_key(std::uint64_t seed, Text key) {
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15, kSecond = 0xbf58476d1ce4e5b9;
  const std::size_t length = key.is_null() ? 0 : key.len;
  const char* at = key.ptr;
  std::uint64_t a = 0, b = 0;
  if (length > 16) {
    std::size_t left = length;
    for (; left > 16; left -= 16, at += 16)
      seed = fold(load<std::uint64_t>(at) ^ kFirst, load<std::uint64_t>(at + 8) ^ seed);
    a = load<std::uint64_t>(key.ptr + length - 16);  // the last 16 bytes, some of them again
    b = load<std::uint64_t>(key.ptr + length - 8);
  } else if (length >= 8) {
    a = load<std::uint64_t>(at);
    b = load<std::uint64_t>(at + length - 8);
  } else if (length >= 4) {
    a = load<std::uint32_t>(at);
    b = load<std::uint32_t>(at + length - 4);
  } else if (length > 0) {
    const auto byte = [at](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
    a = byte(0) << 16 | byte(length / 2) << 8 | byte(length - 1);
  }
  return fold(fold(a ^ kFirst, b ^ seed) ^ length, kSecond ^ seed);
}

}  // namespace strowger::htable
