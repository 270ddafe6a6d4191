// sanity_check(): each check with what the oracle answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/forward.h"
#include "runtime/script/malformed.h"
#include "runtime/script/test_call.h"
#include "sanity.interface.h"

namespace strowger::testing {
namespace {

std::string answered;
Code remember_reply(Call& call, Int code, Text reason) {
  answered = std::to_string(code) + " " + std::string(reason.view());
  for (const ReplyHeader* h = call.live->reply_headers; h; h = h->next) answered += "|" + std::string(h->text.view());
  return 1;
}

class SanityTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("sanity");
    module.worker_start = Sanity::worker_start;
    world.modules = {module};
  }
  /// The message with one header replaced or added, or another first line ("").
  std::string check(Int checks, std::string_view name, std::string_view value, Int uris = 7) {
    std::string text;
    bool used = false;
    const std::pair<std::string_view, std::string_view> kGood[] = {
        {"", "OPTIONS sip:x@y SIP/2.0"}, {"Via", "SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-1"}, {"From", "<sip:a@b>;tag=1"},
        {"To", "<sip:x@y>"}, {"Call-ID", "c1"}, {"CSeq", "1 OPTIONS"}, {"Content-Length", "0"}};
    for (const auto& [key, good] : kGood) {
      const bool here = key == name;
      used = used || here;
      text += key.empty() ? std::string(here ? value : good) : std::string(key) + ": " + std::string(here ? value : good);
      text += "\r\n";
    }
    if (!used) text += std::string(name) + ": " + std::string(value) + "\r\n";
    load(text + "\r\n");
    world.process->services.reply_stateless = remember_reply;
    answered = "nothing";
    const Code code = Sanity::sanity_check(call, checks, uris);
    EXPECT_EQ(code, answered == "nothing" ? 1 : 0) << name << " " << value;
    return answered;
  }
};

TEST_F(SanityTest, Checks) {
  EXPECT_EQ(check(17895, "X", "y"), "nothing");
  EXPECT_EQ(check(2, "", "OPTIONS http://x.test SIP/2.0"), "400 Bad Request URI");
  EXPECT_EQ(check(2, "", "OPTIONS tel:123 SIP/2.0"), "nothing");
  EXPECT_EQ(check(32, "CSeq", "1 INVITE"), "400 CSeq method does not match request method");
  EXPECT_EQ(check(64, "CSeq", "abc OPTIONS"), "400 CSeq number is illegal");
  EXPECT_EQ(check(64, "CSeq", "4294967296 OPTIONS"), "nothing");
  EXPECT_EQ(check(64, "CSeq", "99999999999999999999 OPTIONS"), "400 CSeq number is illegal");
  EXPECT_EQ(check(128, "Content-Length", "10"), "400 Content-Length mis-match");
  EXPECT_EQ(check(256, "Expires", "abc"), "400 Expires value is illegal");
  EXPECT_EQ(check(256, "Expires", "-1"), "400 Expires value is illegal");
  EXPECT_EQ(check(256, "Expires", ""), "400 Bad Expires Header");
  EXPECT_EQ(check(256, "Expires", "3600"), "nothing");
  EXPECT_EQ(check(512, "Proxy-Require", "zap"), "420 Bad Proxy Require Extension|Unsupported: zap\r\n");
  EXPECT_EQ(check(1024, "From", "<foo>;tag=1"), "400 Invalid From Header");
  EXPECT_EQ(check(1024, "To", "<foo>"), "400 Ivalid To Header");   // as Kamailio writes it
  EXPECT_EQ(check(1024, "Contact", "<foo>"), "nothing");
  EXPECT_EQ(check(1024, "Contact", "<foo>", 15), "400 Bad Contact URI");
  EXPECT_EQ(check(1024, "Contact", "*", 15), "nothing");
  EXPECT_EQ(check(2048, "Authorization", "Digest broken"), "400 Bad Auth Header");
  EXPECT_EQ(check(2048, "Authorization", "Digest username=\"a\""), "400 Bad Auth Credentials");
  EXPECT_EQ(check(2048, "Proxy-Authorization", "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"sip:x\", response=\"ff\""), "nothing");
  EXPECT_EQ(check(8192, "Authorization", "Digest username=\"a"), "400 Bad Auth Header");
  EXPECT_EQ(check(8192, "Authorization", "junk"), "nothing");
  const std::string good = "Digest username=\"a\",realm=\"\",nonce=\"c\",uri=\"\",response=\"ff\"";
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const Int bit : {2048, 8192}) {
    EXPECT_EQ(check(bit, "Authorization", good), "nothing");
    EXPECT_EQ(check(bit, "Authorization", with("\"a\"", "\"\"")), "400 Auth Empty User");
    EXPECT_EQ(check(bit, "Authorization", with("\"c\"", "\"\"")), "400 Auth Empty Nonce");
    EXPECT_EQ(check(bit, "Authorization", with("\"ff\"", "\"\"")), "400 Auth Empty Response");
    EXPECT_EQ(check(bit, "Authorization", with("username=\"a\"", "username")), "400 Bad Auth Credentials");
    EXPECT_EQ(check(bit, "Authorization", good + ",qop=auth,nc=1"), "400 Bad Auth Credentials");
    EXPECT_EQ(check(bit, "Authorization", good + ",qop=auth,nc=1,cnonce=x"), "nothing");
    EXPECT_EQ(check(bit, "Authorization", good + ","), "400 Bad Auth Header");
  }
  EXPECT_EQ(check(1024, "Contact", "junk", 15), "400 Bad Contact Header");
  EXPECT_EQ(check(1024, "Contact", "", 15), "400 Bad Contact Header");
  EXPECT_EQ(check(1024, "Contact", "<foo>, <sip:a@b>", 15), "nothing");
  EXPECT_EQ(check(1024, "From", "<sip:a b@c>;tag=1"), "400 Invalid From Header");
  EXPECT_EQ(check(512, "Proxy-Require", ""), "400 Bad Proxy Require Header");
  EXPECT_EQ(check(4, "X", "y\r\nCall-ID: second"), "400 Bad Header");
  EXPECT_EQ(check(4096, "From", "<sip:a@b>;tag=1;tag=2"), "400 Many From Tag Params");
  EXPECT_EQ(check(4096, "From", "<http://x>;tag=1"), "nothing");
}

