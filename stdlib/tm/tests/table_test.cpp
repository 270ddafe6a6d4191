// Finding transactions: names of branches, the hash index, RFC 2543 requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>

#include "runtime/sim/random.h"
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

TEST(BranchName, IsPrintedAndParsed) {
  for (const BranchName name : {BranchName{0, 0, 1, 0}, BranchName{0xff, 0xabcdef, 0xffffffff, 31}, BranchName{7, 16, 0x10, 5}}) {
    char text[64];
    const std::size_t length = print_branch_name(name, text);
    const auto parsed = parse_branch_name({text, length});
    ASSERT_TRUE(parsed) << std::string(text, length);
    EXPECT_EQ(parsed->worker, name.worker);
    EXPECT_EQ(parsed->slot, name.slot);
    EXPECT_EQ(parsed->label, name.label);
    EXPECT_EQ(parsed->branch, name.branch);
  }
  char text[64];
  EXPECT_EQ(std::string(text, print_branch_name({3, 0x1f, 0xa0, 2}, text)), "z9hG4bKsw03.00000000000001f.00000000000000a0.2");
  for (const char* bad : {"", "z9hG4bK", "z9hG4bKsw", "z9hG4bKsw0.1.1.1", "z9hG4bKsw001.1.1.1", "z9hG4bKsw00.1.1.", "z9hG4bKsw00.1.1",
                          "z9hG4bKsw00..1.1", "z9hG4bKsw00.1.1.1.1", "z9hG4bKsw00.1.G.1", "z9hG4bKsw00.123456789.1.1", "z9hG4bKsw00.1.1.1 "})
    EXPECT_FALSE(parse_branch_name(Text(std::string_view(bad)))) << bad;
  // The form that we print, with one byte changed: no name, or the number that is written there.
  const std::string good = "z9hG4bKsw03.00000000deadbee.00000000c0ffee99.2";
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : {'A', 'g', '/', ':', '.', '`', '7', '\0', '\x80'}) {
      std::string text_with = good;
      text_with[at] = c;
      const auto parsed = parse_branch_name(Text(std::string_view(text_with)));
      if (good[at] == c) continue;
      const bool number = c == '7' && at >= 9 && good[at] != '.';
      const bool too_long = (at > 11 && at < 19) || (at > 27 && at < 36);
      ASSERT_EQ(parsed.has_value(), number && !too_long) << text_with;
      if (!parsed) continue;
      EXPECT_EQ(parsed->worker, std::stoul(text_with.substr(9, 2), nullptr, 16));
      EXPECT_EQ(parsed->slot, std::stoul(text_with.substr(12, 15), nullptr, 16));
      EXPECT_EQ(parsed->label, std::stoul(text_with.substr(28, 16), nullptr, 16));
      EXPECT_EQ(parsed->branch, std::stoul(text_with.substr(45), nullptr, 16));
    }
}

TEST(HashIndex, FindsWhatAMapFinds) {
  sim::Random random(5);
  HashIndex index;
  std::map<std::uint32_t, std::uint32_t> model;   // slot -> hash
  for (int step = 0; step < 20000; ++step) {
    const std::uint32_t slot = random.below(3000);
    const auto at = model.find(slot);
    if (at == model.end()) {
      const std::uint32_t hash = random.below(4) ? random.next() : random.below(16) * 1021;   // many that collide
      model[slot] = hash;
      index.insert(hash, slot);
    } else {
      index.erase(at->second, slot);
      model.erase(at);
    }
  }
  EXPECT_EQ(index.size(), model.size());
  for (std::uint32_t slot = 0; slot < 3000; ++slot) {
    const auto at = model.find(slot);
    if (at == model.end()) continue;
    EXPECT_EQ(index.find(at->second, [&](std::uint32_t s) { return s == slot; }), slot);
  }
  EXPECT_EQ(index.find(12345, [](std::uint32_t) { return false; }), -1);
}

struct OldRequests : ProxyTest {
  /// A request as before RFC 3261: its branch says nothing.
  std::string old(std::string_view method, std::string to = "<sip:bob@example.org>") const {
    auto p = parts(1);
    p.branch = "1";
    p.to = std::move(to);
    return alice->make_request(method, "sip:bob@192.0.2.20", p);
  }
};

