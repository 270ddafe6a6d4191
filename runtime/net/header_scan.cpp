// Walks from one line that may be it to the next, sixteen bytes at a time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/header_scan.h"

#include "runtime/sip/scan.h"

namespace strowger::net {
namespace {

/// Behind "NAME *:" at `at`, or null; `name` in lower case.
const char* behind_name(const char* at, const char* end, std::string_view name) {
  if (static_cast<std::size_t>(end - at) <= name.size()) return nullptr;
  for (const char c : name)
    if (lower(*at++) != c) return nullptr;
  while (at < end && is_blank(*at)) ++at;
  return at < end && *at == ':' ? at + 1 : nullptr;
}

/// The next line that is empty or begins with one of the two letters, given in lower case; null when there is none.
const char* next_line(const char* at, const char* end, char one, char other) {
#if defined(__SSE2__)
  const auto is = [](__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  for (; end - at > 16; at += 16) {
    const __m128i feeds = is(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), '\n');
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1)), low = _mm_or_si128(first, _mm_set1_epi8(0x20));
    const __m128i wanted = _mm_or_si128(_mm_or_si128(is(low, one), is(low, other)), _mm_or_si128(is(first, '\r'), is(first, '\n')));
    if (const int mask = _mm_movemask_epi8(_mm_and_si128(feeds, wanted))) return at + __builtin_ctz(static_cast<unsigned>(mask)) + 1;
  }
#endif
  for (; end - at > 1; ++at) {
    if (*at != '\n') continue;
    const char c = lower(at[1]);
    if (c == one || c == other || c == '\r' || c == '\n') return at + 1;
  }
  return nullptr;
}

/// From `at` to the end of the header, folded lines included.
Text header_value(const char* at, const char* end) {
  const char* stop = at;
  while (stop < end) {
    const auto* newline = static_cast<const char*>(std::memchr(stop, '\n', static_cast<std::size_t>(end - stop)));
    if (newline == nullptr) return {at, static_cast<std::size_t>(end - at)};
    stop = newline + 1;
    if (stop == end || !is_blank(*stop)) return {at, static_cast<std::size_t>(newline - at)};
  }
  return {at, static_cast<std::size_t>(end - at)};
}

}  // namespace

Text find_header(Text message, std::string_view long_name, char short_name) {
  const char* at = message.ptr;
  const char* end = at + message.len;
  for (;;) {
    at = next_line(at, end, long_name[0], short_name);
    if (at == nullptr || *at == '\r' || *at == '\n') return Text::null();
    const char* value = behind_name(at, end, long_name);
    if (value == nullptr) value = behind_name(at, end, std::string_view(&short_name, 1));
    if (value != nullptr) return header_value(value, end);
  }
}

bool is_http(Text message) {
  const char* const end = message.ptr + message.len;
  const auto* at = static_cast<const char*>(std::memchr(message.ptr, ' ', message.len));
  if (at == nullptr || at == message.ptr) return false;
  for (++at; at < end && !is_blank(*at); ++at)
    if (*at == '\n') return false;
  constexpr std::string_view kVersion = "http/1.";
  if (static_cast<std::size_t>(end - at) < kVersion.size() + 2) return false;
  for (const char c : kVersion)
    if (lower(*++at) != c) return false;
  return at[1] == '0' || at[1] == '1';
}

}  // namespace strowger::net