TEST_F(SanityTest, OtherSchemesAreRefusedWithoutAReply) {
  load("OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
       "Authorization: Basic x\r\nContent-Length: 0\r\n\r\n");
  world.process->services.reply_stateless = remember_reply;
  answered = "nothing";
  EXPECT_EQ(Sanity::sanity_check(call, 2048), 0);
  EXPECT_EQ(answered, "nothing");
  EXPECT_EQ(Sanity::sanity_check(call, 8192), 1);
  EXPECT_EQ(Sanity::sanity_reply(call), 1);       // nothing is remembered
  EXPECT_EQ(answered, "nothing");
}

TEST_F(SanityTest, MasksNameTestsAndNothingElse) {
  load("OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
       "Content-Length: 0\r\n\r\n");
  for (const Int mask : {Int{0}, Int{-1}, Int{32768}, Int{65535}}) EXPECT_EQ(Sanity::sanity_check(call, mask), -1) << mask;
  for (const Int mask : {Int{0}, Int{-1}, Int{16}}) EXPECT_EQ(Sanity::sanity_check(call, 1, mask), -1) << mask;
  EXPECT_EQ(Sanity::sanity_check(call, 32767, 15), 1);
}

TEST_F(SanityTest, AllUnsupportedExtensionsAreNamed) {
  EXPECT_EQ(check(512, "Proxy-Require", "zap, zip\r\nRequire: other\r\nProxy-Require: zop"),
            "420 Bad Proxy Require Extension|Unsupported: zap, zip, zop\r\n");
}

TEST_F(SanityTest, WhatFollowsTheBodyInADatagramIsNoPartOfIt) {
  load("MESSAGE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n"
       "Content-Length: 2\r\n\r\nhello");
  world.process->services.reply_stateless = remember_reply;
  EXPECT_EQ(Sanity::sanity_check(call, 128), 1);
  EXPECT_EQ(call.live->message.body().view(), "he");
  EXPECT_EQ(call.live->message.buffer().view().substr(call.live->message.buffer().len - 6), "\r\n\r\nhe");
}

