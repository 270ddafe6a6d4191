// Parallel and serial forking, choice of the reply, failure_route, CANCEL.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rewrite_uri.h"
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

constexpr std::string_view kBob = "sip:bob@192.0.2.20", kCarol = "sip:carol@192.0.2.30", kDave = "sip:dave@192.0.2.40";

bool add(Call& call, std::string_view uri, std::int16_t q = kNoQ) {
  BranchTarget target;
  target.uri = Text(uri);
  target.q = q;
  target.flags = call.live->branch_flags;
  return call.live->add_branch(*call.arena, target, 12);
}

Int fork_to_three(Call* call) {
  if (call->message().method_bit() == kInvite) {
    set_uri(*call->live, *call->arena, Text(kBob));
    add(*call, kCarol);
    add(*call, kDave);
  }
  Tm::t_relay(*call);
  return 1;
}

struct ForkingTest : ProxyTest {
  struct Leg { sim::Agent* agent; sim::Received invite; };
  std::vector<Leg> ring_all() {
    alice->send(invite("sip:group@192.0.2.1"));
    std::vector<Leg> legs;
    for (sim::Agent* agent : {bob, carol, dave}) {
      legs.push_back({agent, agent->expect("INVITE")});
      agent->reply(legs.back().invite, 180, "Ringing", agent->name);
      alice->expect("180");
    }
    return legs;
  }
  /// The chosen final reply to three replies.
  sim::Received answers(int first, int second, int third) {
    const auto legs = ring_all();
    const int codes[] = {first, second, third};
    for (int i = 0; i < 3; ++i) legs[i].agent->reply(legs[i].invite, codes[i], "Reason", legs[i].agent->name);
    const int low = std::min({first, second, third});
    sim::Received received;
    world->run_until([&] {
      for (const sim::Received& r : alice->inbox)
        if (r.status() >= 200) return true;
      return false;
    }, low >= 600 ? 100 : 1000);
    while (!alice->inbox.empty()) {
      received = alice->inbox.front();
      alice->inbox.pop_front();
      if (received.status() >= 200) break;
    }
    alice->send(ack_failure("sip:group@192.0.2.1", 1, received.param("To", "tag")));
    return received;
  }
};

TEST_F(ForkingTest, TheFirstSuccessCancelsTheOthers) {
  start(fork_to_three);
  const auto legs = ring_all();
  carol->reply(legs[1].invite, 200, "OK", "carol");
  auto ok = alice->expect("200");
  EXPECT_EQ(ok.param("To", "tag"), "carol");
  for (int i : {0, 2}) {
    auto cancel = legs[i].agent->expect("CANCEL");
    EXPECT_EQ(cancel.header("Reason"), "SIP;cause=200;text=\"Call completed elsewhere\"");
    EXPECT_EQ(cancel.param("Via", "branch"), legs[i].invite.param("Via", "branch"));
    legs[i].agent->reply(cancel, 200, "OK");
    legs[i].agent->reply(legs[i].invite, 487, "Request Terminated", legs[i].agent->name);
    EXPECT_TRUE(legs[i].agent->expect("ACK"));
  }
  alice->inbox.clear();
  EXPECT_TRUE(alice->expect_nothing(1000));
  dave->reply(legs[2].invite, 200, "OK", "dave");   // crossed the CANCEL: passes all the same
  EXPECT_EQ(alice->expect("200").param("To", "tag"), "dave");
  EXPECT_TRUE(carol->expect_nothing(1000, "CANCEL"));
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ChoosesTheBestFailure) {
  const struct { int a, b, c, chosen; const char* tag; } cases[] = {
      {486, 404, 480, 404, "carol"}, {404, 503, 486, 404, "bob"}, {500, 503, 408, 408, "dave"}, {302, 404, 486, 302, "bob"},
      {415, 420, 484, 415, "bob"}, {487, 486, 480, 480, "dave"}, {404, 404, 404, 404, "bob"}};
  for (const auto& c : cases) {
    start(fork_to_three);
    const auto final = answers(c.a, c.b, c.c);
    EXPECT_EQ(final.status(), c.chosen);
    EXPECT_EQ(final.param("To", "tag"), c.tag);
    expect_empty_afterwards();
  }
}

