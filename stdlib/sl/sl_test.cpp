// Tests of stateless replies: the golden transcripts of sl, and that a reply allocates nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "runtime/script/forward.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/test_world.h"
#include "sl.interface.h"

namespace strowger {
namespace {

ModuleImage sl_module() {
  ModuleImage module;
  module.name = "sl";
  module.start = Sl::start;
  module.worker_start = Sl::worker_start;
  module.request_in = Sl::request_in;
  module.stop = Sl::stop;
  return module;
}

Int script(Call* call) {
  const sip::Uri* uri = call->live->parsed_uri();
  const std::string_view user = uri ? uri->user.view() : "";
  if (user == "teapot") return Sl::sl_send_reply(*call, 418, "I'm a teapot");
  if (user == "redirect") {
    set_uri(*call->live, *call->arena, "sip:first@one.test:5070;transport=tcp");
    BranchTarget target;
    target.uri = "sip:second@two.test";
    target.q = 400;
    call->live->add_branch(*call->arena, target, 12);
    target.uri = "sip:third@three.test";
    target.q = kNoQ;
    call->live->add_branch(*call->arena, target, 12);
    return Sl::sl_send_reply(*call, 302, "Moved");
  }
  if (user == "force") call->live->force_rport = true;
  if (user == "error") return Sl::sl_reply_error(*call);
  if (user == "unevaluated") return Sl::sl_send_reply(*call, 0, "R alice");
  if (call->message().method_bit() == kOptions) return Sl::send_reply(*call, 200, "Alive");
  return Sl::sl_reply_error(*call);
}

class SlTest : public testing::Test {
 protected:
  void SetUp() override {
    world.modules = {sl_module()};
    world.image.request_route = script;
    world.start();
  }
  /// The To tag replaced by <tag>.
  static std::string masked(std::string text) {
    const std::size_t to = text.find("\r\nTo:");
    const std::size_t at = to == std::string::npos ? to : text.find(";tag=", to);
    if (at != std::string::npos) text.replace(at + 5, text.find("\r\n", at) - at - 5, "<tag>");
    return text;
  }
  TestWorld world;
};

TEST_F(SlTest, RepliesAsTheGoldenTranscript) {
  auto sent = world.receive(test_request("OPTIONS", "sip:teapot@sip.test", ";rport"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(masked(sent[0].bytes),
            "SIP/2.0 418 I'm a teapot\r\n"
            "Via: SIP/2.0/UDP 127.0.0.11:5080;rport=5080;branch=z9hG4bK-a1;received=127.0.0.11\r\n"
            "From: <sip:alice@sip.test>;tag=t1\r\n"
            "To: <sip:teapot@sip.test>;tag=<tag>\r\n"
            "Call-ID: c1@sip.test\r\n"
            "CSeq: 1 OPTIONS\r\n"
            "Server: strowger (test)\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(sent[0].to, (sip::Address{4, 5080, {127, 0, 0, 11}}));
  sent = world.receive(test_request("INFO", "sip:sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].bytes.starts_with("SIP/2.0 500 I'm terribly sorry, server error occurred (1/SL)\r\n"
                                        "Via: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-a1\r\n"));
}

TEST_F(SlTest, ErrorCodesHaveTheirText) {
  const auto sent = world.receive(test_request("INFO", "sip:error@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].bytes.starts_with("SIP/2.0 500 I'm terribly sorry, server error occurred (1/SL)\r\n"));
}

TEST_F(SlTest, ACodeThatIsNoneBecomesTheDefault) {
  const auto sent = world.receive(test_request("INFO", "sip:unevaluated@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].bytes.starts_with("SIP/2.0 500 R alice\r\n"));
}

TEST_F(SlTest, RetransmissionsGetTheSameTag) {
  const auto first = world.receive(test_request("OPTIONS", "sip:x@sip.test"));
  const auto second = world.receive(test_request("OPTIONS", "sip:x@sip.test"));
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(first[0].bytes, second[0].bytes);
  const std::size_t tag = first[0].bytes.find(";tag=", first[0].bytes.find("\r\nTo:")) + 5;
  EXPECT_EQ(first[0].bytes[tag + 32], '.');
  EXPECT_EQ(first[0].bytes.find("\r\n", tag), tag + 41);
}

TEST_F(SlTest, AHostWithoutPortGetsOneTag) {
  const auto tag = [&](std::string_view sent_by, std::string_view call) {
    std::string text = test_request("OPTIONS", "sip:teapot@sip.test");
    text.replace(text.find("127.0.0.11:5080"), 15, sent_by);
    text.replace(text.find("c1@sip.test"), 11, call);
    text.replace(text.find("z9hG4bK-a1"), 10, "z9hG4bK-" + std::string(call));
    const auto sent = world.receive(text);
    if (sent.empty()) return std::string("nothing");
    const std::size_t at = sent[0].bytes.find(";tag=", sent[0].bytes.find("\r\nTo:"));
    return sent[0].bytes.substr(at, 46);
  };
  EXPECT_EQ(tag("df7jal23.invalid;rport", "a"), tag("df7jal23.invalid;rport", "b"));
  EXPECT_NE(tag("df7jal23.invalid;rport", "a"), tag("other.invalid;rport", "a"));
  EXPECT_NE(tag("127.0.0.11:5080", "a"), tag("127.0.0.11:5080", "b"));
}

TEST_F(SlTest, A302ListsTheDestinationSet) {
  const auto sent = world.receive(test_request("INVITE", "sip:redirect@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].bytes.find("CSeq: 1 INVITE\r\nContact: <sip:first@one.test:5070;transport=tcp>, "
                               "<sip:second@two.test>;q=0.4, <sip:third@three.test>\r\nServer:"),
            std::string::npos);
}

TEST_F(SlTest, TheViaTellsSourceWhereItIsDue) {
  // Another host than the source: received, and the reply goes to the source's address and the Via's port.
  std::string request = test_request("OPTIONS", "sip:x@sip.test");
  request.replace(request.find("127.0.0.11:5080"), 15, "10.0.0.1:5099");
  auto sent = world.receive(request);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].bytes.find("Via: SIP/2.0/UDP 10.0.0.1:5099;branch=z9hG4bK-a1;received=127.0.0.11\r\n"), std::string::npos);
  EXPECT_EQ(sent[0].to, (sip::Address{4, 5099, {127, 0, 0, 11}}));
  // force_rport() without rport in the Via.
  sent = world.receive(test_request("OPTIONS", "sip:force@sip.test"), 4444);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].bytes.find("Via: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-a1;rport=4444\r\n"), std::string::npos);
  EXPECT_EQ(sent[0].to.port, 4444);
}

TEST_F(SlTest, AnAckToAStatelessReplyIsAbsorbed) {
  const auto sent = world.receive(test_request("INVITE", "sip:teapot@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  const std::size_t to = sent[0].bytes.find("\r\nTo:") + 2;
  const std::string to_line = sent[0].bytes.substr(to, sent[0].bytes.find("\r\n", to) - to);
  std::string ack = test_request("ACK", "sip:teapot@sip.test");
  const std::size_t old_to = ack.find("To: ");
  ack.replace(old_to, ack.find("\r\n", old_to) - old_to, to_line);
  const std::uint64_t before = world.worker->counters.local_replies;
  EXPECT_TRUE(world.receive(ack).empty());
  world.advance(5000);
  EXPECT_TRUE(world.receive(ack).empty());   // reaches the script, which cannot reply to an ACK
  EXPECT_EQ(world.worker->counters.local_replies, before);
  EXPECT_EQ(world.log.lines.size(), 1u);     // "only requests other than ACK": once, not twice
}

TEST_F(SlTest, HeadersThatCannotBeReadAreNotAnswered) {
  EXPECT_TRUE(world.receive(test_request("OPTIONS", "sip:x@sip.test", "", "No Colon Here\r\n")).empty());
  std::string cut = test_request("OPTIONS", "sip:x@sip.test");
  cut.resize(cut.size() - 2);   // no empty line
  EXPECT_EQ(world.receive(cut).size(), 1u);
}

}  // namespace
}  // namespace strowger
