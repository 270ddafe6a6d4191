// Requests to names: waiting for DNS, servers that are late or silent, and failover to the next server (RFC 3263).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/resolver.h"
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

Int relay_all(Call* call) {
  Tm::t_relay(*call);
  return 1;
}

struct DnsTest : ProxyTest {
  std::vector<CoreParam> params;
  void start_with(std::initializer_list<const char*> switches, std::uint64_t seed = 1) {
    for (const char* name : switches) params.push_back({Text(std::string_view(name)), 1, Text::null()});
    image.core_params = params.data();
    image.core_param_count = params.size();
    start(relay_all, seed);
    world->dns.address("bob.test", "192.0.2.20");
    world->dns.address("carol.test", "192.0.2.30");
  }
  void two_servers() {
    world->dns.server("_sip._udp.gw.test", 10, 0, 5060, "bob.test");
    world->dns.server("_sip._udp.gw.test", 20, 0, 5060, "carol.test");
  }
  std::string asked() const {
    std::string all;
    for (const std::string& one : world->dns.asked) all += (all.empty() ? "" : ", ") + one;
    return all;
  }
  std::size_t waiting() const { return proxy->worker().scripts.waiting(); }
};

TEST_F(DnsTest, ANameIsAskedForOnceAndThenKnown) {
  start_with({});
  alice->send(invite("sip:bob@bob.test"));
  auto first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  EXPECT_EQ(asked(), "_sip._udp.bob.test SRV, bob.test A");
  bob->reply(first, 200, "OK", "b1");
  ASSERT_TRUE(alice->expect("200"));
  alice->send(invite("sip:bob@bob.test", 2));
  auto second = bob->expect("INVITE");
  ASSERT_TRUE(second);
  bob->reply(second, 200, "OK", "b2");
  EXPECT_EQ(world->dns.asked.size(), 2U);
  world->run_for(61000);                     // the answer's time to live is over
  bob->inbox.clear();
  alice->send(invite("sip:bob@bob.test", 3));
  ASSERT_TRUE(bob->expect("INVITE"));
  EXPECT_EQ(world->dns.asked.size(), 4U);
}

TEST_F(DnsTest, ANameThatIsNotThereIs478) {
  start_with({});
  alice->send(invite("sip:bob@nobody.test"));
  auto reply = alice->expect("478");
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply.first_line().ends_with("Unresolvable destination (478/TM)")) << reply.first_line();
  alice->send(ack_failure("sip:bob@nobody.test", 1, reply.param("To", "tag")));
  expect_empty_afterwards();
}

TEST_F(DnsTest, RepetitionsOfAWaitingRequestAreAbsorbed) {
  start_with({});
  world->dns.mood("bob.test").delay = 4000;
  alice->send(invite("sip:bob@bob.test"));
  for (int i = 0; i < 3; ++i) {
    world->run_for(500);
    alice->send(invite("sip:bob@bob.test"));
  }
  EXPECT_EQ(waiting(), 1U);
  auto received = bob->expect("INVITE", 6000);
  ASSERT_TRUE(received);
  bob->reply(received, 486, "Busy Here", "b1");
  ASSERT_TRUE(alice->expect("486"));
  alice->send(ack_failure("sip:bob@bob.test"));
  EXPECT_EQ(sent_to(*bob, "INVITE"), 1);
  EXPECT_EQ(world->dns.asked.size(), 2U);
  expect_empty_afterwards();
}

TEST_F(DnsTest, ManyThatWaitForOneNameAskOnce) {
  start_with({});
  world->dns.mood("").delay = 1000;
  for (int n = 1; n <= 50; ++n) alice->send(invite("sip:bob@bob.test:5060", n));
  world->run_for(500);
  EXPECT_EQ(waiting(), 50U);
  world->run_for(1000);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(sent_to(*bob, "INVITE"), 50);
  EXPECT_EQ(world->dns.asked.size(), 1U);
}

Int fork_to_names(Call* call) {
  call->live->add_branch(*call->arena, {.uri = "sip:carol@carol.test:5060"}, 12);
  Tm::t_relay(*call);
  return 1;
}

