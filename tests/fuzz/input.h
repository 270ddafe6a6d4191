// What a fuzz target of a whole proxy takes from its input: numbers and texts, one after the other.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace strowger {

/// Zeros behind the input's end.
struct Input {
  const std::uint8_t* at;
  const std::uint8_t* end;
  bool empty() const { return at >= end; }
  std::uint8_t byte() { return empty() ? 0 : *at++; }
  std::uint32_t below(std::uint32_t bound) { return byte() % bound; }
  /// At most `most` bytes; a byte tells how many.
  std::string bytes(std::size_t most) {
    const std::size_t count = std::min<std::size_t>(below(200), std::min<std::size_t>(most, static_cast<std::size_t>(end - at)));
    std::string text(reinterpret_cast<const char*>(at), count);
    at += count;
    return text;
  }
  /// Up to a byte 0xff, which counts, or the end.
  std::string text() {
    std::string out;
    while (!empty() && *at != 0xff) out += static_cast<char>(*at++);
    if (!empty()) ++at;
    return out;
  }
};

}  // namespace strowger
