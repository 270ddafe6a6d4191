// Tests of stream framing: every way to split, joined messages, pings, and streams that cannot be followed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_framer.h"
#include "runtime/net/header_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace strowger::net {
namespace {

using Event = StreamFramer::Event;

/// Feeds pieces of `piece` bytes; gives what came out as "M:<message>|" and "P|", or the fault's name.
std::string feed(StreamFramer& framer, std::string_view stream, std::size_t piece) {
  std::string out;
  while (!stream.empty()) {
    std::size_t room = 0;
    char* to = framer.space(room);
    const std::size_t n = std::min({room, piece, stream.size()});
    std::memcpy(to, stream.data(), n);
    framer.commit(n);
    stream.remove_prefix(n);
    for (bool more = true; more;) {
      Text message;
      switch (framer.next(message)) {
        case Event::More: more = false; break;
        case Event::Message: out.append("M:").append(message.view()).append("|"); break;
        case Event::Ping: out.append("P|"); break;
        case Event::TooLong: return out + "TooLong";
        case Event::NoLength: return out + "NoLength";
        case Event::BadLength: return out + "BadLength";
        case Event::Encoded: return out + "Encoded";
      }
    }
  }
  return out;
}

std::string feed(std::string_view stream, std::size_t piece = 1 << 20, std::size_t limit = 65535) {
  StreamFramer framer(limit);
  return feed(framer, stream, piece);
}

const std::string kOne = "MESSAGE sip:x SIP/2.0\r\nContent-Length: 5\r\n\r\nhello";
const std::string kTwo = "SIP/2.0 200 OK\r\nl:0\r\n\r\n";
const std::string kThree = "MESSAGE sip:x SIP/2.0\r\nContent-Length :\r\n 2\r\nTo: y\r\n\r\n\r\n";

TEST(StreamFramer, cuts_at_content_length_wherever_the_pieces_end) {
  const std::string stream = "\r\n\r\n" + kOne + kTwo + "\r\n\r\n" + kThree + "\r\n" + kOne + "\r\n\r\n\r\n\r\n";
  const std::string expected = "P|M:" + kOne + "|M:" + kTwo + "|P|M:" + kThree + "|M:" + kOne + "|P|P|";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) ASSERT_EQ(feed(stream, piece), expected) << piece;
}

TEST(StreamFramer, cuts_at_every_single_split) {
  const std::string stream = kOne + kThree;
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    StreamFramer framer(65535);
    std::string out = feed(framer, std::string_view(stream).substr(0, split), 1 << 20);
    out += feed(framer, std::string_view(stream).substr(split), 1 << 20);
    ASSERT_EQ(out, "M:" + kOne + "|M:" + kThree + "|") << split;
    EXPECT_FALSE(framer.inside_message());
  }
}

TEST(StreamFramer, memory_is_lent_between_streams) {
  std::vector<char> spare;
  StreamFramer one(65535), two(65535);
  std::string out;
  for (const char c : "\r\n\r\n" + kOne + kThree + kTwo) {
    for (StreamFramer* framer : {&one, &two}) {
      framer->lend(spare);
      out += feed(*framer, std::string_view(&c, 1), 1);
      framer->settle(spare);
      EXPECT_EQ(framer->rest().len > 0, framer->inside_message());
    }
  }
  EXPECT_EQ(out, "P|P|M:" + kOne + "|M:" + kOne + "|M:" + kThree + "|M:" + kThree + "|M:" + kTwo + "|M:" + kTwo + "|");
  EXPECT_FALSE(spare.empty());
}

TEST(StreamFramer, a_single_line_end_is_no_ping) {
  EXPECT_EQ(feed("\r\n" + kTwo + "\r\n" + kTwo), "M:" + kTwo + "|M:" + kTwo + "|");
}

TEST(StreamFramer, says_when_it_cannot_follow) {
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nTo: y\r\n\r\nbody"), "NoLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length: x\r\n\r\n"), "BadLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n"), "BadLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length:\r\n\r\n"), "BadLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n"), "BadLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length: 5\r\nl: 6\r\n\r\nhello"), "BadLength");
  EXPECT_EQ(feed("MESSAGE sip:x SIP/2.0\r\nContent-Length: 5\r\nl: 5\r\n\r\nhello"),
            "M:MESSAGE sip:x SIP/2.0\r\nContent-Length: 5\r\nl: 5\r\n\r\nhello|");
}

TEST(StreamFramer, http_has_no_compact_length_and_no_transfer_encoding) {
  const std::string get = "GET /x HTTP/1.1\r\nl: 5\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(feed(get + kTwo), "M:" + get + "|M:" + kTwo + "|");
  EXPECT_EQ(feed("POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), "Encoded");
  const std::string sip = "MESSAGE sip:x SIP/2.0\r\nl: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello";
  EXPECT_EQ(feed(sip), "M:" + sip + "|");
  for (const char* no : {"GET /x", "GET /x HTTP/1.", "GET /x HTTP/1.2\r\n", "GET HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n", "GET \n HTTP/1.1", ""})
    EXPECT_FALSE(is_http(Text(std::string_view(no)))) << no;
  for (const char* yes : {"GET / HTTP/1.1\r\n", "GET /\thttp/1.0\n"}) EXPECT_TRUE(is_http(Text(std::string_view(yes)))) << yes;
}

TEST(StreamFramer, a_message_has_a_limit) {
  const std::string endless(20000, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100000}}) {
    EXPECT_EQ(feed(endless, piece, 5000), "TooLong") << piece;
    EXPECT_EQ(feed("A sip:x SIP/2.0\r\nX: " + endless + "\r\n\r\n", piece, 5000), "TooLong") << piece;
  }
  EXPECT_EQ(feed("A sip:x SIP/2.0\r\nContent-Length: 6000\r\n\r\n", 7, 5000), "TooLong");
}

TEST(StreamFramer, without_length_there_is_no_body_where_that_is_allowed) {
  StreamFramer framer(65535, true);
  EXPECT_EQ(feed(framer, "GET / HTTP/1.1\r\nHost: y\r\n\r\n" + kTwo, 3), "M:GET / HTTP/1.1\r\nHost: y\r\n\r\n|M:" + kTwo + "|");
}

TEST(StreamFramer, long_bodies_pass) {
  const std::string message = "A sip:x SIP/2.0\r\nContent-Length: 60000\r\n\r\n" + std::string(60000, 'b');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1460}, std::size_t{100000}})
    EXPECT_EQ(feed(message + message, piece), "M:" + message + "|M:" + message + "|") << piece;
}

}  // namespace
}  // namespace strowger::net
