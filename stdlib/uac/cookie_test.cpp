// Tests of the cookies in our Record-Route: Kamailio's bytes, and what strangers may send.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/cookie.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::testing {
namespace {

class CookieTest : public ::testing::Test {
 protected:
  sip::ChunkPool pool;
  sip::Arena arena{pool};
  std::string make(std::string_view one, std::string_view other, std::string_view password = "") {
    return std::string(uac::make_cookie(Text(one), Text(other), Text(password), arena).view());
  }
  std::string read(std::string_view cookie, std::string_view one, std::string_view password = "") {
    const Text text = uac::read_cookie(Text(cookie), Text(one), Text(password), arena);
    return text.is_null() ? "-" : std::string(text.view());
  }
};

TEST_F(CookieTest, AsKamailioWritesThem) {
  EXPECT_EQ(make("sip:alice@test.local", "sip:changed@other.example"), "AAAAAAIECA0CJRAlHABGCR1NBBRhbXBsZQ--");
  EXPECT_EQ(make("sip:alice@a.test", "sip:hid@hid.test", "secret string"), "c2VjcmxxLVB5W2xuZ3NlYw--");
}

TEST_F(CookieTest, EitherUriGivesTheOther) {
  for (const char* password : {"", "x", "a long password, longer than both of the addresses together are"}) {
    const std::string cookie = make("sip:a@b", "sip:somebody.else@a.longer.host.test:5080", password);
    EXPECT_EQ(read(cookie, "sip:a@b", password), "sip:somebody.else@a.longer.host.test:5080");
    EXPECT_EQ(read(cookie, "sip:somebody.else@a.longer.host.test:5080", password), "sip:a@b");
  }
}

TEST_F(CookieTest, NamesMayHaveLettersBeyondAscii) {
  EXPECT_EQ(read(make("sip:m\xc3\xbcller@b", "sip:anonymous@b"), "sip:anonymous@b"), "sip:m\xc3\xbcller@b");
}

TEST_F(CookieTest, WhatIsNoUriIsNotTaken) {
  const std::string cookie = make("sip:alice@a.test", "sip:hid@hid.test");
  EXPECT_EQ(read(cookie.substr(0, 22), "sip:alice@a.test"), "sip:hid@hid.test");   // without padding
  EXPECT_EQ(read(cookie, "sip:alice@a.test.longer"), "-");
  EXPECT_EQ(read(cookie, "sip:u@v"), "-");
  EXPECT_EQ(read("!!!!", "sip:a@b"), "-");
  EXPECT_EQ(read("", "sip:a@b"), "-");
  EXPECT_EQ(read("AAAA", "sip:a@b"), "-");
  EXPECT_EQ(read(make("sip:alice@a.test", "sip:x>\r\nVia: a"), "sip:alice@a.test"), "-");
  EXPECT_EQ(read(make("sip:alice@a.test", "sip:x> <y@z"), "sip:alice@a.test"), "-");
  EXPECT_EQ(read(std::string(4096, 'A'), "sip:a@b"), "-");
}

}  // namespace
}  // namespace strowger::testing
