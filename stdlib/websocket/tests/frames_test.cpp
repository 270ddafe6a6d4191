// Tests of frames: written and read back at every split, and what is refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/websocket/frames.h"

#include <gtest/gtest.h>

#include <vector>

namespace strowger::websocket {
namespace {

using Event = FrameReader::Event;

/// A client's frame.
std::string masked(unsigned first, std::string_view payload, std::string_view mask = "mask") {
  std::string out(1, static_cast<char>(first));
  std::string plain;
  put_frame(plain, Opcode::Text, payload);
  const std::size_t head = plain.size() - payload.size();
  out += plain.substr(1, head - 1);
  out[1] = static_cast<char>(static_cast<unsigned char>(out[1]) | 0x80U);
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

/// All that comes out, in pieces of `piece` bytes.
std::string read(std::string_view stream, std::size_t piece, std::size_t limit = 65535) {
  FrameReader reader(limit);
  std::string out, payload;
  while (!stream.empty()) {
    std::string_view part = stream.substr(0, piece);
    stream.remove_prefix(part.size());
    for (;;) {
      const Event event = reader.next(part, payload);
      if (event == Event::More) break;
      if (event == Event::Fault) return out + "!" + std::to_string(reader.reason().code);
      static constexpr std::string_view kNames = "?MiocF";
      out += kNames[static_cast<std::size_t>(event)];
      out += "(" + payload + ")";
    }
    EXPECT_TRUE(part.empty());
  }
  return out + (reader.inside() ? "..." : "");
}

TEST(Frames, are_read_at_every_split) {
  const std::string stream = masked(0x81, "hello") + masked(0x82, "") + masked(0x01, "he") + masked(0x89, "in") + masked(0x00, "") +
                             masked(0x80, "llo") + masked(0x8a, "") + masked(0x81, std::string(300, 'x')) + masked(0x88, "\x03\xe8");
  const std::string expected = "M(hello)M()i(in)M(hello)o()M(" + std::string(300, 'x') + ")c(\x03\xe8)";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) ASSERT_EQ(read(stream, piece), expected) << piece;
  for (std::size_t length = 1; length < 9; ++length) EXPECT_EQ(read(stream.substr(0, length), 1), "...") << length;
}

TEST(Frames, of_all_lengths_are_unmasked) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{9}, std::size_t{125}, std::size_t{126},
                                   std::size_t{65535}, std::size_t{65536}, std::size_t{70000}}) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + i % 23);
    for (const std::size_t piece : {std::size_t{3}, std::size_t{4096}, std::size_t{100000}})
      ASSERT_EQ(read(masked(0x81, text, "\xff\x01\x80\x55"), piece, 100000), "M(" + text + ")") << length;
  }
}

TEST(Frames, that_break_the_rules_are_refused_as_soon_as_it_shows) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"\x81\x05", "!1002"},                                            // not masked
      {"\xc1\x85", "!1002"}, {"\xa1\x85", "!1002"}, {"\x91\x85", "!1002"},   // reserved bits
      {"\x83\x85", "!1008"}, {"\x87\x80", "!1008"}, {"\x8b\x80", "!1008"}, {"\x8f\x80", "!1008"},
      {"\x09\x81", "!1002"}, {"\x89\xfe", "!1002"}, {"\x88\xff", "!1002"},   // control frames are short and whole
      {"\x80\x81", "!1002"},                                            // nothing to continue
      {masked(0x01, "a") + "\x81\x81", "M!1002"},
      {std::string("\x81\xfe\x00\x7dmask", 8), "!1002"},                // the longer form of 125
      {std::string("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffmask", 14), "!1002"},
      {std::string("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask", 14), "!1002"},
      {std::string("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00mask", 14), "!1009"},
      {std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14), "!1009"},
      {masked(0x01, std::string(40000, 'x')) + masked(0x80, std::string(40000, 'x')), "!1009"}};
  for (const auto& [stream, expected] : rows)
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100000}})
      EXPECT_EQ(read(stream, piece), expected == "M!1002" ? "!1002" : expected) << stream.substr(0, 4);
}

TEST(Frames, are_written_as_a_server_does) {
  std::string out;
  put_frame(out, Opcode::Pong, "hi");
  EXPECT_EQ(out, "\x8a\x02hi");
  out.clear();
  put_frame(out, Opcode::Text, std::string(126, 'x'));
  EXPECT_EQ(out.substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
  out.clear();
  put_frame(out, Opcode::Binary, std::string(65536, 'x'));
  EXPECT_EQ(out.substr(0, 10), std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  out.clear();
  put_close(out, 1001, std::string(200, 'w'));
  EXPECT_EQ(out, "\x88\x7d\x03\xe9" + std::string(123, 'w'));
}

TEST(Frames, tell_utf8_apart) {
  for (const char* good : {"", "plain", "eight by", "gr\xc3\xbc\xc3\x9f" "e", "\xf0\x9f\x93\x9e", "seven 7\xc3\xbc"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\xff", "abcdefgh\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"}) EXPECT_FALSE(is_utf8(bad)) << bad;
}

}  // namespace
}  // namespace strowger::websocket
