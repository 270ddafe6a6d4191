// Replies, CANCEL and ACK, byte for byte; the bounded writer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <string>

#include "runtime/sip/print.h"
#include "runtime/sip/reply_builder.h"
#include "runtime/sip/request_builder.h"

namespace strowger::sip {
namespace {

class BuildersTest : public testing::Test {
 protected:
  Message parse(std::string& text) { return Message::parse(Text(std::string_view(text)), arena_); }
  std::string reply(std::string text, ReplyPlan plan) {
    Message m = parse(text);
    char out[4096];
    return {out, build_reply(m, plan, out, sizeof out)};
  }
  // The Via line of a reply to a request that came from 127.0.0.11:5066.
  std::string top_via(const std::string& line, bool force_rport = false) {
    std::string text = "OPTIONS sip:x SIP/2.0\r\n" + line + "\r\nFrom: <sip:a>\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    Message m = parse(text);
    ReplyPlan plan;
    plan.code = 200;
    plan.reason = "OK";
    plan.source = *parse_ip("127.0.0.11");
    plan.source.port = 5066;
    const ViaMarks marks = via_marks(*m.via(), plan.source, force_rport);
    plan.add_received = marks.received;
    plan.add_rport = marks.rport;
    char out[4096];
    std::string all(out, build_reply(m, plan, out, sizeof out));
    all.erase(0, all.find("\r\n") + 2);
    return all.substr(0, all.find("\r\nFrom"));
  }
  ChunkPool pool_;
  Arena arena_{pool_};
};

TEST_F(BuildersTest, reply_copies_lines_in_the_order_of_the_request) {
  const std::string request =
      "INVITE sip:rr@y SIP/2.0\r\nTo: \"x\" <sip:x@y>  \r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:a;lr>,\r\n <sip:b;lr>\r\n"
      "Via: SIP/2.0/UDP 127.0.0.11:5066;branch=z9hG4bK-1\r\ni : n0\r\nf: <sip:a@b>;tag=t\r\nRecord-Route: <sip:c;lr>\r\n"
      "Via: SIP/2.0/TCP h3\r\nX-C: 183\r\n\r\n";
  ReplyPlan plan;
  plan.code = 183;
  plan.reason = "Prog";
  plan.to_tag = "new.1";
  plan.extra_headers = "X-Rep: 1\r\n";
  plan.server_header = "Server: s";
  EXPECT_EQ(reply(request, plan),
            "SIP/2.0 183 Prog\r\nTo: \"x\" <sip:x@y>  ;tag=new.1\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:a;lr>,\r\n <sip:b;lr>\r\n"
            "Via: SIP/2.0/UDP 127.0.0.11:5066;branch=z9hG4bK-1\r\ni : n0\r\nf: <sip:a@b>;tag=t\r\nRecord-Route: <sip:c;lr>\r\n"
            "Via: SIP/2.0/TCP h3\r\nX-Rep: 1\r\nServer: s\r\nContent-Length: 0\r\n\r\n");
  plan.code = 302;
  plan.body = "body";
  plan.extra_headers = plan.server_header = Text::null();
  EXPECT_EQ(reply(request, plan),
            "SIP/2.0 302 Prog\r\nTo: \"x\" <sip:x@y>  ;tag=new.1\r\nCSeq: 1 INVITE\r\n"
            "Via: SIP/2.0/UDP 127.0.0.11:5066;branch=z9hG4bK-1\r\ni : n0\r\nf: <sip:a@b>;tag=t\r\n"
            "Via: SIP/2.0/TCP h3\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_F(BuildersTest, reply_keeps_a_tag_and_the_line_ends) {
  ReplyPlan plan;
  plan.code = 400;
  plan.reason = "Bad";
  plan.to_tag = "n";
  EXPECT_EQ(reply("options sip:x sip/2.0\nVia: SIP/2.0/UDP h\nTo: <sip:x>;tag=7\nFrom: <sip:a>\nCall-ID: c\nCSeq: 1 OPTIONS\n\n", plan),
            "sip/2.0 400 Bad\r\nVia: SIP/2.0/UDP h\nTo: <sip:x>;tag=7\nFrom: <sip:a>\nCall-ID: c\nCSeq: 1 OPTIONS\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reply("options  sip:x  sip/2.0\nVia: SIP/2.0/UDP h\nt: <sip:x>\nCall-ID: c\n\n", plan),
            "SIP/2.0 400 Bad\r\nVia: SIP/2.0/UDP h\nt: <sip:x>;tag=n\nCall-ID: c\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reply("options sip:x sip/2.0\nTo: <sip:x>\n\n", plan), "");
}

TEST_F(BuildersTest, reply_completes_the_top_via) {
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP 127.0.0.11:5066;branch=b"), "Via: SIP/2.0/UDP 127.0.0.11:5066;branch=b");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP 127.0.0.11:5066;rport;branch=b"), "Via: SIP/2.0/UDP 127.0.0.11:5066;rport=5066;branch=b;received=127.0.0.11");
  EXPECT_EQ(top_via("v: SIP/2.0/UDP 127.0.0.11:5066; rport ;branch=b"), "v: SIP/2.0/UDP 127.0.0.11:5066;rport=5066;branch=b;received=127.0.0.11");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;rport=5;branch=b "), "Via: SIP/2.0/UDP h;rport=5066;branch=b ;received=127.0.0.11");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;branch=b;rport"), "Via: SIP/2.0/UDP h;branch=b;rport=5066;received=127.0.0.11");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;branch=b"), "Via: SIP/2.0/UDP h;branch=b;received=127.0.0.11");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP 127.0.0.11;branch=b", true), "Via: SIP/2.0/UDP 127.0.0.11;branch=b;rport=5066");
  // Where Kamailio writes a second received, and behind the last value of the line, ours is the first value's only one.
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;received=1.2.3.4;rport;branch=b"), "Via: SIP/2.0/UDP h;received=127.0.0.11;rport=5066;branch=b");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;rport;received=1.2.3.4"), "Via: SIP/2.0/UDP h;rport=5066;received=127.0.0.11");
  EXPECT_EQ(top_via("Via: SIP/2.0/UDP h;branch=b , SIP/2.0/TCP i"), "Via: SIP/2.0/UDP h;branch=b;received=127.0.0.11 , SIP/2.0/TCP i");
}

