// MD5 in one go: whole blocks from the text, then one or two with its end (RFC 1321 §3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pv/md5.h"

#include <bit>
#include <cstring>
#include <utility>

namespace strowger::pv {
namespace {

constexpr std::size_t kBlock = 64;

/// floor(2^32 * |sin(i + 1)|)
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

struct State {
  std::uint32_t a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;
};

/// Step i of 64; the four words turn by one each time.
template <int i>
[[gnu::always_inline]] inline void step(State& s, const std::uint32_t* words) {
  constexpr int kRound = i / 16;
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  constexpr int kWord = (kRound == 0 ? i : kRound == 1 ? 5 * i + 1 : kRound == 2 ? 3 * i + 5 : 7 * i) % 16;
  std::uint32_t mixed;
  if constexpr (kRound == 0) mixed = ((s.c ^ s.d) & s.b) ^ s.d;
  else if constexpr (kRound == 1) mixed = ((s.b ^ s.c) & s.d) ^ s.c;
  else if constexpr (kRound == 2) mixed = s.b ^ s.c ^ s.d;
  else mixed = s.c ^ (s.b | ~s.d);
  const std::uint32_t sum = std::rotl(s.a + mixed + words[kWord] + kSines[i], kShifts[kRound][i % 4]) + s.b;
  s.a = s.d;
  s.d = s.c;
  s.c = s.b;
  s.b = sum;
}

void add_block(State& state, const char* bytes) {
  std::uint32_t words[16];
  std::memcpy(words, bytes, sizeof words);  // little endian, as the processor
  State s = state;
  [&]<int... i>(std::integer_sequence<int, i...>) { (step<i>(s, words), ...); }(std::make_integer_sequence<int, 64>());
  state.a += s.a;
  state.b += s.b;
  state.c += s.c;
  state.d += s.d;
}

}  // namespace

std::array<std::uint8_t, 16> md5(Text text) {
  State state;
  const char* at = text.ptr;
  std::size_t left = text.is_null() ? 0 : text.len;
  const std::uint64_t bits = std::uint64_t{left} * 8;
  for (; left >= kBlock; left -= kBlock, at += kBlock) add_block(state, at);
  const std::size_t size = left + 9 <= kBlock ? kBlock : 2 * kBlock;
  char end[2 * kBlock];  // the rest, a bit, zeros, and the length
  std::memset(end, 0, kBlock);
  if (size > kBlock) std::memset(end + kBlock, 0, kBlock);
  if (left) std::memcpy(end, at, left);
  end[left] = static_cast<char>(0x80);
  std::memcpy(end + size - 8, &bits, sizeof bits);
  for (std::size_t i = 0; i < size; i += kBlock) add_block(state, end + i);
  std::array<std::uint8_t, 16> digest;
  std::memcpy(digest.data(), &state, sizeof state);
  return digest;
}

}  // namespace strowger::pv
