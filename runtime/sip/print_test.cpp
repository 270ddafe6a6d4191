// The writers: numbers, hexadecimal ones, and what does not fit.
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

TEST(SureWriter, writes_what_the_bounded_one_writes) {
  const Address addresses[] = {{4, 5060, {192, 0, 2, 255}}, {6, 1, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
  for (std::uint32_t port = 0; port < 65536; port += port < 20000 ? 1 : 97) {
    char sure_room[256], room[256];
    SureWriter sure(sure_room);
    Writer writer(room, sizeof room);
    const auto both = [&](auto put) {
      put(sure);
      put(writer);
    };
    both([&](auto& out) { out.put_port(static_cast<std::uint16_t>(port)); });
    both([&](auto& out) { out.put_number(-static_cast<Int>(port) * 7919); });
    both([&](auto& out) { out.put_hex(std::uint64_t{port} << (port % 48), port % 18); });
    both([&](auto& out) { out.put(Text(room, port % 20)); });
    both([&](auto& out) { out.put(Text::failed()); });
    const Text some(room, port % 20);
    sure.put_short(some);
    sure.put_short(Text::null());
    sure.put(room, room + port % 7);
    writer.put(some);
    writer.put(Text(room, port % 7));
    both([&](auto& out) { out.put_ip(addresses[port % 2]); });
    both([&](auto& out) { out.put('.'); });
    ASSERT_EQ(sure.text().view(), writer.text().view());
    char hex[8];
    print_hex8(port * 65537, hex);
    Writer expected(room, sizeof room);
    expected.put_hex(port * 65537, 8);
    ASSERT_EQ(std::string_view(hex, 8), expected.text().view());
  }
}

}  // namespace
}  // namespace strowger::sip
