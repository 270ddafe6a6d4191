// Finding bytes, sixteen at a time: what the hot parsers share instead of calls of memchr for some thirty bytes each.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace strowger::sip {

/// The first of the bytes `c...` in [p, end), or `end`. Reads nothing outside.
template <class... C>
inline const char* find_any(const char* p, const char* end, C... c) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hits = _mm_setzero_si128();
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    const int mask = _mm_movemask_epi8(hits);
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
#endif
  while (p < end && !((*p == c) || ...)) ++p;
  return p;
}

/// The first byte that is at most a blank, or one of `c...`, in [p, end), or `end`.
template <class... C>
inline const char* find_low_or(const char* p, const char* end, C... c) {
#if defined(__SSE2__)
  const __m128i blank = _mm_set1_epi8(' ');
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hits = _mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank);
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    const int mask = _mm_movemask_epi8(hits);
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
#endif
  while (p < end && static_cast<unsigned char>(*p) > ' ' && !((*p == c) || ...)) ++p;
  return p;
}

inline std::uint32_t load4(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
inline std::uint64_t load8(const char* p) {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

/// As find_any(), for the last bytes of a text that begins at `begin`: these are read sixteen at a time, too.
template <class... C>
inline const char* find_any_in(const char* begin, const char* p, const char* end, C... c) {
#if defined(__SSE2__)
  const auto places = [&](const char* at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i hits = _mm_setzero_si128();
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    return static_cast<unsigned>(_mm_movemask_epi8(hits));
  };
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = places(p)) return p + __builtin_ctz(mask);
  if (p == end) return end;
  if (end - begin >= 16) {
    const unsigned mask = places(end - 16) >> (16 - (end - p));
    return mask ? p + __builtin_ctz(mask) : end;
  }
#endif
  while (p < end && !((*p == c) || ...)) ++p;
  return p;
}

/// As find_low_or(), for the last bytes of a text that begins at `begin`: these are read sixteen at a time, too.
template <class... C>
inline const char* find_low_or_in(const char* begin, const char* p, const char* end, C... c) {
#if defined(__SSE2__)
  const auto places = [&](const char* at) {
    const __m128i blank = _mm_set1_epi8(' ');
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i hits = _mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank);
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    return static_cast<unsigned>(_mm_movemask_epi8(hits));
  };
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = places(p)) return p + __builtin_ctz(mask);
  if (p == end) return end;
  if (end - begin >= 16) {
    const unsigned mask = places(end - 16) >> (16 - (end - p));
    return mask ? p + __builtin_ctz(mask) : end;
  }
#endif
  while (p < end && static_cast<unsigned char>(*p) > ' ' && !((*p == c) || ...)) ++p;
  return p;
}

/// find_any for one byte, not inlined; null when there is none.
[[gnu::noinline]] inline const char* find_far(const char* p, const char* limit, char c) {
  const char* found = find_any(p, limit, c);
  return found < limit ? found : nullptr;
}

/// The first `c` in [p, limit), or null; `end` >= `limit` is how far may be read. For something near.
inline const char* find_near(const char* p, const char* limit, const char* end, char c) {
#if defined(__SSE2__)
  if (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    if (mask != 0) {
      const char* found = p + __builtin_ctz(static_cast<unsigned>(mask));
      return found < limit ? found : nullptr;
    }
    if (limit - p <= 16) return nullptr;
    p += 16;
  }
#endif
  return find_far(p, limit, c);
}

/// May what is at `line_end` be read with the sixteen bytes from it on, and does a line end there? Then what looks for a
/// line's end on the way needs no other bounds.
inline bool ends_line(const char* line_end, const char* readable) {
  return readable - line_end >= 16 && (*line_end == '\r' || *line_end == '\n');
}

/// The first byte that is at most a blank, or one of `c...`; where ends_line() is true of something behind `p`.
template <class... C>
inline const char* find_low_or_there(const char* p, C... c) {
#if defined(__SSE2__)
  const __m128i blank = _mm_set1_epi8(' ');
  for (;; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hits = _mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank);
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    if (const int mask = _mm_movemask_epi8(hits)) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
#else
  while (static_cast<unsigned char>(*p) > ' ' && !((*p == c) || ...)) ++p;
  return p;
#endif
}

/// The first of the bytes `c...`, a line's end among them; where ends_line() is true of something behind `p`.
template <class... C>
inline const char* find_any_there(const char* p, C... c) {
#if defined(__SSE2__)
  for (;; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hits = _mm_setzero_si128();
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)))), ...);
    if (const int mask = _mm_movemask_epi8(hits)) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
#else
  while (!((*p == c) || ...)) ++p;
  return p;
#endif
}

/// How many decimal digits are first among eight bytes, and their number; 8 and no number where all are.
struct Digits { unsigned count; std::uint32_t number; };
inline Digits digits_of(std::uint64_t bytes) {
  const std::uint64_t values = bytes ^ 0x3030303030303030;
  const std::uint64_t others = ((values + 0x7676767676767676) | values) & 0x8080808080808080;
  if (others == 0) return {8, 0};
  const auto count = static_cast<unsigned>(__builtin_ctzll(others)) / 8;
  if (count == 0) return {0, 0};
  std::uint64_t sum = values << (64 - 8 * count);   // zeros in front
  sum = sum * 10 + (sum >> 8);
  constexpr std::uint64_t kEvery32 = 0x000000ff000000ff;
  sum = ((sum & kEvery32) * 0x000f424000000064 + ((sum >> 16) & kEvery32) * 0x0000271000000001) >> 32;
  return {count, static_cast<std::uint32_t>(sum)};
}

/// Digits from `p` on, and where they end; stops behind a number above 65535. May read back to `begin`.
inline const char* read_port(const char* begin, const char* p, const char* end, std::uint32_t& port) {
  if (end - begin >= 8 && p < end) {
    const auto missing = 8 - (end - p);
    const Digits digits = digits_of(missing > 0 ? load8(end - 8) >> (8 * missing) : load8(p));
    if (digits.count <= 5) {
      port = digits.number;
      return p + digits.count;
    }
  }
  const auto digit = [&] { return static_cast<unsigned char>(*p) - unsigned{'0'}; };
  const char* const safe = end - p > 5 ? p + 5 : end;  // so many digits always fit
  for (unsigned d; p < safe && (d = digit()) <= 9; ++p) port = port * 10 + d;
  for (unsigned d; p < end && port <= 65535 && (d = digit()) <= 9; ++p) port = port * 10 + d;
  return p;
}

/// Are `n` bytes the same? For short names: no call.
inline bool same_bytes(const char* a, const char* b, std::size_t n) {
  if (n >= 8) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
      if (load8(a + i) != load8(b + i)) return false;
    return load8(a + n - 8) == load8(b + n - 8);
  }
  if (n >= 4) return load4(a) == load4(b) && load4(a + n - 4) == load4(b + n - 4);
  for (std::size_t i = 0; i < n; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

/// Does [p, end) begin with exactly `word`?
inline bool starts_with(const char* p, const char* end, std::string_view word) {
  return static_cast<std::size_t>(end - p) >= word.size() && __builtin_memcmp(p, word.data(), word.size()) == 0;
}

}  // namespace strowger::sip
