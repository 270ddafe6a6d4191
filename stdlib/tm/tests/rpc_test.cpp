// tm.t_uac_wait answers with the final reply; tm.stats counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

struct Answer {
  bool given = false;
  Int fault = 0;
  std::vector<std::string> texts;
  std::vector<Int> numbers;
};

class RpcTest : public ProxyTest {
 protected:
  void SetUp() override {
    start([](Call*) -> Int { return 1; });
  }
  /// Runs a command; the answer comes into `answer`.
  void run(void (*command)(RpcCall&), const std::vector<std::string>& texts) {
    answer = {};
    std::vector<RpcParam> params;
    const auto is_code = [](const std::string& text) { return text.size() == 3 && text.find_first_not_of("0123456789") == std::string::npos; };
    for (const std::string& text : texts)
      params.push_back(is_code(text) ? RpcParam{RpcParam::Kind::Int, std::stol(text), 0, {}} : RpcParam{RpcParam::Kind::Text, 0, 0, text});
    const RpcRef rpc{"x", command, 0, {}};
    run_rpc(proxy->worker(), rpc, params, [this](RpcReply& reply) {
      EXPECT_FALSE(answer.given);
      answer.given = true;
      answer.fault = reply.fault_code();
      for (const RpcReply::Item& item : reply.finish()) {
        if (item.kind == RpcReply::Kind::Text) answer.texts.push_back(item.text);
        if (item.kind == RpcReply::Kind::Int) answer.numbers.push_back(item.number);
      }
    });
  }
  static std::vector<std::string> options() {
    return {"OPTIONS", "sip:bob@192.0.2.20", ".", ".", "From: sip:proxy@sip.test\r\nTo: sip:bob@sip.test\r\n", ""};
  }
  Answer answer;
};

TEST_F(RpcTest, WaitAnswersWithTheFinalReply) {
  run(Tm::rpc_tm_t_uac_wait, options());
  world->run_for(1);
  EXPECT_FALSE(answer.given);
  auto request = bob->expect("OPTIONS");
  bob->reply(request, 100, "Trying");
  world->run_for(10);
  EXPECT_FALSE(answer.given);
  bob->reply(request, 404, "Nobody here");
  world->run_for(10);
  ASSERT_TRUE(answer.given);
  EXPECT_EQ(answer.fault, 0);
  EXPECT_EQ(answer.numbers, std::vector<Int>{404});
  EXPECT_EQ(answer.texts, std::vector<std::string>{"Nobody here"});
  bob->reply(request, 404, "Nobody here");   // a repetition is not told
  expect_empty_afterwards();
}

TEST_F(RpcTest, WaitAnswersWhenNobodyReplies) {
  run(Tm::rpc_tm_t_uac_wait_block, options());
  world->run_for(60000);
  ASSERT_TRUE(answer.given);
  EXPECT_EQ(answer.numbers, std::vector<Int>{408});
  while (bob->take_match("OPTIONS")) {}
  expect_empty_afterwards();
}

TEST_F(RpcTest, StartAnswersAtOnce) {
  run(Tm::rpc_tm_t_uac_start, options());
  EXPECT_TRUE(answer.given);
  EXPECT_EQ(answer.fault, 0);
  world->run_for(1);
  bob->reply(bob->expect("OPTIONS"), 200, "OK");
  world->run_for(10);
  run(Tm::rpc_tm_stats, {});
  ASSERT_EQ(answer.numbers.size(), 15u);
  EXPECT_EQ(answer.numbers[2], 1);    // total
  EXPECT_EQ(answer.numbers[3], 1);    // total_local
  EXPECT_EQ(answer.numbers[4], 1);    // rpl_received
  EXPECT_EQ(answer.numbers[11], 1);   // 2xx
  expect_empty_afterwards();
}

