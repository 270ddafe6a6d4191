// Tests of PROXY headers: what is read, in how many pieces, and what is refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::net {
namespace {

using Kind = ProxyHeader::Kind;

std::string block(int command, int family, std::string body, int declared = -1) {
  std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
  const std::size_t length = declared < 0 ? body.size() : static_cast<std::size_t>(declared);
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(length >> 8);
  out += static_cast<char>(length & 255);
  return out + body;
}

const std::string kV4("\xc0\0\2\7\x7f\0\0\1\x11\x5c\x13\xc4", 12);   // 192.0.2.7:4444 to 127.0.0.1:5060

std::string shown(const ProxyHeader& header) {
  char ip[64];
  switch (header.kind) {
    case Kind::More: return "more";
    case Kind::None: return "none";
    case Kind::Bad: return "bad";
    case Kind::Own: return "own " + std::to_string(header.length);
    case Kind::Client:
      return std::string(ip, sip::print_ip(header.source, ip)) + " " + std::to_string(header.source.port) + " " + std::to_string(header.length);
  }
  return "?";
}

std::string read(const std::string& text) { return shown(read_proxy_header(std::string_view(text))); }

TEST(ProxyProtocol, Lines) {
  EXPECT_EQ(read("PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\r\nOPTIONS"), "192.0.2.7 4444 42");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::7 ::1 4446 5060\r\n"), "2001:db8::7 4446 38");
  EXPECT_EQ(read("PROXY UNKNOWN\r\n"), "own 15");
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 whatever\r\n"), "own 32");
  for (const char* bad : {"PROXY TCP4 300.0.2.7 127.0.0.1 4444 5060\r\n", "PROXY TCP5 1.0.2.7 127.0.0.1 4444 5060\r\n",
                          "PROXY TCP4 1.0.2.7 127.0.0.1 99999 5060\r\n", "PROXY TCP4 1.0.2.7 127.0.0.1 0 5060\r\n",
                          "PROXY TCP4 1.0.2.7 127.0.0.1 4444\r\n", "PROXY TCP4 1.0.2.7 127.0.0.1 4444 5060 \r\n",
                          "PROXY TCP4  1.0.2.7 127.0.0.1 4444 5060\r\n", "PROXY TCP4 ::1 127.0.0.1 4444 5060\r\n",
                          "PROXY TCP6 [::1] ::2 4444 5060\r\n", "PROXY \r\n", "PROXY tcp4 1.0.2.7 127.0.0.1 4444 5060\r\n",
                          "PROXY TCP4 1.0.2.7 127.0.0.1 04444 5060\r\n"})
    EXPECT_EQ(read(bad), "bad") << bad;
  EXPECT_EQ(read("PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\n" + std::string(60, 'x')), "more");
  EXPECT_EQ(read("PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\n" + std::string(70, 'x')), "bad");   // no CRLF within 107 bytes
}

TEST(ProxyProtocol, Blocks) {
  EXPECT_EQ(read(block(0x21, 0x11, kV4)), "192.0.2.7 4444 28");
  EXPECT_EQ(read(block(0x21, 0x11, kV4 + std::string("\4\0\3abc", 6)) + "OPTIONS"), "192.0.2.7 4444 34");
  std::string v6("\x20\1\x0d\xb8", 4);
  v6 += std::string(11, '\0') + "\7" + std::string(15, '\0') + "\1" + std::string("\x11\x5e\x13\xc4", 4);
  EXPECT_EQ(read(block(0x21, 0x21, v6)), "2001:db8::7 4446 52");
  EXPECT_EQ(read(block(0x20, 0, "")), "own 16");
  EXPECT_EQ(read(block(0x20, 0x11, kV4)), "own 28");
  EXPECT_EQ(read(block(0x21, 0, "")), "own 16");
  EXPECT_EQ(read(block(0x21, 0x11, kV4.substr(0, 8))), "bad");
  EXPECT_EQ(read(block(0x21, 0x12, kV4)), "bad");
  EXPECT_EQ(read(block(0x21, 0x31, std::string(216, 'x'))), "bad");
  EXPECT_EQ(read(block(0x22, 0x11, kV4)), "bad");
  EXPECT_EQ(read(block(0x11, 0x11, kV4)), "bad");
  EXPECT_EQ(read(block(0x21, 0x11, kV4, 4097)), "bad");
  EXPECT_EQ(read(block(0x21, 0x11, kV4 + std::string(4084, 't'))), "192.0.2.7 4444 4112");
}

TEST(ProxyProtocol, EveryPieceButTheLastWantsMore) {
  for (const std::string& whole : {block(0x21, 0x11, kV4), std::string("PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\r\n"), block(0x20, 0, "")})
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(read(whole.substr(0, n)), "more") << n;
}

TEST(ProxyProtocol, OtherStreams) {
  EXPECT_EQ(read("OPTIONS sip:a SIP/2.0\r\n"), "none");
  EXPECT_EQ(read("PROXYX"), "none");
  EXPECT_EQ(read("PUBLISH"), "none");
  EXPECT_EQ(read("\r\n\r\nO"), "none");
  EXPECT_EQ(read("\x16\3\1"), "none");
  EXPECT_EQ(read("\r\n\r\n"), "more");       // a ping, or a block that begins
}

}  // namespace
}  // namespace strowger::net
