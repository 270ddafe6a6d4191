// Tests of the simulator: determinism, the network's faults, agents, proxies with several workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/world.h"

#include <gtest/gtest.h>

#include "runtime/script/call.h"
#include "runtime/script/forward.h"

namespace strowger::sim {
namespace {

/// Answers OPTIONS and MESSAGE with 200, logs the worker; forwards everything else by its request URI.
Int route(Call* call) {
  const std::uint32_t method = call->message().method_bit();
  if ((method & (kOptions | kMessage)) != 0) {
    call->log(LogLevel::Warn, "<script>: worker " + std::to_string(call->worker->index));
    send_local_reply(*call, 200, "OK", "t", Text::null(), Text::null(), Text::null());
    return 1;
  }
  forward_stateless(*call, nullptr, sip::Protocol::Any);
  return 1;
}

ScriptImage image() {
  ScriptImage image;
  image.request_route = route;
  return image;
}

TEST(World, an_agent_gets_its_answer_in_virtual_time) {
  const ScriptImage script = image();
  World world(1);
  world.add_proxy(script, "192.0.2.1:5060");
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  ASSERT_TRUE(world.start());
  const Millis begin = world.now();
  alice.send(alice.make_request("OPTIONS", "sip:192.0.2.1"));
  const Received reply = alice.expect("200 OPTIONS");
  ASSERT_TRUE(reply) << world.ladder();
  EXPECT_EQ(world.now() - begin, 2);
  EXPECT_EQ(reply.param("To", "tag"), "t");
  EXPECT_EQ(reply.header("Call-ID"), "call-1");
  EXPECT_TRUE(alice.expect_nothing(1000));
  EXPECT_TRUE(world.logs("worker 0"));
}

Int wait_and_route(Call* call) {
  if (call->message().method_bit() == kInvite) call->worker->scripts.sleep(50);
  return route(call);
}

TEST(World, what_became_due_in_a_sleep_comes_before_what_arrived_in_it) {
  ScriptImage script;
  script.request_route = wait_and_route;
  World world(1);
  world.add_proxy(script, "192.0.2.1:5060");
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  world.add_agent("bob", "192.0.2.20:5060");
  ASSERT_TRUE(world.start());
  alice.send(alice.make_request("INVITE", "sip:bob@192.0.2.20:5060"));
  world.after(20, [&] {
    alice.send(alice.make_request("OPTIONS", "sip:192.0.2.1"));
    world.sleep(1000);
  });
  world.run_for(2000);
  const auto& packets = world.network.packets();
  ASSERT_GT(packets.size(), 2u) << world.ladder();
  EXPECT_EQ(packets[1].bytes.substr(0, 7), "OPTIONS");
  EXPECT_EQ(packets[2].bytes.substr(0, 6), "INVITE");
  EXPECT_EQ(packets[1].sent_before, 3u);
}

TEST(World, requests_and_replies_pass_a_proxy) {
  const ScriptImage script = image();
  World world(1);
  world.add_proxy(script, "192.0.2.1:5060");
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  Agent& bob = world.add_agent("bob", "192.0.2.20:5060");
  ASSERT_TRUE(world.start());
  alice.send(alice.make_request("INVITE", "sip:bob@192.0.2.20:5060"));
  const Received invite = bob.expect("INVITE");
  ASSERT_TRUE(invite) << world.ladder();
  EXPECT_EQ(invite.headers("Via").size(), 2u);
  bob.reply(invite, 180, "Ringing");
  bob.reply(invite, 200, "OK", "b7");
  EXPECT_TRUE(alice.expect("180"));
  const Received ok = alice.expect("200");
  ASSERT_TRUE(ok) << world.ladder();
  EXPECT_EQ(ok.headers("Via").size(), 1u);
  EXPECT_EQ(ok.param("To", "tag"), "b7");
}

TEST(World, calls_of_several_workers_stay_with_their_worker) {
  const ScriptImage script = image();
  World world(1);
  Proxy& proxy = world.add_proxy(script, "192.0.2.1:5060", 4);
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 64; ++i) {
    RequestParts parts;
    parts.call_id = "call-" + std::to_string(i / 2);
    parts.cseq = 1 + i % 2;
    alice.send(alice.make_request("OPTIONS", "sip:192.0.2.1", parts));
    ASSERT_TRUE(alice.expect("200"));
  }
  ASSERT_EQ(world.log.lines.size(), 64u);
  for (std::size_t i = 0; i < 64; i += 2) EXPECT_EQ(world.log.lines[i].text, world.log.lines[i + 1].text);
  for (const auto& worker : proxy.workers) EXPECT_GT(worker->counters.received, 0u);
}

std::string run_with(std::uint64_t seed) {
  const ScriptImage script = image();
  World world(seed);
  world.network.conditions = {5, 20, 0.2, 0.2};
  world.add_proxy(script, "192.0.2.1:5060");
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  if (!world.start()) return "";
  for (int i = 0; i < 100; ++i) {
    RequestParts parts;
    parts.call_id = "call-" + std::to_string(i);
    alice.send(alice.make_request("OPTIONS", "sip:192.0.2.1", parts));
    world.run_for(3);
  }
  world.run_for(1000);
  return world.ladder();
}

TEST(World, the_same_seed_gives_the_same_run) {
  EXPECT_EQ(run_with(7), run_with(7));
  EXPECT_NE(run_with(7), run_with(8));
}

TEST(World, the_network_loses_doubles_and_reorders) {
  World world(3);
  world.network.conditions = {5, 20, 0.2, 0.2};
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  Agent& bob = world.add_agent("bob", "192.0.2.20:5060");
  alice.peer = bob.address;
  for (int i = 0; i < 1000; ++i) {
    alice.send("X " + std::to_string(i));
    world.run_for(1);
  }
  world.run_for(100);
  std::map<std::string, int> count;
  int before = -1, reordered = 0;
  for (const auto& received : bob.inbox) {
    ++count[received.text];
    const int number = std::atoi(received.text.c_str() + 2);
    reordered += number < before ? 1 : 0;
    before = number;
  }
  int twice = 0;
  for (const auto& [text, n] : count) twice += n == 2 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(count.size()), 800, 60);
  EXPECT_NEAR(twice, 160, 50);
  EXPECT_GT(reordered, 100);
}

