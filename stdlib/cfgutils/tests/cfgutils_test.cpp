// cfgutils: chance, flags, locks, hashes, routes by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cfgutils.interface.h"
#include "runtime/script/test_call.h"
#include "stdlib/cfgutils/locks.h"

namespace strowger::testing {
namespace {

Int day_route(Call*) { return 7; }

class CfgutilsTest : public ScriptCall {
 protected:
  RouteRef day{Text("DAY"), day_route, kRequestRoute, 1};
  void SetUp() override {
    ModuleImage module;
    module.name = Text("cfgutils");
    module.start = Cfgutils::start;
    module.worker_start = Cfgutils::worker_start;
    module.stop = Cfgutils::stop;
    world.modules = {module};
    world.image.routes = &day;
    world.image.route_count = 1;
    load(test_request("OPTIONS", "sip:x@y"));
  }
};

TEST_F(CfgutilsTest, FlagsChanceAndRoutes) {
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), -1);
  EXPECT_EQ(Cfgutils::set_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::reset_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), -1);
  EXPECT_EQ(Cfgutils::set_gflag(call, 32), -1);
  EXPECT_EQ(Cfgutils::rand_get_prob(call), 10);
  EXPECT_EQ(Cfgutils::rand_set_prob(call, 101), -1);
  Cfgutils::rand_set_prob(call, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Cfgutils::rand_event(call), -1);
  Cfgutils::rand_set_prob(call, 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Cfgutils::rand_event(call), 1);
  EXPECT_EQ(Cfgutils::check_route_exists(call, "DAY"), 1);
  EXPECT_EQ(Cfgutils::check_route_exists(call, "NOON"), -1);
  EXPECT_EQ(Cfgutils::route_if_exists(call, "DAY"), 7);
  EXPECT_EQ(Cfgutils::route_if_exists(call, "NOON"), -1);
  EXPECT_EQ(Cfgutils::lock(call, "x"), -1) << "lock_set_size is 0";
  EXPECT_NE(Cfgutils::get_RANDOM(call), Cfgutils::get_RANDOM(call));
}

std::string g_order;

/// Locks "k", and waits with it.
Int lock_and_sleep(Call* call) {
  const std::string user(call->live->parsed_uri()->user.view());
  const Code code = Cfgutils::lock(*call, "k");
  g_order += user + (code > 0 ? "+ " : "- ");
  if (code < 0) return 1;
  EXPECT_EQ(Cfgutils::lock(*call, "k"), 1) << "again";
  EXPECT_EQ(Cfgutils::unlock(*call, "k"), 1);
  Cfgutils::sleep(*call, user == "long" ? 20 : 1);
  if (user != "forgets") EXPECT_EQ(Cfgutils::unlock(*call, "k"), 1);
  g_order += user + ". ";
  return 1;
}

class LockTest : public ::testing::Test {
 protected:
  TestWorld world;
  void SetUp() override {
    g_order.clear();
    ModuleImage module;
    module.name = Text("cfgutils");
    module.start = [](Process& process) {
      Cfgutils::start(process);
      cfgutils::make_locks(process, 4);
    };
    module.worker_start = Cfgutils::worker_start;
    module.script_end = Cfgutils::script_end;
    module.stop = Cfgutils::stop;
    world.modules = {module};
    world.image.request_route = lock_and_sleep;
    world.start();
  }
  void ask(std::string_view user) {
    std::string text = test_request("OPTIONS", "sip:" + std::string(user) + "@127.0.0.1");
    world.receive(text.replace(text.find("z9hG4bK-a1"), 10, "z9hG4bK-" + std::string(user)));
  }
  void wait(Millis milliseconds) {
    for (Millis i = 0; i < milliseconds; i += 100) world.advance(100);
  }
};

TEST_F(LockTest, WaitersGetItInOrder) {
  for (const char* user : {"a", "b", "c"}) ask(user);
  EXPECT_EQ(g_order, "a+ ");
  EXPECT_EQ(world.worker->scripts.waiting(), 3U);
  wait(3300);
  EXPECT_EQ(g_order, "a+ a. b+ b. c+ c. ");
  EXPECT_EQ(world.worker->scripts.waiting(), 0U);
}

TEST_F(LockTest, TheEndOfARunGivesItBack) {
  ask("forgets");
  ask("b");
  wait(2200);
  EXPECT_EQ(g_order, "forgets+ forgets. b+ b. ");
}

TEST_F(LockTest, WaitingEndsAfterAWhile) {
  ask("long");
  ask("b");
  wait(10000);
  EXPECT_EQ(g_order, "long+ b- ");
  ask("c");
  wait(11200);
  EXPECT_EQ(g_order, "long+ b- long. c+ c. ");
}

TEST_F(LockTest, ScriptsOfAnotherWorkerWait) {
  Worker other(*world.process, 1, world.clock);
  other.start();
  ask("a");
  Arrival arrival;
  const std::string text = test_request("OPTIONS", "sip:b@127.0.0.1");
  arrival.bytes = Text(std::string_view(text));
  arrival.source = {4, 5080, {127, 0, 0, 11}};
  arrival.socket = world.process->sockets.front().get();
  other.receive(arrival);
  EXPECT_EQ(other.scripts.waiting(), 1U);
  wait(1000);
  EXPECT_EQ(g_order, "a+ a. ");
  EXPECT_TRUE(other.scripts.has_posted());
  other.advance(world.clock);
  EXPECT_EQ(g_order, "a+ a. b+ ");
}

}  // namespace
}  // namespace strowger::testing
