// Tests of scripts that wait: frames leave and come back, answers, deadlines, limits, repetitions, $var, the end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

#include "runtime/script/park.h"
#include "runtime/script/script_stack.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::string g_trace;
Ticket g_ticket;
Millis g_longest = 1000;

const char* name_of(Waited waited) {
  return waited == Waited::Answered ? "answered" : waited == Waited::TimedOut ? "timed-out" : "refused";
}

/// Waits with something on the stack, and says how it ended. The user part of the request URI is its name.
Int request(Call* call) {
  const std::string user(call->live->parsed_uri()->user.view());
  g_trace += user + ":begin ";
  if (user == "quick") return 1;
  char large[900];
  std::memset(large, user[0], sizeof large);
  Scripts& scripts = call->worker->scripts;
  g_ticket = scripts.ticket();
  if (user == "at-once") EXPECT_TRUE(scripts.answer(g_ticket, 3));
  std::int64_t value = 0;
  const Waited waited = scripts.wait(g_ticket, g_longest, &value);
  for (const char c : large) EXPECT_EQ(c, user[0]);
  EXPECT_EQ(call->live->parsed_uri()->user.view(), user);   // the message's bytes have stayed
  g_trace += user + ":" + name_of(waited) + "=" + std::to_string(value) + " ";
  return 1;
}

Int nested_event(Call* call) {
  EXPECT_TRUE(call->worker->scripts.sleep(20));
  g_trace += "event ";
  return 1;
}
Int request_with_event(Call* call) {
  run_event(*call->worker, nested_event);
  g_trace += "behind ";
  return 1;
}

Int request_with_slot(Call* call) {
  const std::string user(call->live->parsed_uri()->user.view());
  SlotVariable& slot = call->worker->slots[0];
  slot.storage = user;
  slot.value = Value::of(Text(std::string_view(slot.storage)));
  call->worker->slots[1].value = Value::of(Int{static_cast<Int>(user.size())});
  if (user != "quick") EXPECT_TRUE(call->worker->scripts.sleep(50));
  g_trace += std::string(slot.value.text().view()) + std::to_string(call->worker->slots[1].value.number()) + " ";
  return 1;
}

class ParkTest : public testing::Test {
 protected:
  void SetUp() override {
    g_trace.clear();
    g_longest = 1000;
    world.image.request_route = request;
  }
  void start() { world.start(); }
  std::string request_of(std::string_view user, int number = 0) {
    std::string text = test_request("OPTIONS", "sip:" + std::string(user) + "@127.0.0.1");
    return text.replace(text.find("z9hG4bK-a1"), 10, "z9hG4bK-" + std::string(user) + std::to_string(number));
  }
  TestWorld world;
};

TEST_F(ParkTest, OthersRunWhileOneWaits) {
  start();
  world.receive(request_of("slow"));
  world.receive(request_of("quick"));
  EXPECT_EQ(g_trace, "slow:begin quick:begin ");
  EXPECT_EQ(world.worker->scripts.waiting(), 1U);
  world.advance(999);
  EXPECT_EQ(world.worker->scripts.waiting(), 1U);
  world.advance(1);
  EXPECT_EQ(g_trace, "slow:begin quick:begin slow:timed-out=0 ");
  EXPECT_EQ(world.worker->scripts.waiting(), 0U);
  EXPECT_EQ(world.worker->scripts.frame_bytes(), 0U);
}

TEST_F(ParkTest, AnAnswerWakesOnce) {
  start();
  world.receive(request_of("a"));
  EXPECT_TRUE(world.worker->scripts.answer(g_ticket, 7));
  EXPECT_EQ(g_trace, "a:begin a:answered=7 ");
  EXPECT_FALSE(world.worker->scripts.answer(g_ticket, 8));
  EXPECT_FALSE(world.worker->scripts.answer(Ticket{}, 8));
  world.advance(2000);
  EXPECT_EQ(g_trace, "a:begin a:answered=7 ");
}

TEST_F(ParkTest, AnAnswerThatIsThereDoesNotPark) {
  start();
  world.receive(request_of("at-once"));
  EXPECT_EQ(g_trace, "at-once:begin at-once:answered=3 ");
  EXPECT_EQ(world.worker->scripts.parked, 0U);
}