TEST_F(RpcTest, FaultyRequestsAreRefused) {
  const auto refused = [&](std::size_t place, const std::string& text) {
    auto params = options();
    params[place] = text;
    run(Tm::rpc_tm_t_uac_wait, params);
    EXPECT_TRUE(answer.given) << text;
    EXPECT_EQ(answer.fault, 400) << text;
  };
  refused(0, "");
  refused(0, "OPTIONS sip:x SIP/2.0\r\nX:");
  refused(1, "bob");
  refused(2, "bob");
  refused(3, "udp:192.0.2.99:5060");
  refused(4, "From: sip:a@b\r\n");
  refused(4, "From: sip:a@b\r\nTo: sip:a@b\r\n\r\nX: y\r\n");
  refused(5, "a body without its type");
  run(Tm::rpc_tm_t_uac_wait, {"OPTIONS"});
  EXPECT_EQ(answer.fault, 400);
  EXPECT_TRUE(bob->expect_nothing(100));
  expect_empty_afterwards();
}

class TransactionCommands : public RpcTest {
 protected:
  void SetUp() override {
    start([](Call* call) -> Int { return Tm::t_relay(*call); });
    alice->send(invite());
    world->run_for(10);
    request = bob->expect("INVITE");
    bob->reply(request, 180, "Ringing");
    world->run_for(10);
    alice->expect("180");
  }
  sim::Received request;
};

TEST_F(TransactionCommands, ListShowsEachTransaction) {
  run(Tm::rpc_tm_list, {});
  ASSERT_TRUE(answer.given);
  ASSERT_EQ(answer.texts.size(), 7u);
  EXPECT_EQ(answer.texts[1], "INVITE");
  EXPECT_EQ(answer.texts[4], "Call-ID: call-1\r\n");
  EXPECT_EQ(answer.texts[5], "CSeq: 1");
  EXPECT_EQ(answer.texts[6], "yes");
}

TEST_F(TransactionCommands, CancelFindsByCallIdAndCSeq) {
  run(Tm::rpc_tm_cancel, {"call-1", "2"});
  EXPECT_EQ(answer.fault, 400);
  run(Tm::rpc_tm_cancel, {"call-1", "1"});
  EXPECT_EQ(answer.fault, 0);
  world->run_for(10);
  bob->expect("CANCEL");
}

TEST_F(TransactionCommands, ReplyAnswersAndCancelsTheBranches) {
  run(Tm::rpc_tm_reply_callid, {"486", "By hand", "call-1", "1", "handmade", "X-By: hand"});
  EXPECT_EQ(answer.fault, 0);
  world->run_for(10);
  const std::string reply = alice->expect("486").text;
  EXPECT_NE(reply.find("SIP/2.0 486 By hand\r\n"), std::string::npos);
  EXPECT_NE(reply.find(";tag=handmade\r\n"), std::string::npos);
  EXPECT_NE(reply.find("\r\nX-By: hand\r\n"), std::string::npos);
  EXPECT_NE(bob->expect("CANCEL").text.find("Reason: SIP;cause=486\r\n"), std::string::npos);
  run(Tm::rpc_tm_reply_callid, {"486", "By hand", "call-1", "1", "handmade"});
  EXPECT_EQ(answer.fault, 500);
}

TEST_F(TransactionCommands, ReplyRefusesWhatWouldBreakTheMessage) {
  run(Tm::rpc_tm_reply_callid, {"486", "Two\r\nlines", "call-1", "1", "tag"});
  EXPECT_EQ(answer.fault, 400);
  run(Tm::rpc_tm_reply_callid, {"486", "One", "call-1", "1", "tag", "\r\nbody"});
  EXPECT_EQ(answer.fault, 400);
  run(Tm::rpc_tm_reply, {"486", "One", "0", "tag"});
  EXPECT_EQ(answer.fault, 400);
  run(Tm::rpc_tm_reply, {"486", "One", "7:7", "tag"});
  EXPECT_EQ(answer.fault, 481);
}

}  // namespace
}  // namespace strowger::tm
