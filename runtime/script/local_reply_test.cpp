// Replies of our own are what sip::build_reply() makes of the same request: for usual ones, and with every byte of them changed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/forward.h"
#include "runtime/script/test_call.h"
#include "runtime/sip/reply_builder.h"

namespace strowger {
namespace {

class LocalReplyTest : public testing::ScriptCall {
 protected:
  /// What is sent, and what build_reply() makes; "" where there is none.
  std::string sent(Int code, Text reason, Text tag, Text extra) {
    Outbox& outbox = world.worker->outbox;
    outbox.clear();
    if (!send_local_reply(call, code, reason, tag, extra, Text::null(), Text::null())) return "";
    return std::string(outbox.bytes(outbox.entries().back()).view());
  }
  std::string expected(Int code, Text reason, Text tag, Text extra) {
    sip::ReplyPlan plan;
    plan.code = static_cast<int>(code);
    plan.reason = reason;
    plan.to_tag = tag;
    plan.extra_headers = extra;
    plan.server_header = std::string_view(world.process->settings.server_header);
    plan.source = live.source;
    const sip::Via* const via = live.message.via();
    const sip::ParseFault fault = live.message.fault();
    if (!via || (fault != sip::ParseFault::None && fault != sip::ParseFault::NoEnd)) return "";
    const sip::ViaMarks marks = sip::via_marks(*via, live.source, live.force_rport);
    plan.add_received = marks.received;
    plan.add_rport = marks.rport;
    char room[4096];
    return {room, sip::build_reply(live.message, plan, room, sizeof room)};
  }
  /// Without blanks and with LF at lines' ends: the builder keeps those of the request, and a tag stands in front of blanks.
  static std::string lines(std::string text) {
    std::erase_if(text, [](char c) { return c == '\r' || c == ' ' || c == '\t'; });
    return text;
  }
  void compare(const std::string& request) {
    load(request);
    for (const Int code : {100, 200, 404}) {
      const Text tag = code == 100 ? Text::null() : Text("a-tag.1");
      const Text extra = code == 404 ? Text("X-Extra: 1\r\n") : Text::null();
      ASSERT_EQ(lines(sent(code, "Why", tag, extra)), lines(expected(code, "Why", tag, extra))) << request;
    }
  }
};

TEST_F(LocalReplyTest, IsWhatTheBuilderMakes) {
  const std::string usual = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;rport;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n"
                            "From: \"A\" <sip:a@b>;tag=1\r\nTo: <sip:c>\r\nCall-ID: d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
  compare(usual);
  const std::string others = std::string("\x01\xff", 2) + "\t\r\n :;=,<>\"/2rS";
  for (std::size_t at = usual.find("Via"); at < usual.size(); ++at) {
    for (const char c : others) {
      std::string changed = usual;
      changed[at] = c;
      compare(changed);
    }
    compare(usual.substr(0, at) + usual.substr(at + 1));
    if (HasFatalFailure()) return;
  }
  for (const std::string line : {"Via: SIP/2.0/TCP h;branch=b", "Record-Route: <sip:r;lr>", "Subject: s", "v: SIP/2.0/UDP h2\r\nRecord-Route: <sip:q>"})
    for (std::size_t at = usual.find("Via"); at + 2 < usual.size(); at = usual.find("\r\n", at) + 2)
      compare(usual.substr(0, at) + line + "\r\n" + usual.substr(at));
}

TEST_F(LocalReplyTest, IsNotSentWhereItIsTooBig) {
  const std::string request = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:c>\r\n"
                              "Call-ID: d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
  load(request);
  const std::size_t others = sent(200, "", "t", Text::null()).size();
  ASSERT_GT(others, 0u);
  for (const std::size_t length : {65535 - others, 65536 - others, std::size_t{200000}, std::size_t{1000000}}) {
    const std::string long_line = "X: " + std::string(length - 5, 'x') + "\r\n";
    EXPECT_EQ(sent(200, "", "t", std::string_view(long_line)).size(), length + others <= 65535 ? length + others : 0u);
  }
  EXPECT_EQ(world.worker->counters.too_big, 3u);
}

}  // namespace
}  // namespace strowger
