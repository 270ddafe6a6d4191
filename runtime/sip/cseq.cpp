// CSeq (RFC 3261 §20.16): a number and a method.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/bodies.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {

namespace {

bool has_low(std::uint64_t bytes) {  // a byte of blank or less; may also be true for others behind such a one
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  return ((bytes - kOnes * (' ' + 1)) & ~bytes & (kOnes << 7)) != 0;
}

// Four to sixteen bytes above the blank? False when not sure.
bool is_one_word(const char* p, const char* end) {
  const std::size_t n = static_cast<std::size_t>(end - p);
  if (n - 4 > 12) return false;
  if (n < 8) return !has_low(load4(p) | static_cast<std::uint64_t>(load4(end - 4)) << 32);
  return !has_low(load8(p)) && !has_low(load8(end - 8));
}

}  // namespace

// Up to seven digits, a blank, a method, sixteen bytes in all at most.
bool read_usual_cseq([[maybe_unused]] Text value, [[maybe_unused]] CSeq& cseq) {
#if defined(__SSE2__)
  if (value.len > 16) return false;
  const __m128i blank = _mm_set1_epi8(' ');
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(value.ptr));
  const auto low = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank)));
  std::uint32_t number = 0;
  std::size_t n = 0;
  for (unsigned digit; n < 8 && (digit = static_cast<unsigned char>(value.ptr[n]) - unsigned{'0'}) <= 9; ++n) number = number * 10 + digit;
  // The blank behind the digits is the first byte that is so low, and the line's end the next.
  const unsigned next = (low & (low - 1)) | 1u << 16;
  if (n - 1 > 6 || value.ptr[n] != ' ' || static_cast<std::size_t>(__builtin_ctz(next)) != value.len || n + 1 == value.len) return false;
  cseq.number = number;
  cseq.number_text = {value.ptr, n};
  cseq.method = {value.ptr + n + 1, value.len - n - 1};
  return true;
#else
  return false;
#endif
}

bool read_cseq(Text value, CSeq& cseq, const char* readable) {
  if (value.empty()) return false;
  const char* const end = value.ptr + value.len;
  if (ends_line(end, readable) && read_usual_cseq(value, cseq)) return true;
  const char* p = value.ptr;
  if (is_lws(*p)) p = skip_lws(p, end);
  const char* const number = p;
  std::uint64_t sum = 0;
  const char* const safe = end - p > 9 ? p + 9 : end;  // so many digits always fit
  while (p < safe && is_digit(*p)) sum = sum * 10 + static_cast<unsigned>(*p++ - '0');
  while (p < end && is_digit(*p) && sum <= UINT32_MAX) sum = sum * 10 + static_cast<unsigned>(*p++ - '0');
  const bool good = p > number && (p == end || is_lws(*p)) && sum <= UINT32_MAX;
  while (p < end && !is_lws(*p)) ++p;
  cseq.number_text = {number, static_cast<std::size_t>(p - number)};
  if (p < end && *p == ' ') ++p;
  if (p < end && is_lws(*p)) p = skip_lws(p, end);
  const char* const method = p;
  if (is_one_word(p, end)) {
    p = end;
  } else {
    while (p < end && !is_lws(*p)) ++p;
  }
  cseq.method = {method, static_cast<std::size_t>(p - method)};
  if (p == method || (p < end && skip_lws(p, end) != end)) return false;
  cseq.number = good ? static_cast<std::uint32_t>(sum) : 0;
  return true;
}

std::optional<CSeq> parse_cseq(Text value) {
  std::optional<CSeq> cseq(std::in_place);
  if (!read_cseq(value, *cseq)) cseq.reset();
  return cseq;
}

}  // namespace strowger::sip