TEST_F(DnsTest, NamesOfAForkAreAskedForAtOnce) {
  start(fork_to_names, 1);
  world->dns.address("bob.test", "192.0.2.20");
  world->dns.address("carol.test", "192.0.2.30");
  world->dns.mood("").delay = 1000;
  alice->send(invite("sip:bob@bob.test:5060"));
  world->run_for(500);
  EXPECT_EQ(world->dns.asked.size(), 2U);
  world->run_for(700);
  EXPECT_EQ(sent_to(*bob, "INVITE"), 1);
  EXPECT_EQ(sent_to(*carol, "INVITE"), 1);
  EXPECT_EQ(world->dns.asked.size(), 2U);
}

TEST_F(DnsTest, AServerThatNeverAnswersHarmsNoOtherCall) {
  start_with({});
  world->dns.mood("never.test").never = true;
  for (int n = 1; n <= 20; ++n) alice->send(invite("sip:x@never.test:5060", n));
  world->run_for(100);
  EXPECT_EQ(waiting(), 20U);
  for (int n = 100; n < 120; ++n) {
    alice->send(invite(n % 2 ? "sip:bob@192.0.2.20" : "sip:bob@bob.test:5060", n));
    ASSERT_TRUE(bob->expect("INVITE", 200)) << n;
  }
  EXPECT_EQ(waiting(), 20U);
  world->run_for(10000);
  EXPECT_EQ(waiting(), 0U);
  int refused = 0;
  for (const auto& one : alice->inbox) refused += one.status() == 478;
  EXPECT_GE(refused, 20);
  alice->inbox.clear();
  alice->send(invite("sip:x@never.test:5060", 200));       // known to be unknown now
  EXPECT_TRUE(alice->expect("478", 100));
}

TEST_F(DnsTest, AnOldAnswerStandsInForADeadServer) {
  start_with({});
  alice->send(invite("sip:bob@bob.test:5060"));
  ASSERT_TRUE(bob->expect("INVITE"));
  world->run_for(61000);
  world->dns.mood("bob.test").fails = true;
  alice->send(invite("sip:bob@bob.test:5060", 2));
  EXPECT_TRUE(bob->expect("INVITE", 20000));
}

TEST_F(DnsTest, ACancelEndsARequestThatWaits) {
  start_with({});
  world->dns.mood("bob.test").delay = 5000;
  alice->send(invite("sip:bob@bob.test:5060"));
  world->run_for(1000);
  alice->send(cancel("sip:bob@bob.test:5060"));
  auto terminated = alice->expect("487");
  ASSERT_TRUE(terminated);
  alice->send(ack_failure("sip:bob@bob.test:5060", 1, terminated.param("To", "tag")));
  world->run_for(6000);
  EXPECT_EQ(sent_to(*bob, "INVITE"), 0);
  expect_empty_afterwards();
}

TEST_F(DnsTest, WithoutFailoverASilentServerIsATimeout) {
  start_with({});
  two_servers();
  alice->send(invite("sip:bob@gw.test"));
  ASSERT_TRUE(bob->expect("INVITE"));
  ASSERT_TRUE(alice->expect("408", 40000));
  EXPECT_EQ(sent_to(*carol, "INVITE"), 0);
}

TEST_F(DnsTest, TheNextServerAfterSilence) {
  start_with({"use_dns_failover"});
  two_servers();
  alice->send(invite("sip:bob@gw.test"));
  auto first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  auto second = carol->expect("INVITE", 40000);
  ASSERT_TRUE(second);
  EXPECT_NE(first.param("Via", "branch"), second.param("Via", "branch"));
  carol->reply(second, 200, "OK", "c1");
  ASSERT_TRUE(alice->expect("200"));
  expect_empty_afterwards();
}

