// Tests of Base64: the vectors of RFC 4648 §10, both alphabets, every digit there and back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::sip {
namespace {

std::string text(Base64 kind, bool padded, std::string_view bytes) {
  std::string out(base64_length(bytes.size(), padded), '?');
  EXPECT_EQ(print_base64(kind, padded, bytes.data(), bytes.size(), out.data()), out.data() + out.size());
  return out;
}

TEST(Base64, writes_the_vectors_of_the_rfc) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, expected] : rows) {
    EXPECT_EQ(text(Base64::Usual, true, bytes), expected);
    EXPECT_EQ(text(Base64::Url, false, bytes), expected.substr(0, expected.find('=')));
  }
}

TEST(Base64, the_last_two_digits_are_the_alphabets_own) {
  EXPECT_EQ(text(Base64::Usual, true, "\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(text(Base64::Url, true, "\xfb\xff\xbf"), "-_-_");
}

TEST(Base64, a_digit_has_its_value_and_others_none) {
  for (const Base64 kind : {Base64::Usual, Base64::Url}) {
    int digits = 0;
    for (int c = 0; c < 256; ++c) {
      const int value = base64_value(kind, static_cast<char>(c));
      if (value < 0) continue;
      ++digits;
      const char group[3] = {static_cast<char>(value << 2), 0, 0};
      EXPECT_EQ(text(kind, true, {group, 3})[0], static_cast<char>(c));
    }
    EXPECT_EQ(digits, 64);
  }
}

}  // namespace
}  // namespace strowger::sip