TEST_F(OldRequests, AreMatchedByTheirDialogIds) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(old("INVITE"));
  auto request = bob->expect("INVITE");
  alice->send(old("INVITE"));
  alice->expect("100");
  EXPECT_TRUE(alice->expect("100"));
  bob->reply(request, 180, "Ringing");
  alice->expect("180");
  alice->send(old("CANCEL"));
  EXPECT_TRUE(alice->expect("200 CANCEL"));
  auto cancel = bob->expect("CANCEL");
  bob->reply(cancel, 200, "OK");
  bob->reply(request, 487, "Request Terminated");
  bob->expect("ACK");
  alice->expect("487");
  alice->send(old("ACK", "<sip:bob@example.org>;tag=b1"));
  EXPECT_TRUE(alice->expect_nothing(3000));
  EXPECT_EQ(sent_to(*bob, "INVITE"), 1);
  EXPECT_EQ(sent_to(*bob, "ACK"), 1);
  expect_empty_afterwards();
}

TEST_F(OldRequests, DifferentCallsStayApart) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(old("MESSAGE"));
  auto p = parts(2);
  p.branch = "1";
  alice->send(alice->make_request("MESSAGE", "sip:bob@192.0.2.20", p));
  auto one = bob->expect("MESSAGE");
  auto two = bob->expect("MESSAGE");
  EXPECT_NE(one.header("Call-ID"), two.header("Call-ID"));
  bob->reply(one, 200, "OK");
  bob->reply(two, 200, "OK");
  expect_empty_afterwards();
}

// ---- ways out -----------------------------------------------------------------------------------------------------------

using WaysTest = ProxyTest;

TEST_F(WaysTest, ReplicasAreAbsorbed) {
  start([](Call* call) -> Int {
    EXPECT_EQ(Tm::t_replicate(*call, "sip:192.0.2.30"), 1);
    return 1;
  });
  alice->send(alice->make_request("MESSAGE", "sip:bob@example.org", parts(1)));
  auto copy = carol->expect("MESSAGE");
  EXPECT_EQ(copy.first_line(), "MESSAGE sip:bob@example.org SIP/2.0");
  carol->reply(copy, 200, "OK");
  EXPECT_TRUE(alice->expect_nothing(40000));
  expect_empty_afterwards();
}

TEST_F(WaysTest, HostsAndProtocolsOfTheScript) {
  start([](Call* call) -> Int {
    const std::string_view user = call->live->parsed_uri()->user.view();
    if (user == "args") EXPECT_EQ(Tm::t_relay(*call, "192.0.2.30", 5060), 1);
    if (user == "proxy") EXPECT_EQ(Tm::t_relay_to(*call, "udp:192.0.2.30:5060", "1"), 1);
    if (user == "flags") EXPECT_EQ(Tm::t_relay_to(*call, "1"), 1);
    if (user == "bad") EXPECT_LT(Tm::t_relay_to(*call, "udp:nowhere.invalid:5060"), 0);
    if (user == "nonack") {
      EXPECT_EQ(Tm::t_forward_nonack(*call, "192.0.2.30", 5060), -1);
      EXPECT_EQ(Tm::t_newtran(*call), 1);
      EXPECT_EQ(Tm::t_forward_nonack(*call, "192.0.2.30", 5060), 1);
    }
    return 1;
  });
  int n = 1;
  for (std::string user : {"args", "proxy", "nonack"}) {
    alice->send(alice->make_request("MESSAGE", "sip:" + user + "@192.0.2.20", parts(n++)));
    auto request = carol->expect("MESSAGE");
    carol->reply(request, 200, "OK");
    EXPECT_TRUE(alice->expect("200"));
  }
  alice->send(alice->make_request("MESSAGE", "sip:flags@192.0.2.20", parts(n++)));
  bob->reply(bob->expect("MESSAGE"), 200, "OK");
  alice->send(alice->make_request("MESSAGE", "sip:bad@192.0.2.20", parts(n++)));
  world->run_for(1000);
  expect_empty_afterwards();
}