/// Whole requests, as they come: what cannot be parsed is answered where it has all that a request must have.
class MalformedTest : public ::testing::Test {
 protected:
  std::string receive(std::string_view first_line, std::string_view from, std::string_view extra = "Max-Forwards: 9\r\n") {
    TestWorld world;
    ModuleImage sanity;
    sanity.name = Text("sanity");
    sanity.start = Sanity::start;
    sanity.worker_start = Sanity::worker_start;
    world.modules = {sanity};
    world.image.request_route = [](Call* call) -> Int { return call->log(LogLevel::Info, "ran"), 1; };
    world.start();
    world.process->services.reply_stateless = [](Call& call, Int code, Text reason) -> Code {
      EXPECT_TRUE(may_be_answered(call.live->message));      // else sl would log a line for each bit of noise
      return send_local_reply(call, code, reason, "tt", Text::null(), Text::null(), Text::null()) ? 1 : -1;
    };
    std::string text(first_line);
    text.append("\r\nVia: SIP/2.0/UDP 127.0.0.11:9;branch=z9hG4bK1\r\n").append(extra).append("From: ").append(from);
    text.append("\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1\r\n OPTIONS\r\nContent-Length: 0\r\n\r\n");
    const auto sent = world.receive(text);
    if (!world.log.lines.empty()) return "ran";
    if (sent.empty()) return "nothing";
    EXPECT_EQ(sent[0].to.port, 5080);               // where it came from, not where its Via says
    sip::ChunkPool pool;
    sip::Arena arena(pool);
    sip::Message reply = sip::Message::parse(Text(std::string_view(sent[0].bytes)), arena);
    EXPECT_EQ(reply.fault(), sip::ParseFault::None) << sent[0].bytes;
    EXPECT_EQ(reply.to_tag().view(), "tt");
    return std::string(reply.first_line().view());
  }
};

TEST_F(MalformedTest, IsAnswered) {
  constexpr std::string_view kFrom = "<sip:a@b>;tag=1", kLine = "OPTIONS sip:x@y SIP/2.0";
  EXPECT_EQ(receive(kLine, kFrom), "ran");          // a folded CSeq is no fault
  EXPECT_EQ(receive("OPTIONS  sip:x@y  SIP/2.0", kFrom), "SIP/2.0 400 Bad Request Line");
  EXPECT_EQ(receive("OPTIONS sip:x@y; lr SIP/2.0", kFrom), "SIP/2.0 400 Bad Request Line");
  EXPECT_EQ(receive("junk", kFrom), "SIP/2.0 400 Bad Request Line");
  EXPECT_EQ(receive("OPTIONS sip:x@y SIP/7.0", kFrom), "SIP/2.0 505 Version Not Supported");
  EXPECT_EQ(receive(kLine, kFrom, "Max-Forwards: 9\r\nCSeq: 2 OPTIONS\r\nCSeq: 3 OPTIONS\r\n"), "SIP/2.0 400 Bad Header");
}

TEST_F(MalformedTest, OrNot) {
  constexpr std::string_view kFrom = "<sip:a@b>;tag=1";
  EXPECT_EQ(receive("OPTIONS  sip:x@y  SIP/2.0", kFrom, ""), "nothing");          // no Max-Forwards
  EXPECT_EQ(receive("ACK  sip:x@y  SIP/2.0", kFrom), "nothing");
  EXPECT_EQ(receive("SIP/2.0 99 X", kFrom), "nothing");
  EXPECT_EQ(receive("SIP/7.0 200 X", kFrom), "nothing");
  EXPECT_EQ(receive(std::string_view("OPT\0 sip:x@y SIP/2.0", 21), kFrom), "nothing");
}

TEST_F(SanityTest, RepliesAndAckAreNotAnswered) {
  load("ACK http:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 ACK\r\n\r\n");
  world.process->services.reply_stateless = remember_reply;
  answered = "nothing";
  EXPECT_EQ(Sanity::sanity_check(call, 2), 0);
  EXPECT_EQ(answered, "nothing");
}

TEST_F(SanityTest, RepliesHaveNoRequestLine) {
  load("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>;tag=2\r\nCall-ID: c\r\nCSeq: 1 ACK\r\n\r\n");
  world.process->services.reply_stateless = remember_reply;
  answered = "nothing";
  for (const Int bit : {1, 2, 32}) EXPECT_EQ(Sanity::sanity_check(call, bit, 6), 0) << bit;
  EXPECT_EQ(Sanity::sanity_check(call, 1024, 1), 0);
  EXPECT_EQ(Sanity::sanity_check(call, 1024, 6), 1);
  EXPECT_EQ(Sanity::sanity_check(call, 17604, 6), 1);   // what the stock script asks of replies
  EXPECT_EQ(answered, "nothing");
}

}  // namespace
}  // namespace strowger::testing