TEST_F(BuildersTest, reply_is_bounded) {
  std::string text = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n";
  Message m = parse(text);
  ReplyPlan plan;
  plan.code = 200;
  plan.reason = "OK";
  char out[64];
  std::size_t n = build_reply(m, plan, out, sizeof out);
  ASSERT_GT(n, 0u);
  for (std::size_t capacity = 0; capacity < n; ++capacity) EXPECT_EQ(build_reply(m, plan, out, capacity), 0u);
}

const char* const kInvite =
    "INVITE sip:x@y;a=b?c SIP/2.0\r\nRecord-Route: <sip:p;lr>\r\nt: \"x\" <sip:x@y>  \r\nCSeq:  001   INVITE  \r\nRoute: <sip:r1;lr>, <sip:r2;lr>\r\n"
    "Via: SIP/2.0/UDP p;branch=z9hG4bK71ea.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK-1\r\ni : c1\r\nRoute: <sip:r3;lr>\r\n"
    "f: <sip:a@b>;tag=t\r\nSupported: 100rel\r\nContact: <sip:q@r>\r\nUser-Agent: foo\r\nMax-Forwards: 20\r\nContent-Length: 0\r\n\r\n";

TEST_F(BuildersTest, cancel_is_made_from_the_invite) {
  std::string text = kInvite;
  Message m = parse(text);
  char out[4096];
  Writer writer(out, sizeof out);
  ASSERT_TRUE(build_cancel(m, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n", Text::null(), writer));
  EXPECT_EQ(std::string(writer.text().view()),
            "CANCEL sip:x@y;a=b?c SIP/2.0\r\nt: \"x\" <sip:x@y>  \r\nCSeq:  001   CANCEL\r\nRoute: <sip:r1;lr>, <sip:r2;lr>\r\n"
            "Via: SIP/2.0/UDP p;branch=z9hG4bK71ea.0\r\ni : c1\r\nRoute: <sip:r3;lr>\r\nf: <sip:a@b>;tag=t\r\nMax-Forwards: 20\r\n"
            "Content-Length: 0\r\nReason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n\r\n");
  Writer small(out, 100);
  EXPECT_FALSE(build_cancel(m, Text::null(), "User-Agent: u", small));
}

TEST_F(BuildersTest, headers_with_a_prefix_come_along_in_their_places) {
  std::string text =
      "INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=t\r\nTo: <sip:x@y>\r\nCall-ID: c\r\n"
      "CSeq: 1 INVITE\r\nX-Ex: one\r\nX-Other: no\r\nContent-Length: 0\r\nx-extra: two\r\n\r\n";
  Message m = parse(text);
  char out[4096];
  Writer writer(out, sizeof out);
  ASSERT_TRUE(build_cancel(m, Text::null(), Text::null(), writer, "X-Ex"));
  EXPECT_EQ(std::string(writer.text().view()),
            "CANCEL sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=t\r\nTo: <sip:x@y>\r\nCall-ID: c\r\n"
            "CSeq: 1 CANCEL\r\nX-Ex: one\r\nContent-Length: 0\r\nx-extra: two\r\n\r\n");
}

TEST_F(BuildersTest, ack_takes_to_from_the_reply) {
  std::string text = kInvite;
  std::string answer = "SIP/2.0 487 R\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK71ea.0\r\nTo :   \"x\" <sip:x@y> ; x=1;tag=u  \r\nFrom: <sip:a@b>\r\n"
                       "Call-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n";
  Message m = parse(text);
  const Message r = parse(answer);
  char out[4096];
  Writer writer(out, sizeof out);
  ASSERT_TRUE(build_ack_negative(m, r, writer));
  EXPECT_EQ(std::string(writer.text().view()),
            "ACK sip:x@y;a=b?c SIP/2.0\r\nTo :   \"x\" <sip:x@y> ; x=1;tag=u  \r\nCSeq:  001   ACK\r\nRoute: <sip:r1;lr>, <sip:r2;lr>\r\n"
            "Via: SIP/2.0/UDP p;branch=z9hG4bK71ea.0\r\ni : c1\r\nRoute: <sip:r3;lr>\r\nf: <sip:a@b>;tag=t\r\nMax-Forwards: 20\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST_F(BuildersTest, requests_need_an_invite_with_its_headers) {
  std::string text = "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP p\r\nTo: <sip:x>\r\nCSeq: 1 INVITE\r\n\r\n";
  Message m = parse(text);
  char out[512];
  Writer writer(out, sizeof out);
  EXPECT_FALSE(build_cancel(m, Text::null(), Text::null(), writer));
}

TEST(Writer, prints_and_stops_at_its_end) {
  char out[64];
  Writer writer(out, sizeof out);
  writer.put_number(0);
  writer.put(' ');
  writer.put_number(INT64_MIN);
  writer.put(' ');
  writer.put_hex(0xbeef);
  writer.put(' ');
  writer.put_hex(10, 4);
  writer.put(Text::null());
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.text().view(), "0 -9223372036854775808 beef 000a");
  Writer small(out, 3);
  small.put("ab");
  small.put("cd");
  EXPECT_FALSE(small.ok());
  small.put('c');
  EXPECT_EQ(small.size(), 2u);  // nothing behind a gap
}

}  // namespace
}  // namespace strowger::sip
