// URIs that a worker remembers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pv/uri_memo.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::pv {
namespace {

TEST(UriMemo, KnowsUrisByTheirBytes) {
  UriMemo memo;
  std::string text = "sip:alice@example.com:5070;transport=udp";
  const sip::Uri* uri = memo.find(std::string_view(text));
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user.view(), "alice");
  EXPECT_EQ(memo.find(std::string_view(std::string(text))), uri);
  text[4] = 'A';   // the same place, another URI
  uri = memo.find(std::string_view(text));
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user.view(), "Alice");
  EXPECT_EQ(memo.find("nonsense"), nullptr);
  EXPECT_EQ(memo.find(std::string_view("sip:" + std::string(300, 'a') + "@h")), nullptr);
}

}  // namespace
}  // namespace strowger::pv
