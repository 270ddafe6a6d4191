// Hexadecimal digits and bytes written in them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace strowger::sip {

/// 0 to 15 for a digit of either case; -1 for anything else.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 32);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

inline constexpr std::string_view kHexDigits = "0123456789abcdef", kUpperHexDigits = "0123456789ABCDEF";

/// Both digits of a byte.
constexpr std::array<char, 2> hex_of(unsigned char byte, std::string_view digits = kHexDigits) {
  return {digits[byte >> 4U], digits[byte & 15U]};
}

}  // namespace strowger::sip