TEST_F(DnsTest, TheNextServerAfter503ButNotAfter486) {
  start_with({"use_dns_failover"});
  two_servers();
  alice->send(invite("sip:bob@gw.test"));
  auto first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  bob->reply(first, 503, "Service Unavailable", "b1");
  auto second = carol->expect("INVITE", 100);
  ASSERT_TRUE(second);
  carol->reply(second, 486, "Busy Here", "c1");
  ASSERT_TRUE(alice->expect("486"));
  alice->send(ack_failure("sip:bob@gw.test", 1, "c1"));
  alice->send(invite("sip:bob@gw.test", 2));
  first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  bob->reply(first, 486, "Busy Here", "b2");
  ASSERT_TRUE(alice->expect("486"));
  alice->send(ack_failure("sip:bob@gw.test", 2, "b2"));
  EXPECT_EQ(sent_to(*carol, "INVITE"), 1);
  expect_empty_afterwards();
}

TEST_F(DnsTest, ARingingServerIsNotLeft) {
  start_with({"use_dns_failover"});
  two_servers();
  alice->send(invite("sip:bob@gw.test"));
  auto first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  bob->reply(first, 180, "Ringing", "b1");
  ASSERT_TRUE(alice->expect("180"));
  world->run_for(200000);
  EXPECT_EQ(sent_to(*carol, "INVITE"), 0);
}

TEST_F(DnsTest, TheNextServerWhenAConnectionIsRefused) {
  start_with({"use_dns_failover"});
  world->dns.address("dead.test", "192.0.2.99");
  world->dns.server("_sip._tcp.gw.test", 10, 0, 5060, "dead.test");
  world->dns.server("_sip._tcp.gw.test", 20, 0, 5060, "carol.test");
  carol->protocol = sip::Protocol::Tcp;
  alice->send(invite("sip:bob@gw.test;transport=tcp"));
  EXPECT_TRUE(carol->expect("INVITE", 1000));
}

TEST_F(DnsTest, TheNameOfTheNextServerMayBeLate) {
  start_with({"use_dns_failover"});
  two_servers();
  world->dns.mood("carol.test").delay = 3000;
  alice->send(invite("sip:bob@gw.test"));
  auto first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  bob->reply(first, 503, "Service Unavailable", "b1");
  world->run_for(1000);
  EXPECT_EQ(waiting(), 1U);
  alice->send(cancel("sip:bob@gw.test"));
  auto terminated = alice->expect("487");
  ASSERT_TRUE(terminated);
  alice->send(ack_failure("sip:bob@gw.test", 1, terminated.param("To", "tag")));
  world->run_for(5000);
  EXPECT_EQ(sent_to(*carol, "INVITE"), 0);
  alice->send(invite("sip:bob@gw.test", 2));
  first = bob->expect("INVITE");
  ASSERT_TRUE(first);
  bob->reply(first, 503, "Service Unavailable", "b2");
  EXPECT_TRUE(carol->expect("INVITE", 5000));
}

TEST_F(DnsTest, SeedsOfLossAndDelayAlwaysEnd) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    params.clear();
    image = ScriptImage();
    start_with({"use_dns_failover"}, seed);
    if (HasFatalFailure()) return;
    two_servers();
    auto& mood = world->dns.mood("");
    mood.loss = 0.4;
    mood.delay = static_cast<Millis>(seed * 97 % 3000);
    for (int n = 1; n <= 10; ++n) alice->send(invite(n % 2 ? "sip:bob@gw.test" : "sip:bob@bob.test", n));
    for (int i = 0; i < 60; ++i) {
      world->run_for(1000);
      for (sim::Agent* agent : {bob, carol}) {
        const auto inbox = std::exchange(agent->inbox, {});
        for (const auto& request : inbox)
          if (request.matches("INVITE")) agent->reply(request, agent == bob ? 503 : 486, "No", "t");
      }
      while (!alice->inbox.empty()) {
        const auto reply = alice->inbox.front();
        alice->inbox.pop_front();
        if (reply.status() < 300) continue;
        const std::string call = reply.header("Call-ID");
        const int n = std::stoi(call.substr(5));
        alice->send(ack_failure(n % 2 ? "sip:bob@gw.test" : "sip:bob@bob.test", n, reply.param("To", "tag")));
      }
    }
    EXPECT_EQ(waiting(), 0U) << seed;
    expect_empty_afterwards();
    if (HasFailure()) return;
    world.reset();
  }
}

}  // namespace
}  // namespace strowger::tm