TEST_F(ForkingTest, ServiceUnavailableGoesOnAs500) {
  start(fork_to_three);
  const auto final = answers(503, 503, 503);
  EXPECT_EQ(final.first_line(), "SIP/2.0 500 Service Unavailable");
  EXPECT_NE(final.param("To", "tag"), "bob");
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ChallengesAreAggregated) {
  start(fork_to_three);
  const auto legs = ring_all();
  bob->reply(legs[0].invite, 401, "Unauthorized", "bob", "WWW-Authenticate: Digest realm=\"bob\"\r\n");
  carol->reply(legs[1].invite, 404, "Not Found", "carol");
  dave->reply(legs[2].invite, 407, "Proxy", "dave", "Proxy-Authenticate: Digest realm=\"dave\"\r\n");
  auto final = alice->expect("401");
  EXPECT_EQ(final.header("WWW-Authenticate"), "Digest realm=\"bob\"");
  EXPECT_EQ(final.header("Proxy-Authenticate"), "Digest realm=\"dave\"");
  EXPECT_NE(final.param("To", "tag"), "bob");
  alice->send(ack_failure("sip:group@192.0.2.1", 1, final.param("To", "tag")));
  expect_empty_afterwards();
}

TEST_F(ForkingTest, AGlobalFailureCancelsTheOthersAndWaitsForThem) {
  start(fork_to_three);
  const auto legs = ring_all();
  bob->reply(legs[0].invite, 603, "Decline", "bob");
  for (int i : {1, 2}) {
    auto cancel = legs[i].agent->expect("CANCEL");
    EXPECT_EQ(cancel.header("Reason"), "SIP;cause=603");
    legs[i].agent->reply(cancel, 200, "OK");
    legs[i].agent->reply(legs[i].invite, 487, "Request Terminated", legs[i].agent->name);
  }
  EXPECT_TRUE(alice->expect("603"));
  alice->send(ack_failure("sip:group@192.0.2.1"));
  expect_empty_afterwards();
}

// ---- CANCEL by the caller --------------------------------------------------------------------------------------------

TEST_F(ForkingTest, CancelReachesAllBranches) {
  start(fork_to_three);
  const auto legs = ring_all();
  alice->send(cancel("sip:group@192.0.2.1", 1, "Reason: SIP;cause=487\r\n"));
  auto ok = alice->expect("200 CANCEL");
  EXPECT_EQ(ok.first_line(), "SIP/2.0 200 canceling");
  for (const Leg& leg : legs) {
    auto cancel = leg.agent->expect("CANCEL");
    EXPECT_EQ(cancel.header("Reason"), "SIP;cause=487");
    leg.agent->reply(cancel, 200, "OK");
    leg.agent->reply(leg.invite, 487, "Request Terminated", leg.agent->name);
    EXPECT_TRUE(leg.agent->expect("ACK"));
  }
  EXPECT_EQ(alice->expect("487").param("To", "tag"), "bob");
  alice->send(ack_failure("sip:group@192.0.2.1"));
  alice->send(cancel("sip:group@192.0.2.1"));
  EXPECT_TRUE(alice->expect("200 CANCEL"));   // a repetition
  expect_empty_afterwards();
}

TEST_F(ForkingTest, CancelWaitsForAProvisionalReply) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  alice->send(cancel());
  EXPECT_TRUE(alice->expect("200 CANCEL"));
  EXPECT_TRUE(bob->expect_nothing(300, "CANCEL"));
  EXPECT_TRUE(bob->expect("INVITE"));   // still repeated
  bob->reply(request, 180, "Ringing");
  auto cancel = bob->expect("CANCEL");
  EXPECT_TRUE(alice->expect_nothing(100, "180"));
  bob->reply(cancel, 200, "OK");
  bob->reply(request, 487, "Request Terminated");
  EXPECT_TRUE(alice->expect("487"));
  alice->send(ack_failure());
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ACanceledCallThatTimesOutEndsWith487) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  alice->expect("180");
  alice->send(cancel());
  alice->expect("200 CANCEL");
  EXPECT_EQ(alice->expect("487", 200000).first_line(), "SIP/2.0 487 Request Terminated");
  expect_empty_afterwards();
}

