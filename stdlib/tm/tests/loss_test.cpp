// Calls over a network that loses, doubles and reorders: every call ends, nothing is left behind.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

Int relay_all(Call* call) {
  Tm::t_relay(*call);
  return 1;
}

struct LossTest : ProxyTest {
  /// bob answers everything as a server should: 200 again until the ACK comes.
  void answer_calls() {
    bob->on_message = [this](const sim::Received& message) {
      if (message.method() == "INVITE" && message.status() == 0) {
        bob->reply(message, 180, "Ringing");
        bob->reply(message, 200, "OK");
        unacknowledged.push_back(message);
      } else if (message.method() != "ACK" && message.status() == 0) {
        bob->reply(message, 200, "OK");
      }
      return true;
    };
  }
  std::vector<sim::Received> unacknowledged;
  void repeat_successes() {
    for (const sim::Received& invite : unacknowledged) bob->reply(invite, 200, "OK");
  }
  int finals(std::string_view cseq) const {
    int count = 0;
    for (const sim::Received& received : alice->inbox)
      if (received.status() >= 200 && received.header("CSeq") == cseq) ++count;
    return count;
  }
};

TEST_F(LossTest, EachMessageOfACallMayBeLostOnce) {
  // The n-th datagram of the run is lost; the caller repeats what has no answer.
  for (int lost = 0; lost < 6; ++lost) {
    start(relay_all);
    answer_calls();
    int seen = 0;
    const sip::Address proxy_address = proxy->process.sockets.front()->address;
    const auto drop = [&](const sim::Agent& a, bool to_proxy) {
      sim::Conditions c;
      c.loss = 1;
      to_proxy ? world->network.set_conditions(a.address, proxy_address, c) : world->network.set_conditions(proxy_address, a.address, c);
    };
    const auto heal = [&](const sim::Agent& a, bool to_proxy) {
      to_proxy ? world->network.set_conditions(a.address, proxy_address, {}) : world->network.set_conditions(proxy_address, a.address, {});
    };
    (void)seen;
    const sim::Agent& agent = lost < 3 ? *alice : *bob;
    const bool to_proxy = lost % 2 == 0;
    drop(agent, to_proxy);
    alice->send(invite());
    world->run_for(400);
    heal(agent, to_proxy);
    for (int i = 0; i < 8 && finals("1 INVITE") == 0; ++i) {
      alice->send(invite());
      world->run_for(1000);
    }
    EXPECT_GE(finals("1 INVITE"), 1) << "lost " << lost;
    expect_empty_afterwards();
  }
}

TEST_F(LossTest, TenSeedsWithAFifthLost) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    start(relay_all, seed);
    answer_calls();
    world->network.conditions.loss = 0.2;
    world->network.conditions.duplicate = 0.1;
    world->network.conditions.jitter = 40;
    const int calls = 10;
    for (int round = 0; round < 12; ++round) {
      for (int n = 1; n <= calls; ++n)
        alice->send(n % 2 ? invite("sip:bob@192.0.2.20", n) : alice->make_request("MESSAGE", "sip:bob@192.0.2.20", parts(n)));
      world->run_for(400);
      repeat_successes();
    }
    unacknowledged.clear();
    world->run_for(100);
    std::vector<bool> answered(calls + 1);
    for (const sim::Received& received : alice->inbox)
      if (received.status() == 200)
        for (int n = 1; n <= calls; ++n)
          if (received.header("Call-ID") == "call-" + std::to_string(n)) answered[n] = true;
    for (int n = 1; n <= calls; ++n) EXPECT_TRUE(answered[n]) << "seed " << seed << " call " << n;
    expect_empty_afterwards();
  }
}

TEST_F(LossTest, FailuresAndCancelsWithLoss) {
  for (std::uint64_t seed = 20; seed < 30; ++seed) {
    start(relay_all, seed);
    world->network.conditions.loss = 0.2;
    bob->on_message = [this](const sim::Received& message) {
      if (message.status()) return true;
      if (message.method() == "INVITE") bob->reply(message, 180, "Ringing");
      if (message.method() == "CANCEL") bob->reply(message, 200, "OK");
      return true;
    };
    for (int n = 1; n <= 5; ++n) alice->send(invite("sip:bob@192.0.2.20", n));
    world->run_for(700);
    for (int n = 1; n <= 5; ++n) alice->send(cancel("sip:bob@192.0.2.20", n));
    expect_empty_afterwards();
  }
}

TEST_F(LossTest, GarbageRepliesAreNoHarm) {
  start(relay_all);
  alice->send(invite());
  auto request = bob->expect("INVITE");
  const std::string branch = request.param("Via", "branch");
  for (const std::string& bad : {std::string("z9hG4bKsw"), std::string("z9hG4bKsw00"), std::string("z9hG4bKsw00."),
                                 branch + "0", branch + "ffffffffffffffff", branch.substr(0, branch.size() - 1) + "1f",
                                 std::string("z9hG4bKsw00.ffffffff.1.0"), std::string("z9hG4bKsw00.0.0.0"), std::string("z9hG4bKswzz.0.1.0")}) {
    std::string reply = bob->make_reply(request, 486, "Busy");
    reply.replace(reply.find(branch), branch.size(), bad);
    bob->send(reply);
  }
  std::string other = bob->make_reply(request, 200, "OK");
  other.replace(other.find("1 INVITE"), 8, "1 OPTION");
  bob->send(other);
  world->run_for(100);
  for (const sim::Received& received : alice->inbox) EXPECT_EQ(received.status() >= 200 && received.header("CSeq") == "1 INVITE" && table().size() == 0, false);
  bob->reply(request, 486, "Busy Here");
  EXPECT_TRUE(alice->expect("486"));
  expect_empty_afterwards();
}

}  // namespace
}  // namespace strowger::tm