TEST_F(WaysTest, AReportedFailureToSendIsA477) {
  start([](Call* call) -> Int { return Tm::t_relay(*call); });
  alice->send(invite());
  world->run_until([&] { return table().size() == 1; });
  Transaction& transaction = *table().slot(0);
  ASSERT_EQ(transaction.branch_count, 1);
  const std::uint64_t cookie = std::uint64_t{transaction.slot} << 40 | std::uint64_t{transaction.label} << 8;
  proxy->process.services.send_failed(proxy->worker(), cookie + 5);        // no such branch
  proxy->process.services.send_failed(proxy->worker(), cookie ^ 1 << 20);  // no such transaction
  EXPECT_TRUE(alice->expect("100"));
  proxy->process.services.send_failed(proxy->worker(), cookie);
  bob->send("\r\n\r\n");   // lets the worker's outbox go
  auto error = alice->expect("477");
  EXPECT_EQ(error.first_line(), "SIP/2.0 477 Unfortunately error on sending to next hop occurred (477/TM)");
  expect_empty_afterwards();
}

TEST_F(WaysTest, SaferTransportsAreNotRepeated) {
  start([](Call* call) -> Int {
    Tm::t_relay_to_tcp(*call);
    return 1;
  });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  EXPECT_EQ(request.protocol, sip::Protocol::Tcp);
  EXPECT_TRUE(request.header("Via").starts_with("SIP/2.0/TCP 192.0.2.1"));
  EXPECT_TRUE(bob->expect_nothing(10000, "INVITE"));
  bob->reply(request, 486, "Busy Here");
  EXPECT_TRUE(bob->expect("ACK"));
  EXPECT_TRUE(alice->expect("486"));
  EXPECT_TRUE(alice->expect("486"));   // upstream is UDP
  alice->send(ack_failure());
  expect_empty_afterwards();
}

TEST_F(WaysTest, BranchFailureRoutesRunForEachFailure) {
  static std::vector<std::string> seen;
  static RouteRef route{"X", [](Call* call) -> Int {
    seen.push_back(std::to_string(call->branch_index) + " " + std::to_string(Tm::t_get_status_code(*call)));
    EXPECT_EQ(call->route_kind, kBranchFailureRoute);
    return 1;
  }, kEventRoute, 1};
  seen.clear();
  start([](Call* call) -> Int {
    BranchTarget second;
    second.uri = "sip:carol@192.0.2.30";
    if (call->message().method_bit() == kInvite) call->live->add_branch(*call->arena, second, 12);
    Tm::t_on_branch_failure(*call, route);
    return Tm::t_relay(*call);
  });
  alice->send(invite());
  bob->reply(bob->expect("INVITE"), 500, "Error");
  bob->expect("ACK");
  carol->reply(carol->expect("INVITE"), 404, "Not Found");
  EXPECT_TRUE(alice->expect("404"));
  EXPECT_EQ(seen, (std::vector<std::string>{"0 500", "1 404"}));
  expect_empty_afterwards();
}

TEST_F(WaysTest, TheLifetimeEndsACall) {
  start([](Call* call) -> Int {
    Tm::t_set_max_lifetime(*call, 10000, 5000);
    return Tm::t_relay(*call);
  });
  alice->send(invite());
  auto request = bob->expect("INVITE");
  bob->reply(request, 180, "Ringing");
  auto cancel = bob->expect("CANCEL", 11000);
  EXPECT_TRUE(alice->expect("408", 1000));
  expect_empty_afterwards();
}

TEST_F(WaysTest, AnUnansweredTransactionIsFreed) {
  start([](Call* call) -> Int { return Tm::t_newtran(*call); });
  alice->send(invite());
  alice->send(alice->make_request("MESSAGE", "sip:bob@example.org", parts(2)));
  world->run_for(100);
  EXPECT_EQ(table().size(), 2u);
  EXPECT_EQ(proxy->process.services.unfinished(proxy->worker()), 0u);   // nobody will answer them: only repetitions are absorbed
  world->run_for(5000);
  EXPECT_EQ(table().size(), 0u);
}

}  // namespace
}  // namespace strowger::tm
