// Texts and numbers of the bounded writer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/print.h"

#include <array>
#include <cstring>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include "runtime/sip/hex.h"

namespace strowger::sip {
namespace {

// "00" to "99".
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (unsigned i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Copies the first and the last of `n` bytes.
template <class Word>
inline void copy_ends(char* to, const char* from, std::size_t n) {
  Word first, last;
  __builtin_memcpy(&first, from, sizeof first);          // not std::memcpy: checked, it may be a call
  __builtin_memcpy(&last, from + n - sizeof last, sizeof last);
  __builtin_memcpy(to, &first, sizeof first);
  __builtin_memcpy(to + n - sizeof last, &last, sizeof last);
}
using Sixteen = unsigned __int128;

}  // namespace

// Most texts are short: no call for those.
void Writer::put_any(const char* from, std::size_t n) {
  if (from == nullptr || !room(n)) return;
  char* const to = at_;
  at_ += n;
  if (n > 16) {
    if (n > 64) {
      std::memcpy(to, from, n);
      return;
    }
    if (n > 32) copy_ends<Sixteen>(to + 16, from + 16, n - 32);
    copy_ends<Sixteen>(to, from, n);
  } else if (n >= 8) {
    copy_ends<std::uint64_t>(to, from, n);
  } else if (n >= 4) {
    copy_ends<std::uint32_t>(to, from, n);
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

void Writer::put_number(Int number) {
  std::uint64_t rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::size_t length = number < 0 ? 2 : 1;
  for (std::uint64_t power = 10; rest >= power && length < 20; power *= 10) ++length;
  if (!room(length)) return;
  if (number < 0) *at_ = '-';
  at_ += length;
  char* p = at_;
  for (; rest >= 100; rest /= 100) __builtin_memcpy(p -= 2, kPairs.data() + 2 * (rest % 100), 2);
  if (rest >= 10) {
    __builtin_memcpy(p - 2, kPairs.data() + 2 * rest, 2);
  } else {
    p[-1] = static_cast<char>('0' + rest);
  }
}

char* print_port(std::uint16_t port, char* out) {
  unsigned rest = port;
  if (rest >= 10000) {
    *out++ = static_cast<char>('0' + rest / 10000);
    rest %= 10000;
  } else if (rest < 1000) {
    Writer writer(out, 3);
    writer.put_number(rest);
    return out + writer.size();
  }
  __builtin_memcpy(out, kPairs.data() + 2 * (rest / 100), 2);
  __builtin_memcpy(out + 2, kPairs.data() + 2 * (rest % 100), 2);
  return out + 4;
}

// All sixteen digits.
static void print_hex(std::uint64_t number, char* text) {
#if defined(__SSSE3__)
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(__builtin_bswap64(number)));
  const __m128i low = _mm_set1_epi8(15);
  const __m128i nibbles = _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), low), _mm_and_si128(bytes, low));
  const __m128i letters = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  _mm_storeu_si128(reinterpret_cast<__m128i*>(text), _mm_shuffle_epi8(letters, nibbles));
#else
  for (unsigned i = 0; i < 16; ++i) text[i] = kHexDigits[number >> (60 - 4 * i) & 15];
#endif
}

void print_hex8(std::uint32_t number, char* out) {
  char text[16];
  print_hex(number, text);
  __builtin_memcpy(out, text + 8, 8);
}

static unsigned digits_needed(std::uint64_t number, unsigned digits) {
  const unsigned needed = number == 0 ? 1 : (67 - static_cast<unsigned>(__builtin_clzll(number))) / 4;
  if (digits > 16) digits = 16;
  return digits < needed ? needed : digits;
}

void Writer::put_hex(std::uint64_t number, unsigned digits) {
  char text[16];
  print_hex(number, text);
  digits = digits_needed(number, digits);
  put(Text(text + sizeof text - digits, digits));
}

void SureWriter::put_hex(std::uint64_t number, unsigned digits) {
  char text[32];
  digits = digits_needed(number, digits);
  print_hex(number, text);
  __builtin_memcpy(at_, text + 16 - digits, 16);         // some of it is written over
  at_ += digits;
}

void SureWriter::put_number(Int number) {
  Writer writer(at_, 24);
  writer.put_number(number);
  at_ += writer.size();
}

}  // namespace strowger::sip
