// RFC 1321 §A.5, and every length around a block against libmd.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
extern "C" {
#include <sys/types.h>

#include <md5.h>
}

#include <gtest/gtest.h>

#include <string>

#include "stdlib/pv/md5.h"

namespace strowger::pv {
namespace {

std::string hex(std::string_view text) {
  std::string out;
  for (const std::uint8_t byte : md5(Text(text))) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

TEST(Md5, Rfc1321) {
  EXPECT_EQ(hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, EveryLengthIsAsLibmdSays) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    MD5_CTX context;
    std::array<std::uint8_t, 16> theirs;
    MD5Init(&context);
    MD5Update(&context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    MD5Final(theirs.data(), &context);
    EXPECT_EQ(md5(Text(std::string_view(text))), theirs) << i;
    text += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace strowger::pv
