// Tests of reading digest credentials.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/digest.h"

#include <gtest/gtest.h>

namespace strowger::sip {
namespace {

TEST(Digest, ReadsFields) {
  DigestCredentials c;
  ASSERT_EQ(parse_digest("  digest username = \"a,\\\"b\" ,realm=r, nonce=\"\",URI=\"sip:x\", response=\"1\", response=\"2\",foo=bar ", c),
            DigestFault::None);
  EXPECT_EQ(c.username.view(), "a,\\\"b");
  EXPECT_EQ(c.realm.view(), "r");
  EXPECT_FALSE(c.nonce.is_null());
  EXPECT_EQ(c.nonce.len, 0u);
  EXPECT_EQ(c.uri.view(), "sip:x");
  EXPECT_EQ(c.response.view(), "2");
  EXPECT_TRUE(c.qop.is_null());
}

TEST(Digest, TellsWhatIsWrong) {
  DigestCredentials c;
  EXPECT_EQ(parse_digest("Basic abc", c), DigestFault::OtherScheme);
  EXPECT_EQ(parse_digest("", c), DigestFault::OtherScheme);
  EXPECT_EQ(parse_digest("Digestx username=\"a\"", c), DigestFault::OtherScheme);
  EXPECT_EQ(parse_digest("Digest", c), DigestFault::Bare);
  EXPECT_EQ(parse_digest("Digest  \r\n ", c), DigestFault::Bare);
  EXPECT_EQ(parse_digest("Digest username", c), DigestFault::Malformed);
  EXPECT_EQ(parse_digest("Digest username=\"a\",", c), DigestFault::Malformed);
  EXPECT_EQ(parse_digest("Digest username=\"a\", realm=\"b", c), DigestFault::Malformed);
  EXPECT_EQ(parse_digest("Digest username=\"a\", =x", c), DigestFault::Malformed);
}

}  // namespace
}  // namespace strowger::sip
