// A relayed call and its repetitions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

Int relay_all(Call* call) {
  Tm::t_relay(*call);
  return 1;
}

using CallTest = ProxyTest;

TEST_F(CallTest, IsRelayed) {
  start(relay_all);
  alice->send(invite());
  auto trying = alice->expect("100");
  EXPECT_EQ(trying.first_line(), "SIP/2.0 100 trying -- your call is important to us");
  EXPECT_EQ(trying.param("To", "tag"), "");
  auto request = bob->expect("INVITE");
  ASSERT_TRUE(request);
  ASSERT_EQ(request.headers("Via").size(), 2u);
  EXPECT_TRUE(request.param("Via", "branch").starts_with("z9hG4bKsw00."));
  bob->reply(request, 180, "Ringing");
  EXPECT_TRUE(alice->expect("180"));
  bob->reply(request, 200, "OK");
  auto ok = alice->expect("200");
  EXPECT_EQ(ok.headers("Via").size(), 1u);
  auto p = parts(1);
  p.branch = "z9hG4bK-a-ack";
  p.to += ";tag=b1";
  alice->send(alice->make_request("ACK", "sip:bob@192.0.2.20", p));
  auto ack = bob->expect("ACK");
  EXPECT_NE(ack.param("Via", "branch"), request.param("Via", "branch"));
  p.branch = "z9hG4bK-a-bye";
  p.cseq = 2;
  alice->send(alice->make_request("BYE", "sip:bob@192.0.2.20", p));
  auto bye = bob->expect("BYE");
  bob->reply(bye, 200, "OK");
  EXPECT_TRUE(alice->expect("200 BYE"));
  expect_empty_afterwards();
}

TEST_F(CallTest, RepetitionsOfTheInviteGetTheLastReply) {
  start(relay_all);
  alice->send(invite());
  alice->expect("100");
  auto request = bob->expect("INVITE");
  bob->reply(request, 100, "Trying");
  alice->send(invite());
  EXPECT_TRUE(alice->expect("100"));
  bob->reply(request, 180, "Ringing");
  alice->expect("180");
  alice->send(invite());
  EXPECT_TRUE(alice->expect("180"));
  bob->reply(request, 200, "OK");
  alice->expect("200");
  alice->send(invite());
  EXPECT_TRUE(alice->expect("200"));
  bob->reply(request, 200, "OK");
  EXPECT_TRUE(alice->expect("200"));
  EXPECT_EQ(sent_to(*bob, "INVITE"), 1);
  expect_empty_afterwards();
}

TEST_F(CallTest, AnInviteWithoutAnswerIsRepeatedAtDoublingIntervals) {
  start(relay_all);
  alice->send(invite());
  std::vector<Millis> at;
  Millis first = 0;
  auto fin = alice->expect("408", 60000);
  EXPECT_EQ(fin.first_line(), "SIP/2.0 408 Request Timeout");
  EXPECT_NE(fin.param("To", "tag"), "");
  for (const sim::Packet& packet : world->network.packets()) {
    if (packet.to != bob->address) continue;
    if (at.empty()) first = packet.sent;
    at.push_back(packet.sent - first);
  }
  ASSERT_GE(at.size(), 6u);
  EXPECT_EQ((std::vector<Millis>(at.begin(), at.begin() + 6)), (std::vector<Millis>{0, 500, 1500, 3500, 7500, 11500}));
  EXPECT_EQ(fin.at - first - 1, 30000);
  alice->send(ack_failure("sip:bob@192.0.2.20", 1, fin.param("To", "tag")));
  expect_empty_afterwards();
}

TEST_F(CallTest, ProvisionalReplyEndsRepetitions) {
  start(relay_all);
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  EXPECT_TRUE(bob->expect_nothing(20000, "INVITE"));
  bob->reply(request, 486, "Busy Here");
  EXPECT_TRUE(bob->expect("ACK"));
  alice->expect("486");
  alice->send(ack_failure());
  expect_empty_afterwards();
}

TEST_F(CallTest, AFailureIsRepeatedUntilTheAck) {
  start(relay_all);
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 486, "Busy Here");
  auto ack = bob->expect("ACK");
  EXPECT_EQ(ack.param("Via", "branch"), request.param("Via", "branch"));
  EXPECT_EQ(ack.param("To", "tag"), "b1");
  EXPECT_EQ(ack.headers("Via").size(), 1u);
  alice->expect("486");
  alice->expect("486");
  alice->expect("486");
  alice->send(ack_failure());
  EXPECT_TRUE(alice->expect_nothing(3000, "486"));
  bob->reply(request, 486, "Busy Here");   // a repetition is acknowledged again and goes no further
  EXPECT_TRUE(alice->expect_nothing(10000, "486"));
  expect_empty_afterwards();
  EXPECT_EQ(sent_to(*bob, "ACK"), 2);
}

