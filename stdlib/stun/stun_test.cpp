// STUN: answers, refusals, and what is not answered.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/test_world.h"
#include "stdlib/stun/stun_message.h"
#include "stun.interface.h"

namespace strowger {
namespace {

using namespace std::string_literals;

std::string request(const std::string& attributes, int type = 1, bool modern = true) {
  std::string out;
  for (const std::size_t value : {static_cast<std::size_t>(type), attributes.size()}) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  }
  return out + (modern ? "\x21\x12\xa4\x42"s : "\x11\x11\x11\x11"s) + "abcdefghijkl" + attributes;
}

const sip::Address kPhone{4, 0x1234, {192, 0, 2, 7}};

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

/// Type and length of the answer, and what stands behind the header, in hexadecimal; "" for none.
std::string answer(const std::string& bytes, const sip::Address& source = kPhone, std::string_view software = "") {
  std::vector<char> out(stun::kMostAnswer);
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const std::size_t n = stun::answer(Text(exact.data(), exact.size()), source, software, out.data());
  if (n == 0) return "";
  EXPECT_EQ(std::string(out.data() + 4, 16), bytes.substr(4, 16));
  return hex({out.data(), 4}) + " " + hex({out.data() + 20, n - 20});
}

TEST(StunMessage, Answers) {
  EXPECT_EQ(answer(request("")), "0101000c " "00200008" "00013326" "e112a645");
  EXPECT_EQ(answer(request("", 1, false)), "0101000c " "00010008" "00011234" "c0000207");
  EXPECT_EQ(answer(request(""), kPhone, "abcde"), "01010018 " "00200008" "00013326" "e112a645" "80220005" "6162636465000000");
  EXPECT_EQ(answer(request("", 1, false), kPhone, "abcde"), "0101000c " "00010008" "00011234" "c0000207");
  sip::Address v6 = *sip::parse_ip("2001:db8::7");
  v6.port = 0x1234;
  EXPECT_EQ(answer(request(""), v6), "01010018 " "00200014" "00023326" "0113a9fa" "61626364" "65666768" "696a6b6b");
  EXPECT_EQ(answer(request("\x80\x22\0\3abc\0"s)), "0101000c " "00200008" "00013326" "e112a645");
}

TEST(StunMessage, Refusals) {
  EXPECT_EQ(answer(request("\0\x31\0\4abcd\0\x77\0\1x\0\0\0"s)),
            "01110024 " "00090015" "00000414" + hex("Unknown Attribute") + "000000" "000a0004" "00310077");
  const std::string bad = "01110014 " "0009000f" "00000400" + hex("Bad Request") + "00";
  EXPECT_EQ(answer(request("abc")), bad);
  EXPECT_EQ(answer(request("") + "xyz1"), bad);
  EXPECT_EQ(answer(request("\x80\x22\0\x32" "abcd"s)), bad);
  EXPECT_EQ(answer(request("\x80\x22\xff\xff" "abcd"s)), bad);
}

TEST(StunMessage, Silence) {
  EXPECT_EQ(answer(request("").substr(0, 12)), "");
  EXPECT_EQ(answer(request("", 0x11)), "");      // an indication
  EXPECT_EQ(answer(request("", 0x101)), "");     // an answer
  EXPECT_EQ(answer(request("", 3)), "");         // another method
  EXPECT_EQ(answer(request("\x80\x28\0\4abcd"s)), "");
  EXPECT_EQ(answer("OPTIONS sip:a SIP/2.0\r\n"), "");
}

TEST(StunMessage, Fingerprints) {
  // The CRC of RFC 5769 §2.1's form, computed with zlib: crc32(header with length 8) ^ 0x5354554e.
  std::string text = request(std::string("\x80\x28\0\4", 4) + "\x00\x00\x00\x00"s);
  EXPECT_EQ(answer(text), "");
  std::uint32_t crc = ~0U;
  for (std::size_t i = 0; i < 20; ++i) {
    crc ^= static_cast<unsigned char>(text[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0U);
  }
  crc = ~crc ^ 0x5354554e;
  for (int i = 0; i < 4; ++i) text[24 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (24 - 8 * i));
  EXPECT_EQ(answer(text), "0101000c " "00200008" "00013326" "e112a645");
}

TEST(StunMessage, ManyUnknownAttributesFit) {
  std::string attributes;
  for (int i = 0; i < 300; ++i) attributes += "\x7f\x01\0\0"s;
  std::vector<char> out(stun::kMostAnswer);
  const std::string bytes = request(attributes);
  const std::size_t n = stun::answer(std::string_view(bytes), kPhone, std::string(1000, 's'), out.data());
  EXPECT_GT(n, 0u);
  EXPECT_LE(n, stun::kMostAnswer);
}

TEST(Stun, AnswersOnTheSipSocket) {
  TestWorld world;
  ModuleImage module;
  module.name = Text("stun");
  module.start = Stun::start;
  world.modules = {module};
  world.start();
  const auto sent = world.receive(request(""));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(hex(sent[0].bytes.substr(0, 2)), "0101");
  EXPECT_TRUE(world.receive(request("", 0x11)).empty());
}

}  // namespace
}  // namespace strowger
