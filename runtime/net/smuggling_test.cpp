// Who cuts a stream and who reads the message must see the same body: else a second message hides in the first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "runtime/net/stream_framer.h"
#include "runtime/sip/message.h"

namespace strowger {
namespace {

using namespace std::string_literals;
using Event = net::StreamFramer::Event;

const std::string kHidden = "OPTIONS sip:hidden@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: h\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/// "refused", or how many bytes the body has for both; "differ" where they do not agree.
std::string cut(const std::string& lines) {
  const std::string text = "MESSAGE sip:x@b SIP/2.0\r\n" + lines + "Via: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\n"
                           "Call-ID: c\r\nCSeq: 1 MESSAGE\r\n\r\nhello" + kHidden;
  net::StreamFramer framer(65535);
  std::size_t room = 0;
  char* const to = framer.space(room);
  std::memcpy(to, text.data(), text.size());
  framer.commit(text.size());
  Text message;
  if (framer.next(message) != Event::Message) return "refused";
  sip::ChunkPool pool;
  sip::Arena arena(pool);
  const sip::Message parsed = sip::Message::parse(message, arena);
  if (parsed.fault() != sip::ParseFault::None) return "refused";
  if (parsed.content_length() != static_cast<Int>(parsed.body().len)) return "differ";
  return std::to_string(parsed.body().len);
}

TEST(Smuggling, OneLengthInAllSpellings) {
  for (const char* lines : {"Content-Length: 5\r\n", "content-length:5\r\n", "l: 5\r\n", "L :5\r\n", "Content-Length: 5 \r\n", "Content-Length\t:\t5\r\n",
                            "Content-Length:\r\n 5\r\n", "Content-Length: 5\r\n \r\n", "Content-Length: 005\r\n"})
    EXPECT_EQ(cut(lines), "5") << lines;
}

TEST(Smuggling, NoLengthThatTwoReadersCouldReadDifferently) {
  for (const std::string& lines :
       {"Content-Length: 5\r\nContent-Length: 6\r\n"s, "l: 5\r\nContent-Length: 172\r\n"s, "Content-Length: 172\r\nl: 5\r\n"s, "Content-Length: +5\r\n"s,
        "Content-Length: -5\r\n"s, "Content-Length: 5,6\r\n"s, "Content-Length: 0x5\r\n"s, "Content-Length: 5 6\r\n"s, "Content-Length: 5\r\n 6\r\n"s,
        "Content-Length:\r\n"s, "Content-Length: 99999999999\r\n"s, "Content-Length: 4294967301\r\n"s, "Content-Length: 5\0\r\n"s,
        "Content-Length: 5\v\r\n"s, "Content\0-Length: 5\r\n"s, "Content-Length: 5;x\r\n"s, "Content-Length: \"5\"\r\n"s, "Content-Length: 5\r6\r\n"s,
        "Content-Length: \xc2\xa0" "5\r\n"s, ""s})
    EXPECT_EQ(cut(lines), "refused") << lines;
}

TEST(Smuggling, WhatOnlyLooksLikeALength) {
  // A fold, a bare CR and a name inside of another header are part of that header; the length behind them counts.
  for (const std::string& lines : {"X: y\r\n Content-Length: 172\r\nContent-Length: 5\r\n"s, "X: a\rContent-Length: 172\r\nContent-Length: 5\r\n"s,
                                   "X-Content-Length: 172\r\nContent-Length: 5\r\n"s, "X: \"\r\nContent-Length: 5\r\n"s,
                                   "Content-Length-X: 172\r\nl: 5\r\n"s})
    EXPECT_TRUE(cut(lines) == "5" || cut(lines) == "refused") << lines << cut(lines);
  EXPECT_NE(cut(" Content-Length: 5\r\nContent-Length: 172\r\n"), "differ");
}

TEST(Smuggling, ControlBytesInNames) {
  sip::ChunkPool pool;
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const std::string line = "X"s + byte + "Y: 1\r\n";
    const std::string text = "MESSAGE sip:x@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n" + line +
                             "Content-Length: 0\r\n\r\n";
    sip::Arena arena(pool);
    const sip::Message parsed = sip::Message::parse(Text(std::string_view(text)), arena);
    if (c < 0x20 && c != '\n' && c != '\r') EXPECT_NE(parsed.fault(), sip::ParseFault::None) << c;
    if (c == 0x7f || c >= 0x80) EXPECT_NE(parsed.fault(), sip::ParseFault::None) << c;
  }
}

}  // namespace
}  // namespace strowger
