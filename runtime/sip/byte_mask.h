// Which bytes of a short text are of a kind, as bits: one look instead of a loop a byte.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/scan.h"

namespace strowger::sip {

/// Texts up to this length have a mask.
inline constexpr std::size_t kMaskBytes = 64;

#if defined(__SSE2__)

/// Fewer than 16 bytes, zeros behind them; reads nothing outside.
inline __m128i load_few(const char* p, std::size_t n) {
  if (n >= 8) {
    const std::uint64_t high = n == 8 ? 0 : load8(p + n - 8) >> (8 * (16 - n));
    return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(load8(p)));
  }
  std::uint64_t word = 0;
  if (n >= 4) {
    word = load4(p) | static_cast<std::uint64_t>(load4(p + n - 4)) << (8 * (n - 4));
  } else if (n > 0) {
    const auto byte = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
    word = byte(0) | byte(n / 2) << (8 * (n / 2)) | byte(n - 1) << (8 * (n - 1));
  }
  return _mm_cvtsi64_si128(static_cast<long long>(word));
}

/// The kinds of bytes that masks are made of.
struct IsByte {
  char byte;
  __m128i operator()(__m128i bytes) const { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); }
};
/// At most a blank, or one of the bytes.
template <char... c>
struct IsLowOr {
  __m128i operator()(__m128i bytes) const {
    const __m128i blank = _mm_set1_epi8(' ');
    __m128i hits = _mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank);
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    return hits;
  }
};

/// Bit n of masks[i]: byte n of the text (at most kMaskBytes) is of the i-th kind.
template <class... Kind>
inline void make_masks(const char* p, std::size_t n, std::uint64_t* masks, Kind... kind) {
  for (std::size_t i = 0; i < sizeof...(Kind); ++i) masks[i] = 0;
  const auto add = [&](__m128i bytes, std::size_t at) {
    std::uint64_t* mask = masks;
    ((*mask++ |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(kind(bytes)))) << at), ...);
  };
  std::size_t at = 0;
  for (; n - at >= 16; at += 16) add(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at)), at);
  if (n > at) add(load_few(p + at, n - at), at);
  if (n < kMaskBytes)
    for (std::size_t i = 0; i < sizeof...(Kind); ++i) masks[i] &= (std::uint64_t{1} << n) - 1;
}

#else

struct IsByte {
  char byte;
  bool operator()(char c) const { return c == byte; }
};
template <char... c>
struct IsLowOr {
  bool operator()(char byte) const { return static_cast<unsigned char>(byte) <= ' ' || ((byte == c) || ...); }
};

template <class... Kind>
inline void make_masks(const char* p, std::size_t n, std::uint64_t* masks, Kind... kind) {
  for (std::size_t i = 0; i < sizeof...(Kind); ++i) masks[i] = 0;
  for (std::size_t at = 0; at < n; ++at) {
    std::uint64_t* mask = masks;
    ((*mask++ |= static_cast<std::uint64_t>(kind(p[at])) << at), ...);
  }
}

#endif

/// The first place from `at` on (at most kMaskBytes) whose bit is set; `n` when there is none.
inline std::size_t next_bit(std::uint64_t mask, std::size_t at, std::size_t n) {
  const std::uint64_t rest = at < kMaskBytes ? mask >> at : 0;
  return rest ? at + static_cast<std::size_t>(__builtin_ctzll(rest)) : n;
}

}  // namespace strowger::sip