TEST(World, paths_may_differ_and_nobody_may_be_there) {
  World world(3);
  Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  Agent& bob = world.add_agent("bob", "[2001:db8::1]:5070");
  world.network.set_conditions(alice.address, bob.address, {500, 0, 0, 0});
  alice.peer = bob.address;
  alice.send("INVITE x SIP/2.0\r\n\r\n");
  EXPECT_FALSE(bob.expect("INVITE", 499));
  EXPECT_EQ(world.failures.size(), 1u);
  EXPECT_TRUE(bob.expect("INVITE", 1));
  alice.send_to("x", *parse_address("192.0.2.99"));
  world.run_for(10);
  EXPECT_NE(world.ladder().find("192.0.2.99:5060  x  (nobody there)"), std::string::npos) << world.ladder();
}

TEST(World, streams_answer_on_their_connection) {
  const ScriptImage script = image();
  World world(1);
  world.network.conditions = {5, 20, 0.5, 0.5};     // streams do not lose
  world.add_proxy(script, "tcp:192.0.2.1:5060");
  Agent& alice = world.add_agent("alice", "tcp:192.0.2.10:40000");
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 20; ++i) alice.send(alice.make_request("OPTIONS", "sip:192.0.2.1"));
  for (int i = 0; i < 20; ++i) {
    const Received reply = alice.expect("200");
    ASSERT_TRUE(reply) << world.ladder();
    EXPECT_EQ(reply.connection, 1u);
  }
}

}  // namespace
}  // namespace strowger::sim
