// Tests in the simulated world: probes of a gateway that dies and comes back, and calls that go to the next one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "stdlib/dispatcher/state.h"
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

using dispatcher::Shared;

std::string events;
Int probing_mode = 1, threshold = 1;
Int on_event(Call* call, char sign) {
  const auto* const reply = call->subject_of<dispatcher::LastReply>(Dispatcher::slot);
  events += sign;
  events += std::string(call->live->uri().view()) + " " + std::to_string(reply->code) + " " +
            std::string(reply->reason.view()) + "\n";
  return 1;
}

void start_with_text(Process& process) {
  auto* const shared = new Shared;
  process.module_state[Dispatcher::slot] = shared;
  shared->settings.failover = true;
  shared->settings.latency_stats = true;
  shared->settings.ping_interval = 5;
  shared->settings.probing_mode = probing_mode;
  shared->settings.probing_threshold = shared->settings.inactive_threshold = threshold;
  for (std::size_t code = 200; code < 300; ++code) shared->good_codes.set(code);
  shared->down = process.event_route("dispatcher:dst-down");
  shared->up = process.event_route("dispatcher:dst-up");
  const auto building = dispatcher::building_for(process, *shared);
  shared->list =
      dispatcher::build(*dispatcher::parse_rows("1 sip:192.0.2.20 8 9\n1 sip:192.0.2.30 4 8\n", building), building);
}

Int failed(Call*);
const RouteRef kFailed{"DS", failed, kFailureRoute, 0};
Int failed(Call* call) {
  if (call->failed_code != 503 && call->failed_code != 408) return 1;
  Dispatcher::ds_mark_dst(*call, "ip");
  if (Dispatcher::ds_next_dst(*call) != 1) return Tm::t_reply(*call, 500, "No Gateway");
  Tm::t_on_failure(*call, kFailed);
  return Tm::t_relay(*call);
}

Int route(Call* call) {
  if (Dispatcher::ds_select_dst(*call, 1, 8) != 1)
    return Tm::t_newtran(*call) == 1 ? Tm::t_reply(*call, 503, "None") : -1;
  Tm::t_on_failure(*call, kFailed);
  return Tm::t_relay(*call);
}

class ProbeTest : public ProxyTest {
 protected:
  void start_probing(Int mode, Int limit) {
    events.clear();
    probing_mode = mode;
    threshold = limit;
    modules[0] = tm_module();
    modules[1].name = "dispatcher";
    modules[1].start = start_with_text;
    modules[1].worker_start = Dispatcher::worker_start;
    modules[1].tick = Dispatcher::tick;
    modules[1].stop = Dispatcher::stop;
    routes[0].name = "dispatcher:dst-down";
    routes[0].function = [](Call* call) { return on_event(call, '-'); };
    routes[1].name = "dispatcher:dst-up";
    routes[1].function = [](Call* call) { return on_event(call, '+'); };
    image.event_routes = routes;
    image.event_route_count = 2;
    image.modules = modules;
    image.module_count = 2;
    image.request_route = route;
    image.toolchain_version = "test";
    world = std::make_unique<sim::World>(1);
    world->on_failure = [](const std::string& text) { ADD_FAILURE() << text; };
    proxy = &world->add_proxy(image, "192.0.2.1:5060");
    alice = &world->add_agent("alice", "192.0.2.10:5060");
    bob = &world->add_agent("bob", "192.0.2.20:5060");
    carol = &world->add_agent("carol", "192.0.2.30:5060");
    ASSERT_TRUE(world->start()) << world->log_text();
  }
  std::uint32_t flags(std::size_t index) {
    return dispatcher::current(proxy->worker())->find(1)->all[index]->flags.load();
  }
  /// Answers the next probe.
  void answer(int code) {
    sim::Received probe;
    for (int i = 0; i < 60 && !probe; ++i) {
      world->run_for(100);
      probe = bob->take_match("OPTIONS");
    }
    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe.header("From").starts_with("<sip:dispatcher@localhost>;tag=")) << probe.text;
    EXPECT_EQ(probe.header("To"), "<sip:192.0.2.20>");
    bob->reply(probe, code, "R");
    world->run_for(50);
  }
  ModuleImage modules[2];
  RouteRef routes[2];
};