TEST_F(ParkTest, ManyWaitAndGoOnInAnyOrder) {
  start();
  Ticket tickets[3];
  const char* const names[] = {"a", "b", "c"};
  for (int i = 0; i < 3; ++i) {
    world.receive(request_of(names[i]));
    tickets[i] = g_ticket;
  }
  for (const int i : {1, 2, 0}) world.worker->scripts.answer(tickets[i], i);
  EXPECT_EQ(g_trace, "a:begin b:begin c:begin b:answered=1 c:answered=2 a:answered=0 ");
}

TEST_F(ParkTest, AnotherThreadAnswers) {
  start();
  bool woken = false;
  world.worker->scripts.wake = [&] { woken = true; };
  world.receive(request_of("a"));
  std::thread([&] { world.worker->scripts.post(g_ticket, 5); }).join();
  EXPECT_TRUE(woken);
  EXPECT_EQ(g_trace, "a:begin ");
  world.advance(0);
  EXPECT_EQ(g_trace, "a:begin a:answered=5 ");
}

TEST_F(ParkTest, ARepetitionOfAWaitingRequestIsAbsorbed) {
  start();
  world.receive(request_of("a"));
  world.receive(request_of("a"));
  world.receive(request_of("a", 2));   // another branch: another request
  EXPECT_EQ(g_trace, "a:begin a:begin ");
  EXPECT_EQ(world.worker->scripts.absorbed, 1U);
  world.advance(1000);
  world.receive(request_of("a"));      // its script has ended
  EXPECT_EQ(world.worker->scripts.absorbed, 1U);
  EXPECT_EQ(world.worker->scripts.waiting(), 1U);
}

TEST_F(ParkTest, WhatRunsInsideWaitsWithItsCaller) {
  world.image.request_route = request_with_event;
  start();
  world.receive(request_of("a"));
  EXPECT_EQ(g_trace, "");
  world.advance(20);
  EXPECT_EQ(g_trace, "event behind ");
}

TEST_F(ParkTest, VariablesOfAWaitingScriptAreItsOwn) {
  NamedInt slots[2];
  slots[0].name = "var:a";
  slots[1].name = "var:b";
  world.image.slots = slots;
  world.image.slot_count = 2;
  world.image.request_route = request_with_slot;
  start();
  world.receive(request_of("slow"));
  world.receive(request_of("quick"));
  world.advance(50);
  EXPECT_EQ(g_trace, "quick5 slow4 ");
}

TEST_F(ParkTest, TheEndRefusesAllWaits) {
  start();
  world.receive(request_of("a"));
  world.receive(request_of("b"));
  world.worker->scripts.end();
  world.receive(request_of("c"));
  EXPECT_EQ(g_trace, "a:begin b:begin a:refused=0 b:refused=0 c:begin c:refused=0 ");
  EXPECT_EQ(world.worker->scripts.refused, 1U);
}

TEST_F(ParkTest, WaitsThatTheWorkerOutlivesAreEnded) {
  start();
  world.receive(request_of("a"));
  world.worker.reset();
  EXPECT_EQ(g_trace, "a:begin a:refused=0 ");
}

TEST_F(ParkTest, OutsideOfScriptsNothingWaits) {
  start();
  EXPECT_FALSE(world.worker->scripts.sleep(10));
  EXPECT_FALSE(world.worker->scripts.may_wait());
}

TEST_F(ParkTest, ThousandsWait) {
  start();
  for (int i = 0; i < 3000; ++i) world.receive(request_of("a", i));
  EXPECT_EQ(world.worker->scripts.waiting(), 3000U);
  g_trace.clear();
  world.advance(1000);
  EXPECT_EQ(world.worker->scripts.waiting(), 0U);
  EXPECT_EQ(g_trace.size(), 3000 * std::strlen("a:timed-out=0 "));
}

TEST(ScriptStackTest, AJobThatStaysGoesOnWhereItWas) {
  ScriptStack stack;
  ASSERT_TRUE(stack.good());
  struct Context { ScriptStack& stack; int steps; } context{stack, 0};
  const auto job = [](void* argument) {
    auto& it = *static_cast<Context*>(argument);
    ++it.steps;
    it.stack.wait();
    ++it.steps;
  };
  EXPECT_FALSE(stack.run(job, &context));
  EXPECT_FALSE(stack.busy());
  EXPECT_EQ(context.steps, 1);
  EXPECT_TRUE(stack.stay());
  EXPECT_EQ(context.steps, 2);
  EXPECT_FALSE(stack.run(job, &context));   // and is ready for the next
  EXPECT_TRUE(stack.stay());
  EXPECT_EQ(context.steps, 4);
}

}  // namespace
}  // namespace strowger