TEST_F(ForkingTest, CancelAfterTheFinalReplyChangesNothing) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 486, "Busy Here");
  alice->expect("486");
  alice->send(ack_failure());
  alice->send(cancel());
  EXPECT_EQ(alice->expect("200 CANCEL").first_line(), "SIP/2.0 200 ok -- no more pending branches");
  EXPECT_TRUE(bob->expect_nothing(1000, "CANCEL"));
  expect_empty_afterwards();
}

// ---- failure_route ---------------------------------------------------------------------------------------------------

RouteRef failure{"F", nullptr, kFailureRoute, 1};
int failures = 0;

Int relay_with_failure_route(Call* call) {
  if (call->message().method_bit() == kInvite) Tm::t_on_failure(*call, failure);
  Tm::t_relay(*call);
  return 1;
}

TEST_F(ForkingTest, SerialForkingFromFailureRoute) {
  failures = 0;
  failure.function = [](Call* call) -> Int {
    ++failures;
    EXPECT_EQ(call->route_kind, kFailureRoute);
    EXPECT_EQ(Tm::t_get_status_code(*call), 486);
    EXPECT_EQ(call->live->uri().view(), kBob);
    if (!call->reply) ADD_FAILURE() << "no reply";
    set_uri(*call->live, *call->arena, Text(kCarol));
    call->live->edits.insert(*call->arena, call->message().headers_end(), "X-Second: yes\r\n");
    return Tm::t_relay(*call);
  };
  start(relay_with_failure_route);
  alice->send(invite());
  auto first = bob->expect("INVITE");
  bob->reply(first, 486, "Busy Here");
  bob->expect("ACK");
  auto second = carol->expect("INVITE");
  EXPECT_EQ(second.first_line(), "INVITE sip:carol@192.0.2.30 SIP/2.0");
  EXPECT_EQ(second.header("X-Second"), "yes");
  EXPECT_NE(second.param("Via", "branch"), first.param("Via", "branch"));
  carol->reply(second, 200, "OK");
  EXPECT_TRUE(alice->expect("200"));
  EXPECT_EQ(failures, 1);
  expect_empty_afterwards();
}

TEST_F(ForkingTest, FailureRouteRunsOnceUnlessArmedAgain) {
  failures = 0;
  failure.function = [](Call* call) -> Int {
    ++failures;
    set_uri(*call->live, *call->arena, Text(kCarol));
    if (failures == 1) Tm::t_on_failure(*call, failure);
    return Tm::t_relay(*call);
  };
  start(relay_with_failure_route);
  alice->send(invite());
  bob->reply(bob->expect("INVITE"), 404, "Not Found");
  carol->reply(carol->expect("INVITE"), 486, "Busy", "c1");
  carol->expect("ACK");
  carol->reply(carol->expect("INVITE"), 480, "Away", "c2");
  auto final = alice->expect("480");   // the replies of earlier legs are dropped
  EXPECT_EQ(final.param("To", "tag"), "c2");
  EXPECT_EQ(failures, 2);
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ReplyInFailureRouteOverrides) {
  failure.function = [](Call* call) -> Int { return Tm::t_reply(*call, 410, "Gone For Good"); };
  start(relay_with_failure_route);
  alice->send(invite());
  bob->reply(bob->expect("INVITE"), 404, "Not Found");
  EXPECT_EQ(alice->expect("410").first_line(), "SIP/2.0 410 Gone For Good");
  expect_empty_afterwards();
}

TEST_F(ForkingTest, DroppedRepliesWithoutASuccessorGive500) {
  failure.function = [](Call* call) -> Int { return Tm::t_drop_replies(*call); };
  start(relay_with_failure_route);
  alice->send(invite());
  bob->reply(bob->expect("INVITE"), 404, "Not Found");
  EXPECT_EQ(alice->expect("500").first_line(), "SIP/2.0 500 I'm terribly sorry, server error occurred (1/TM)");
  expect_empty_afterwards();
}