TEST_F(CallTest, NonInviteRequestsAreRepeatedAndTimeOut) {
  start(relay_all);
  auto message = alice->make_request("MESSAGE", "sip:bob@192.0.2.20", parts(1));
  alice->send(message);
  auto request = bob->expect("MESSAGE");
  EXPECT_TRUE(bob->expect("MESSAGE"));
  bob->reply(request, 200, "OK");
  alice->expect("200");
  alice->send(message);
  EXPECT_TRUE(alice->expect("200"));
  EXPECT_TRUE(alice->expect_nothing(1000, "100"));
  alice->send(alice->make_request("MESSAGE", "sip:nobody@192.0.2.99", parts(2)));
  EXPECT_EQ(alice->expect("408").header("CSeq"), "1 MESSAGE");
  expect_empty_afterwards();
}

TEST_F(CallTest, UnresolvableDestinationIsAnsweredAtTheEndOfTheScript) {
  start([](Call* call) -> Int {
    EXPECT_EQ(Tm::t_relay(*call), call->message().method_bit() == kAck ? 1 : -478);
    return 1;
  });
  alice->send(invite("sip:bob@nowhere.invalid"));
  alice->expect("100");
  auto error = alice->expect("478");
  EXPECT_EQ(error.first_line(), "SIP/2.0 478 Unresolvable destination (478/TM)");
  alice->send(ack_failure("sip:bob@nowhere.invalid", 1, error.param("To", "tag")));
  expect_empty_afterwards();
}

TEST_F(CallTest, StatefulRepliesHaveOneTagAndAbsorbTheAck) {
  start([](Call* call) -> Int {
    if (call->message().method_bit() == kAck) {
      EXPECT_EQ(Tm::t_check_trans(*call), 0);
      return 1;
    }
    EXPECT_EQ(Tm::t_reply(*call, 404, "too early"), -1);
    EXPECT_EQ(Tm::t_newtran(*call), 1);
    EXPECT_EQ(Tm::t_newtran(*call), -10);
    EXPECT_EQ(Tm::t_reply(*call, 183, "Working"), 1);
    EXPECT_EQ(Tm::t_reply(*call, 404, "Not Here"), 1);
    EXPECT_EQ(Tm::t_reply(*call, 405, "second"), -1);
    return 1;
  });
  alice->send(invite());
  auto working = alice->expect("183");
  auto gone = alice->expect("404");
  EXPECT_EQ(working.param("To", "tag"), gone.param("To", "tag"));
  EXPECT_TRUE(alice->expect("404"));   // timer G
  alice->send(ack_failure("sip:bob@192.0.2.20", 1, gone.param("To", "tag")));
  EXPECT_TRUE(alice->expect_nothing(10000));
  expect_empty_afterwards();
}

TEST_F(CallTest, ASuccessMadeHereIsRepeatedUntilItsAck) {
  start([](Call* call) -> Int {
    if (call->message().method_bit() == kAck) {
      EXPECT_EQ(Tm::t_check_trans(*call), 0);
      return 1;
    }
    Tm::t_newtran(*call);
    return Tm::t_reply(*call, 200, "Done");
  });
  alice->send(invite());
  auto ok = alice->expect("200");
  EXPECT_TRUE(alice->expect("200"));
  auto p = parts(1);
  p.branch = "z9hG4bK-other";
  p.to += ";tag=" + ok.param("To", "tag");
  alice->send(alice->make_request("ACK", "sip:bob@192.0.2.20", p));
  EXPECT_TRUE(alice->expect_nothing(10000));
  expect_empty_afterwards();
}

TEST_F(CallTest, APendingCallIsSmall) {
  start(relay_all);
  const std::string request = invite();
  alice->send(request);
  auto received = bob->expect("INVITE");
  bob->reply(received, 180, "Ringing");
  alice->expect("180");
  const std::size_t before = proxy->worker().pool.chunks_in_use();
  const int calls = 64;
  for (int n = 2; n < 2 + calls; ++n) {
    alice->send(invite("sip:bob@192.0.2.20", n));
    bob->reply(bob->expect("INVITE"), 180, "Ringing");
    alice->expect("180");
  }
  const std::size_t each = (proxy->worker().pool.chunks_in_use() - before) * sip::ChunkPool::kChunk / calls + sizeof(Transaction);
  RecordProperty("bytes_per_call", static_cast<int>(each));
  std::printf("bytes per pending call: %zu, of them Transaction %zu, Branch %zu, LiveMessage %zu; message %zu\n", each,
              sizeof(Transaction), sizeof(Branch), sizeof(LiveMessage), request.size());
  EXPECT_LE(each, 6144 + request.size());
}

}  // namespace
}  // namespace strowger::tm
