// Masks of texts of every length against a look at each byte.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/byte_mask.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace strowger::sip {
namespace {

TEST(ByteMask, EveryLength) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = ";=\" \t,a\xff";
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = random() % (kMaskBytes + 1);
    const std::unique_ptr<char[]> text(new char[n]);   // of this length: reading behind it is found by asan
    for (std::size_t i = 0; i < n; ++i) text[i] = kAlphabet[random() % kAlphabet.size()];
    std::uint64_t masks[3];
    make_masks(text.get(), n, masks, IsByte{';'}, IsByte{'\xff'}, IsLowOr<'"', ','>{});
    for (std::size_t i = 0; i < kMaskBytes; ++i) {
      const char c = i < n ? text[i] : 'a';
      EXPECT_EQ(masks[0] >> i & 1, c == ';');
      EXPECT_EQ(masks[1] >> i & 1, c == '\xff');
      EXPECT_EQ(masks[2] >> i & 1, static_cast<unsigned char>(c) <= ' ' || c == '"' || c == ',');
    }
  }
}

TEST(ByteMask, NextBit) {
  EXPECT_EQ(next_bit(0b1010, 0, 9), 1u);
  EXPECT_EQ(next_bit(0b1010, 2, 9), 3u);
  EXPECT_EQ(next_bit(0b1010, 4, 9), 9u);
  EXPECT_EQ(next_bit(~std::uint64_t{0}, kMaskBytes, kMaskBytes), kMaskBytes);
}

}  // namespace
}  // namespace strowger::sip