TEST_F(ForkingTest, TimeoutsReachFailureRoute) {
  failures = 0;
  failure.function = [](Call* call) -> Int {
    ++failures;
    EXPECT_EQ(Tm::t_branch_timeout(*call), 1);
    EXPECT_EQ(Tm::t_any_timeout(*call), 1);
    EXPECT_EQ(Tm::t_branch_replied(*call), 1);
    EXPECT_EQ(Tm::t_get_status_code(*call), 408);
    EXPECT_EQ(call->reply, nullptr);
    return 1;
  };
  start(relay_with_failure_route);
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  auto cancel = bob->expect("CANCEL", 130000);
  EXPECT_EQ(cancel.header("Reason"), "");
  bob->reply(cancel, 200, "OK");
  bob->reply(request, 487, "Request Terminated");
  EXPECT_TRUE(bob->expect("ACK"));
  EXPECT_EQ(alice->expect("408").first_line(), "SIP/2.0 408 Request Timeout");
  EXPECT_EQ(failures, 1);
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ABranchThatWasGivenUpIsCancelledWhenItRings) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  const std::string tag = alice->expect("408", 60000).param("To", "tag");
  alice->send(ack_failure(kBob, 1, tag));
  while (bob->take_match("INVITE")) {}
  bob->reply(request, 180, "Ringing");
  auto cancel = bob->expect("CANCEL");
  EXPECT_EQ(cancel.header("Reason"), "SIP;cause=408");
  bob->reply(cancel, 200, "OK");
  bob->reply(request, 487, "Request Terminated");
  EXPECT_TRUE(bob->expect("ACK"));
  EXPECT_FALSE(alice->take_match("180"));
  expect_empty_afterwards();
}

TEST_F(ForkingTest, NewTransactionAfterALookupOfARepetition) {
  static std::vector<Code> codes;
  codes.clear();
  start([](Call* call) -> Int {
    const Code found = Tm::t_lookup_request(*call);
    codes.push_back(found);
    codes.push_back(Tm::t_newtran(*call));
    return 1;
  });
  alice->send(alice->make_request("MESSAGE", kBob, parts(1)));
  world->run_for(10);
  alice->send(alice->make_request("MESSAGE", kBob, parts(1)));
  world->run_for(10);
  EXPECT_EQ(codes, (std::vector<Code>{-1, 1, 1, -10}));
}

// ---- branch_route, onreply_route --------------------------------------------------------------------------------------

RouteRef branch_route{"B", nullptr, kBranchRoute, 1}, reply_route{"R", nullptr, kReplyRoute, 1};
std::vector<std::string> seen;

TEST_F(ForkingTest, BranchRouteChangesItsBranchOnly) {
  seen.clear();
  branch_route.function = [](Call* call) -> Int {
    seen.push_back(std::to_string(call->branch_index) + " " + std::string(call->live->uri().view()));
    if (call->branch_index == 1) {
      set_user(*call->live, *call->arena, "caroline");
      call->live->edits.insert(*call->arena, call->message().headers_end(), "X-Only: carol\r\n");
    }
    if (call->branch_index == 2) call->dropped = call->stop = 1;
    call->live->flags |= 16;
    return 1;
  };
  start([](Call* call) -> Int {
    Tm::t_on_branch(*call, branch_route);
    const Int code = fork_to_three(call);
    EXPECT_EQ(call->live->flags, call->message().method_bit() == kInvite ? 16u : 0u);
    EXPECT_FALSE(call->stop);
    return code;
  });
  alice->send(invite("sip:group@192.0.2.1"));
  auto one = bob->expect("INVITE");
  auto two = carol->expect("INVITE");
  EXPECT_EQ(two.first_line(), "INVITE sip:caroline@192.0.2.30 SIP/2.0");
  EXPECT_EQ(two.header("X-Only"), "carol");
  EXPECT_EQ(one.header("X-Only"), "");
  EXPECT_TRUE(dave->expect_nothing(1000));
  EXPECT_EQ(seen, (std::vector<std::string>{"0 sip:bob@192.0.2.20", "1 sip:carol@192.0.2.30", "2 sip:dave@192.0.2.40"}));
  bob->reply(one, 486, "Busy");
  carol->reply(two, 404, "Not Found");
  EXPECT_TRUE(alice->expect("404"));
  expect_empty_afterwards();
}

