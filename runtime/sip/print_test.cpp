// The bounded writer: numbers, hexadecimal ones, and what does not fit.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/print.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <string>

namespace strowger::sip {
namespace {

TEST(Writer, numbers_are_printed_as_printf_does) {
  std::uint64_t x = 1;
  for (int i = 0; i < 64; ++i, x = x * 3 + static_cast<unsigned>(i)) {
    char expected[64], out[64];
    for (const Int number : {static_cast<Int>(x >> (i % 60)), -static_cast<Int>(x >> (1 + i % 60)), static_cast<Int>(i), INT64_MIN}) {
      std::snprintf(expected, sizeof expected, "%" PRId64, number);
      Writer writer(out, sizeof out);
      writer.put_number(number);
      EXPECT_EQ(std::string(writer.text().view()), expected);
    }
    for (const unsigned digits : {1u, 8u, 16u}) {
      const std::uint64_t number = x >> (i % 64);
      std::snprintf(expected, sizeof expected, "%0*" PRIx64, static_cast<int>(digits), number);
      Writer writer(out, sizeof out);
      writer.put_hex(number, digits);
      EXPECT_EQ(std::string(writer.text().view()), expected);
    }
  }
}

TEST(Writer, texts_of_every_length_are_copied_and_nothing_behind_them) {
  const std::string all = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::size_t n = 0; n <= all.size(); ++n) {
    char out[64];
    std::memset(out, '#', sizeof out);
    Writer writer(out, sizeof out);
    writer.put(Text(all.data(), n));
    EXPECT_EQ(std::string(out, n), all.substr(0, n));
    EXPECT_EQ(std::string(out + n, sizeof out - n), std::string(sizeof out - n, '#'));
    Writer narrow(out, n == 0 ? 0 : n - 1);
    narrow.put(Text(all.data(), n));
    EXPECT_EQ(narrow.ok(), n == 0);
    EXPECT_EQ(narrow.size(), 0u);
  }
}

}  // namespace
}  // namespace strowger::sip