TEST_F(ProbeTest, AGatewayGoesDownAndComesBack) {
  start_probing(1, 2);
  answer(200);
  EXPECT_EQ(flags(0), dispatcher::kProbing);
  EXPECT_EQ(flags(1), dispatcher::kDisabled);  // is never probed
  answer(503);
  EXPECT_EQ(flags(0), dispatcher::kTrying | dispatcher::kProbing);
  answer(200);
  answer(503);
  EXPECT_EQ(events, "");
  answer(503);
  EXPECT_EQ(flags(0), dispatcher::kInactive | dispatcher::kProbing);
  answer(200);
  EXPECT_EQ(flags(0), dispatcher::kInactive | dispatcher::kProbing);
  answer(503);
  answer(200);
  answer(200);
  EXPECT_EQ(flags(0), dispatcher::kProbing);
  EXPECT_EQ(events, "-sip:192.0.2.20 503 R\n+sip:192.0.2.20 200 R\n");
  EXPECT_TRUE(carol->inbox.empty());
}

TEST_F(ProbeTest, ADeadGatewayTimesOut) {
  start_probing(0, 1);
  world->run_for(45000);
  EXPECT_EQ(flags(0), dispatcher::kInactive);  // the mark goes with the first answer
  EXPECT_EQ(events, "-sip:192.0.2.20 408 \n");
  EXPECT_EQ(dispatcher::current(proxy->worker())->find(1)->all[0]->latency.timeouts(), 3u);
  world->run_for(60000);
  std::set<std::string> probes;
  while (const auto probe = bob->take_match("OPTIONS")) probes.insert(probe.header("Call-ID"));
  EXPECT_EQ(probes.size(), 6u);  // none after the first one has failed
  EXPECT_EQ(events, "-sip:192.0.2.20 408 \n");
}

TEST_F(ProbeTest, CallsGoToTheNextOne) {
  start_probing(2, 1);  // only those that are inactive are probed
  dispatcher::current(proxy->worker())->find(1)->all[1]->flags = 0;
  alice->send(alice->make_request("MESSAGE", "sip:x@192.0.2.1", parts(1)));
  bob->reply(bob->expect("MESSAGE"), 503, "Busy");
  carol->reply(carol->expect("MESSAGE"), 200, "OK");
  EXPECT_TRUE(alice->expect("200 MESSAGE"));
  EXPECT_EQ(flags(0), dispatcher::kInactive | dispatcher::kProbing);
  alice->send(alice->make_request("MESSAGE", "sip:x@192.0.2.1", parts(2)));
  carol->reply(carol->expect("MESSAGE"), 503, "Busy");
  EXPECT_TRUE(alice->expect("500 MESSAGE"));
  alice->send(alice->make_request("MESSAGE", "sip:x@192.0.2.1", parts(3)));
  EXPECT_TRUE(alice->expect("503 MESSAGE"));
  answer(200);
  alice->send(alice->make_request("MESSAGE", "sip:x@192.0.2.1", parts(4)));
  bob->reply(bob->expect("MESSAGE"), 200, "OK");
  EXPECT_TRUE(alice->expect("200 MESSAGE"));
  EXPECT_EQ(events, "-sip:x@192.0.2.1 820 \n-sip:x@192.0.2.1 820 \n+sip:192.0.2.20 200 R\n");
}

TEST_F(ProbeTest, ASilentGatewayIsPassedBy) {
  start_probing(2, 1);
  dispatcher::current(proxy->worker())->find(1)->all[1]->flags = 0;
  alice->send(alice->make_request("INVITE", "sip:x@192.0.2.1", parts(1)));
  world->run_for(31000);  // fr_timer
  carol->reply(carol->expect("INVITE"), 200, "OK");
  EXPECT_TRUE(alice->expect("200 INVITE"));
  EXPECT_EQ(flags(0), dispatcher::kInactive | dispatcher::kProbing);
}

}  // namespace
}  // namespace strowger::tm