TEST_F(ForkingTest, DroppingTheOnlyBranchIsAnError) {
  branch_route.function = [](Call* call) -> Int {
    call->dropped = call->stop = 1;
    return 0;
  };
  start([](Call* call) -> Int {
    Tm::t_on_branch(*call, branch_route);
    EXPECT_EQ(Tm::t_relay(*call), call->message().method_bit() == kAck ? 1 : -6);
    return 1;
  });
  alice->send(invite());
  auto final = alice->expect("500");
  EXPECT_EQ(final.first_line(), "SIP/2.0 500 I'm terribly sorry, server error occurred (6/TM)");
  alice->send(ack_failure("sip:bob@192.0.2.20", 1, final.param("To", "tag")));
  expect_empty_afterwards();
}

TEST_F(ForkingTest, ReplyRouteSeesAndDropsProvisionalReplies) {
  seen.clear();
  reply_route.function = [](Call* call) -> Int {
    seen.push_back(std::to_string(call->message().status()) + " " + std::to_string(call->live->flags));
    call->live->flags |= 32;
    call->avps->push("list", false, Value::of(Int{call->message().status()}));
    if (call->message().status() == 181) call->dropped = 1;
    if (call->message().status() == 486) {
      call->dropped = 1;   // no effect
      call->live->edits.insert(*call->arena, call->message().headers_end(), "X-Seen: yes\r\n");
    }
    return 1;
  };
  failure.function = [](Call* call) -> Int {
    EXPECT_EQ(call->avps->count("list", false), 3);
    EXPECT_EQ(call->live->flags, 34u);
    return 1;
  };
  start([](Call* call) -> Int {
    call->live->flags = 2;
    Tm::t_on_reply(*call, reply_route);
    return relay_with_failure_route(call);
  });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  bob->reply(request, 181, "Forwarded");
  bob->reply(request, 486, "Busy");
  EXPECT_TRUE(alice->expect("180"));
  EXPECT_EQ(alice->expect("486").header("X-Seen"), "yes");
  EXPECT_FALSE(alice->take_match("181"));
  EXPECT_EQ(seen, (std::vector<std::string>{"180 2", "181 34", "486 34"}));
  expect_empty_afterwards();
}

// ---- contacts by q -----------------------------------------------------------------------------------------------------

TEST_F(ForkingTest, OwnRequestsAreSentAndAbsorbed) {
  start([](Call* call) -> Int { return 1; });
  alice->send(alice->make_request("MESSAGE", "sip:x@192.0.2.1", parts(1)));
  world->run_for(10);
  LiveMessage live;
  Call call;
  call.live = &live;
  call.worker = &proxy->worker();
  EXPECT_EQ(Tm::t_uac_send(call, "OPTIONS", "sip:bob@192.0.2.20", "", "", "From: sip:proxy@sip.test\r\nTo: sip:bob@sip.test\r\nX-A: 1\r\n", "hi"), 1);
  EXPECT_EQ(Tm::t_uac_send(call, "OPTIONS", "sip:bob@192.0.2.20", "", "", "X-A: 1\r\n", ""), -1);
  world->run_for(1);
  auto options = bob->expect("OPTIONS");
  EXPECT_EQ(Tm::t_uac_send(call, "INFO", "sip:bob@192.0.2.20", "", "",
                           "f: <sip:a@b>;tag=x\r\nTo: <sip:b@b>;tag=y\r\nCall-ID: mine\r\nCSeq: 33 INFO\r\nMax-Forwards: 5\r\n", ""), 1);
  world->run_for(1);
  const auto info = bob->expect("INFO");
  EXPECT_EQ(info.headers("From"), std::vector<std::string>{"<sip:a@b>;tag=x"});
  EXPECT_EQ(info.headers("Call-ID"), std::vector<std::string>{"mine"});
  EXPECT_EQ(info.headers("CSeq"), std::vector<std::string>{"33 INFO"});
  EXPECT_EQ(info.headers("Max-Forwards"), std::vector<std::string>{"5"});
  bob->reply(info, 200, "OK");
  EXPECT_EQ(options.header("To"), "<sip:bob@sip.test>");
  EXPECT_EQ(options.header("X-A"), "1");
  EXPECT_EQ(options.body(), "hi");
  EXPECT_TRUE(bob->expect("OPTIONS"));
  bob->reply(options, 200, "OK");
  EXPECT_TRUE(bob->expect_nothing(5000));
  expect_empty_afterwards();
}

}  // namespace
}  // namespace strowger::tm
