// Base64 (RFC 4648): its digits, and bytes written as text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strowger::sip {

enum class Base64 : std::uint8_t { Usual, Url };   ///< §4, ending in "+/"; §5, in "-_"

/// Characters that so many bytes take.
constexpr std::size_t base64_length(std::size_t bytes, bool padded) { return padded ? (bytes + 2) / 3 * 4 : (bytes * 4 + 2) / 3; }

/// 0 to 63; -1 for what is no digit.
constexpr int base64_value(Base64 kind, char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (kind == Base64::Url ? '-' : '+')) return 62;
  return c == (kind == Base64::Url ? '_' : '/') ? 63 : -1;
}

/// Writes base64_length() characters to `out`; behind them.
inline char* print_base64(Base64 kind, bool padded, const void* bytes, std::size_t size, char* out) {
  constexpr std::string_view kBefore = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto digit = [&](std::uint32_t value) {
    if (value < kBefore.size()) return kBefore[value];
    return (kind == Base64::Url ? "-_" : "+/")[value - kBefore.size()];
  };
  const auto* const in = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; i += 3) {
    const std::size_t left = size - i;
    const std::uint32_t group = std::uint32_t{in[i]} << 16U | (left > 1 ? std::uint32_t{in[i + 1]} << 8U : 0U) | (left > 2 ? in[i + 2] : 0U);
    *out++ = digit(group >> 18U);
    *out++ = digit(group >> 12U & 63U);
    if (left > 1 || padded) *out++ = left > 1 ? digit(group >> 6U & 63U) : '=';
    if (left > 2 || padded) *out++ = left > 2 ? digit(group & 63U) : '=';
  }
  return out;
}

}  // namespace strowger::sip
