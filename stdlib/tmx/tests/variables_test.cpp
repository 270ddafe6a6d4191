// $T_... and tmx's functions in each kind of route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/tests/proxy.h"
#include "tmx.interface.h"

namespace strowger::tm {
namespace {

std::vector<std::string> seen;
const VariableRef kUri{[](Call* call) { return Value::of(call->live->uri()); }, nullptr, "$ru"};
const VariableRef kStatus{[](Call* call) { return Value::of(Int{call->message().status()}); }, nullptr, "$rs"};

std::string text_of(Value value) {
  if (value.is_null()) return value.kind == Value::kFailed ? "failed" : "null";
  return value.is_text() ? std::string(value.text().view()) : std::to_string(value.number());
}

void look(Call& call, std::string where) {
  seen.push_back(where + " idx=" + std::to_string(Tmx::get_T_branch_idx(call)) + " code=" + std::to_string(Tmx::get_T_reply_code(call)) +
                 " reason=" + std::string(Tmx::get_T_reply_reason(call).view()) + " last=" + text_of(Tmx::get_T_reply_last(call)) +
                 " req=" + text_of(Tmx::get_T_req(call, kUri)) + " rpl=" + text_of(Tmx::get_T_rpl(call, kStatus)) +
                 " type=" + text_of(Tmx::get_T(call, "reply_type")));
  EXPECT_EQ(Tmx::t_is_request_route(call), where == "request" ? 1 : -1);
  EXPECT_EQ(Tmx::t_is_branch_route(call), where == "branch" ? 1 : -1);
  EXPECT_EQ(Tmx::t_is_reply_route(call), where == "reply" ? 1 : -1);
  EXPECT_EQ(Tmx::t_is_failure_route(call), where == "failure" ? 1 : -1);
}

template <int>
Int route(Call* call) {
  switch (call->route_kind) {
    case kBranchRoute: look(*call, "branch"); break;
    case kReplyRoute: look(*call, "reply"); break;
    default: look(*call, "failure"); break;
  }
  return 1;
}
RouteRef branch_route{"B", route<0>, kBranchRoute, 1}, reply_route{"R", route<0>, kReplyRoute, 1}, failure_route{"F", route<0>, kFailureRoute, 1};

using VariablesTest = ProxyTest;

TEST_F(VariablesTest, OfEachRoute) {
  seen.clear();
  start([](Call* call) -> Int {
    if (call->message().method_bit() == kAck) return Tm::t_relay(*call);
    look(*call, "request");
    Tm::t_on_branch(*call, branch_route);
    Tm::t_on_reply(*call, reply_route);
    Tm::t_on_failure(*call, failure_route);
    Tm::t_relay(*call);
    look(*call, "request");
    return 1;
  });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  bob->reply(request, 486, "Busy Here");
  alice->expect("486");
  alice->send(ack_failure());
  EXPECT_EQ(seen, (std::vector<std::string>{
      "request idx=0 code=0 reason= last=failed req=null rpl=null type=null",
      "branch idx=0 code=100 reason= last=failed req=null rpl=null type=0",
      "request idx=0 code=100 reason= last=failed req=null rpl=null type=0",
      "reply idx=0 code=180 reason=Ringing last=180 req=sip:bob@192.0.2.20 rpl=null type=0",
      "reply idx=0 code=486 reason=Busy Here last=486 req=sip:bob@192.0.2.20 rpl=null type=0",
      "failure idx=1 code=486 reason=Busy Here last=failed req=null rpl=486 type=0"}));
  expect_empty_afterwards();
}

TEST_F(VariablesTest, TheRequestIsSeenAsItCame) {
  static std::string uri, dst;
  static const VariableRef kDst{[](Call* call) { return Value::of(call->live->dst_uri); }, nullptr, "$du"};
  static const RouteRef kLook{"L", [](Call* call) -> Int {
    uri = text_of(Tmx::get_T_req(*call, kUri));
    dst = text_of(Tmx::get_T_req(*call, kDst));
    return 1;
  }, kReplyRoute, 1};
  start([](Call* call) -> Int {
    if (call->message().method_bit() == kAck) return Tm::t_relay(*call);
    call->live->set_uri("sip:other@192.0.2.20");
    call->live->dst_uri = "sip:192.0.2.20";
    Tm::t_on_reply(*call, kLook);
    return Tm::t_relay(*call);
  });
  alice->send(invite("sip:first@192.0.2.1"));
  bob->reply(bob->expect("INVITE"), 486, "Busy Here");
  alice->expect("486");
  alice->send(ack_failure("sip:first@192.0.2.1"));
  EXPECT_EQ(uri, "sip:first@192.0.2.1");
  EXPECT_EQ(dst, "null");
  expect_empty_afterwards();
}

TEST_F(VariablesTest, ACancelSeesItsInvite) {
  seen.clear();
  start([](Call* call) -> Int {
    seen.push_back(text_of(Tmx::get_T_inv(*call, kUri)));
    return Tm::t_relay(*call);
  });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  alice->send(cancel());
  alice->expect("200 CANCEL");
  EXPECT_EQ(seen, (std::vector<std::string>{"null", "sip:bob@192.0.2.20"}));
  bob->reply(request, 200, "OK");
  expect_empty_afterwards();
}

TEST_F(VariablesTest, CallsAreCanceledAndAnsweredFromElsewhere) {
  start([](Call* call) -> Int {
    if (call->message().method_bit() != kMessage) return Tm::t_relay(*call);
    const std::string_view user = call->live->parsed_uri()->user.view();
    if (user == "cancel") EXPECT_EQ(Tmx::t_cancel_callid(*call, "call-1", "1", 4, 408), 1);
    if (user == "reply") EXPECT_EQ(Tmx::t_reply_callid(*call, "call-2", "1", 480, "Elsewhere"), 1);
    if (user == "none") EXPECT_EQ(Tmx::t_reply_callid(*call, "call-9", "1", 480, "Elsewhere"), -1);
    if (user == "bad") EXPECT_EQ(Tmx::t_cancel_callid(*call, "call-1", "x", 4), -1);
    return Tmx::t_drop(*call, 200);
  });
  alice->send(invite());
  auto one = bob->expect("INVITE");
  bob->reply(one, 180, "Ringing");
  alice->send(invite("sip:bob@192.0.2.20", 2));
  auto two = bob->expect("INVITE");
  bob->reply(two, 180, "Ringing");
  world->run_for(10);
  int n = 10;
  for (std::string user : {"cancel", "reply", "none", "bad"})
    alice->send(alice->make_request("MESSAGE", "sip:" + user + "@192.0.2.1", parts(n++)));
  auto cancel_one = bob->expect("CANCEL");
  EXPECT_EQ(cancel_one.header("Reason"), "SIP;cause=408");
  EXPECT_EQ(cancel_one.header("Call-ID"), "call-1");
  bob->reply(one, 487, "Request Terminated");
  EXPECT_TRUE(alice->expect("480"));
  EXPECT_EQ(bob->expect("CANCEL").header("Call-ID"), "call-2");
  bob->reply(two, 487, "Request Terminated");
  EXPECT_TRUE(alice->expect("487"));
  EXPECT_TRUE(alice->expect_nothing(1000, "200"));   // the MESSAGEs were dropped
  expect_empty_afterwards();
}

TEST_F(VariablesTest, TheReplyOfOneBranchCancelsOthers) {
  static const RouteRef first_wins{"W", [](Call* call) -> Int {
    if (call->message().status() == 183) EXPECT_EQ(Tmx::t_cancel_branches(*call, "others"), 1);
    EXPECT_EQ(Tmx::t_cancel_branches(*call, "nonsense"), -1);
    return 1;
  }, kReplyRoute, 1};
  start([](Call* call) -> Int {
    BranchTarget second;
    second.uri = "sip:carol@192.0.2.30";
    if (call->message().method_bit() == kInvite) call->live->add_branch(*call->arena, second, 12);
    Tm::t_on_reply(*call, first_wins);
    return Tm::t_relay(*call);
  });
  alice->send(invite());
  auto one = bob->expect("INVITE");
  auto two = carol->expect("INVITE");
  bob->reply(one, 180, "Ringing");
  carol->reply(two, 183, "Progress");
  EXPECT_TRUE(bob->expect("CANCEL"));
  EXPECT_TRUE(carol->expect_nothing(1000, "CANCEL"));
  bob->reply(one, 487, "Request Terminated");
  carol->reply(two, 200, "OK");
  EXPECT_TRUE(alice->expect("200"));
  expect_empty_afterwards();
}

}  // namespace
}  // namespace strowger::tm
