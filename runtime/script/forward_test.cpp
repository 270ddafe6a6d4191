// What goes on is the same whichever way it is written: whole, with one edit for both Vias, or with an edit for each mark.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/forward.h"

#include "runtime/script/test_call.h"

namespace strowger {
namespace {

class ForwardTest : public testing::ScriptCall {
 protected:
  /// The request as it goes on, with an edit of nothing at each of these places.
  std::string forwarded(std::initializer_list<std::uint32_t> places, Text uri, Outbox* into) {
    live.edits.clear();
    for (const std::uint32_t place : places) live.edits.insert(*arena, place, "");
    ForwardPlan plan;
    plan.out = live.socket;
    plan.hop.address = {4, 5090, {127, 0, 0, 12}};
    plan.branch = "z9hG4bKours";
    plan.uri = uri;
    return std::string(build_request(live, plan, *arena, into).view());
  }
};

TEST_F(ForwardTest, RequestsAreTheSameWhicheverWayTheyAreWritten) {
  for (const std::string via : {"SIP/2.0/UDP 127.0.0.11:5080;rport;branch=z9hG4bKa", "SIP/2.0/UDP h;branch=z9hG4bKa;rport",
                                "SIP/2.0/UDP h;rport;branch=a;received=1.2.3.4", "SIP/2.0/UDP h;rport=;branch=a", "SIP/2.0/UDP h;RPORT;branch=a",
                                "SIP/2.0/UDP h ; rport ; branch=a", "SIP/2.0/UDP h;rport;branch=a, SIP/2.0/UDP g;branch=b",
                                "SIP/2.0/UDP 127.0.0.11:5080;branch=a", "SIP/2.0/UDP 10.0.0.1", "SIP/2.0/UDP h;rport;rport;branch=a"}) {
    for (const std::string before : {"", "Max-Forwards: 70\r\n"}) {
      load("OPTIONS sip:alice@sip.test SIP/2.0\r\n" + before + "Via: " + via +
           "\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 2\r\n\r\nhi");
      ASSERT_EQ(live.message.fault(), sip::ParseFault::None) << via;
      const std::uint32_t top = live.message.first(sip::HeaderId::Via)->at;
      for (const Text uri : {Text::null(), Text("sip:other@127.0.0.12")}) {
        const std::string whole = forwarded({}, uri, nullptr);
        EXPECT_NE(whole.find("Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKours\r\n"), std::string::npos) << whole;
        EXPECT_EQ(whole, forwarded({}, uri, &world.worker->outbox));
        EXPECT_EQ(whole, forwarded({live.message.headers_end(), top}, uri, nullptr));
        EXPECT_EQ(whole, forwarded({top + 5}, uri, nullptr));   // within the Via: each mark by itself
      }
    }
  }
}

TEST_F(ForwardTest, RepliesAreTheSameWhicheverWayTheyAreWritten) {
  for (const std::string vias : {"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=o\r\nVia: SIP/2.0/UDP h;branch=a\r\n",
                                 "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=o, SIP/2.0/UDP h;branch=a\r\n"}) {
    load("SIP/2.0 200 OK\r\n" + vias + "From: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 2\r\n\r\nhi");
    const std::string whole(build_forwarded_reply(live, *arena, sip::Protocol::Udp).view());
    EXPECT_TRUE(whole.starts_with("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=a\r\nFrom:")) << whole;
    EXPECT_TRUE(whole.ends_with("\r\n\r\nhi"));
    live.edits.insert(*arena, live.message.headers_end(), "");
    EXPECT_EQ(whole, std::string(build_forwarded_reply(live, *arena, sip::Protocol::Udp).view()));
  }
}

}  // namespace
}  // namespace strowger
