// Tests of the script functions: which destination is chosen, what comes next, states and questions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"
#include "runtime/script/test_call.h"
#include "stdlib/dispatcher/failover.h"

namespace strowger::testing {
namespace {

using namespace std::string_view_literals;
using dispatcher::Shared;

std::string list_text;  ///< what the module reads in these tests

void start_with_text(Process& process) {
  auto* const shared = new Shared;
  process.module_state[Dispatcher::slot] = shared;
  shared->settings.failover = true;
  shared->calls = std::make_unique<dispatcher::Calls>(4);
  shared->down = process.event_route("dispatcher:dst-down");
  shared->up = process.event_route("dispatcher:dst-up");
  const auto building = dispatcher::building_for(process, *shared);
  shared->list = dispatcher::build(*dispatcher::parse_rows(list_text, building), building);
}

std::string events;  ///< what the event routes have seen
Int on_event(Call* call, char sign) {
  events += sign;
  events += shown(call->live->dst_uri) + "," + shown(*call, Dispatcher::get_dsv(*call, "code")) + " ";
  call->stop = true;
  return 1;
}

class DispatcherTest : public ScriptCall {
 protected:
  struct Answer {
    Int fault = 0;
    std::string text;
  };
  DispatcherTest() {
    list_text =
        "1 sip:10.0.0.1 0 30 duid=a;maxload=1;weight=50;rweight=1\n1 sip:10.0.0.2:5070 0 20 duid=b;weight=50\n1 "
        "sip:10.0.0.3;transport=tcp 0 10 duid=c\n"
        "2 sip:10.0.0.4 1\n2 sip:10.0.0.5 4\n3 sip:10.0.0.6 8\n";
    events.clear();
  }
  void SetUp() override {
    ModuleImage module;
    module.name = Text("dispatcher");
    module.start = start_with_text;
    module.stop = Dispatcher::stop;
    module.worker_start = Dispatcher::worker_start;
    world.modules = {module};
    routes[0].name = "dispatcher:dst-down";
    routes[0].function = [](Call* call) { return on_event(call, '-'); };
    routes[1].name = "dispatcher:dst-up";
    routes[1].function = [](Call* call) { return on_event(call, '+'); };
    world.image.event_routes = routes;
    world.image.event_route_count = 2;
    load(test_request("INVITE", "sip:alice@sip.test:5090;a=b"));
  }
  Shared& shared() { return dispatcher::shared_of(*world.process); }
  /// A new message, same transaction-less world.
  void next_call(int number) {
    std::string text = test_request("INVITE", "sip:alice@sip.test");
    text.replace(text.find("c1@"), 2, "c" + std::to_string(number));
    load(text);
  }
  std::string kept() {
    std::string all;
    for (const Xavp* at = avps.xavps; at; at = at->next) {
      if (at->name.view() != "_dsdst_") continue;
      for (const Xavp* field = at->fields; field; field = field->next)
        if (field->name.view() == "uri") all += field->value.text().view().substr(4, 8), all += ' ';
    }
    return all;
  }
  std::string chosen(Int set, Int algorithm) {
    live.dst_uri = Text::null();
    avps.xavps = nullptr;
    return Dispatcher::ds_select_dst(call, set, algorithm) == 1 ? shown(live.dst_uri) : "-";
  }
  Answer answer(void (*command)(RpcCall&), std::vector<RpcParam> params) {
    Answer got;
    const RpcRef rpc{"x", command};
    run_rpc(*world.worker, rpc, params, [&](RpcReply& reply) {
      got.fault = reply.fault_code();
      for (const RpcReply::Item& item : reply.finish()) got.text += item.text.empty() ? "" : item.text + " ";
    });
    return got;
  }
  static RpcParam text(std::string value) { return {RpcParam::Kind::Text, 0, 0, std::move(value)}; }
  static RpcParam number(Int value) { return {RpcParam::Kind::Int, value, 0, {}}; }
  RouteRef routes[2];
};

TEST_F(DispatcherTest, RoundRobinSkipsWhatIsDown) {
  EXPECT_EQ(chosen(1, 4), "sip:10.0.0.1");
  EXPECT_EQ(kept(), "10.0.0.1 10.0.0.2 10.0.0.3 ");
  EXPECT_EQ(chosen(1, 4), "sip:10.0.0.2:5070");
  EXPECT_EQ(kept(), "10.0.0.2 10.0.0.3 10.0.0.1 ");
  shared().list.load()->find(1)->all[2]->flags = dispatcher::kInactive;
  EXPECT_EQ(chosen(1, 4), "sip:10.0.0.1");
  EXPECT_EQ(kept(), "10.0.0.1 10.0.0.2 ");
  EXPECT_EQ(chosen(2, 4), "-");
  EXPECT_EQ(chosen(9, 4), "-");
}

TEST_F(DispatcherTest, RoundRobinGivesTheTurnOfOneThatIsDownToNobodyTwice) {
  shared().list.load()->find(1)->all[0]->flags = dispatcher::kInactive;
  int second = 0;
  for (int i = 0; i < 10; ++i) second += chosen(1, 4) == "sip:10.0.0.2:5070";
  EXPECT_EQ(second, 5);
}

TEST_F(DispatcherTest, TheDefaultIsTheLastResort) {
  shared().settings.use_default = true;
  EXPECT_EQ(chosen(1, 4), "sip:10.0.0.1");
  EXPECT_EQ(chosen(1, 4), "sip:10.0.0.2:5070");
  EXPECT_EQ(kept(), "10.0.0.2 10.0.0.1 10.0.0.3 ");
  const auto list = shared().list.load();
  list->find(1)->all[0]->flags = list->find(1)->all[1]->flags = dispatcher::kDisabled;
  EXPECT_EQ(chosen(1, 8), "sip:10.0.0.3;transport=tcp");
  EXPECT_EQ(kept(), "10.0.0.3 ");
  EXPECT_EQ(chosen(3, 8), "sip:10.0.0.6");
}

TEST_F(DispatcherTest, NextUntilThereIsNone) {
  EXPECT_EQ(Dispatcher::ds_select(call, 1, 8, 2), 1);
  EXPECT_TRUE(live.dst_uri.is_null());
  EXPECT_EQ(Dispatcher::ds_set_dst(call), 1);
  EXPECT_EQ(shown(live.dst_uri), "sip:10.0.0.1");
  EXPECT_EQ(Dispatcher::ds_next_domain(call), 1);
  EXPECT_EQ(shown(live.uri()), "sip:alice@10.0.0.2:5070");
  EXPECT_EQ(Dispatcher::ds_next_dst(call), -1);
  EXPECT_EQ(Dispatcher::ds_next_dst(call), -1);
  EXPECT_EQ(Dispatcher::ds_mark_dst(call), -1);
  shared().settings.failover = false;
  EXPECT_EQ(Dispatcher::ds_next_dst(call), -1);
}

TEST_F(DispatcherTest, Rules) {
  EXPECT_EQ(Dispatcher::ds_select_routes(call, "3=4;9=4;1=8", "d", 3), 1);
  EXPECT_EQ(kept(), "10.0.0.6 10.0.0.1 10.0.0.2 ");
  EXPECT_EQ(shown(live.dst_uri), "sip:10.0.0.6");
  for (const auto bad : {"junk"sv, ""sv, "1=x"sv, "=1"sv})
    EXPECT_EQ(Dispatcher::ds_select_routes(call, bad, "d"), -1) << bad;
  EXPECT_EQ(Dispatcher::ds_select_routes(call, "1=8", "q"), -1);
  EXPECT_EQ(Dispatcher::ds_select_routes(call, "2=8", "x"), -1);
  shared().settings.force_dst = false;
  EXPECT_EQ(Dispatcher::ds_select_dst(call, 1, 8), -1);
  EXPECT_EQ(Dispatcher::ds_select_domain(call, 1, 8), 1);
  EXPECT_EQ(shown(live.uri()), "sip:alice@10.0.0.1");
}

TEST_F(DispatcherTest, AllAtOnce) {
  EXPECT_EQ(Dispatcher::ds_select_domain(call, 1, 12), 1);
  EXPECT_EQ(shown(live.uri()), "sip:alice@10.0.0.1");
  ASSERT_EQ(live.branch_count, 2);
  EXPECT_EQ(shown(live.branches[1].uri), "sip:alice@10.0.0.3;transport=tcp");
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(Dispatcher::ds_select_dst(call, 1, 12), 1);
  EXPECT_EQ(shown(live.branches[2].dst_uri), "sip:10.0.0.2:5070");
  for (int i = 0; i < 40; ++i) Dispatcher::ds_select(call, 1, 12);
  EXPECT_LT(live.branch_count, world.process->settings.max_branches);
}

TEST_F(DispatcherTest, TheFewestCalls) {
  EXPECT_EQ(chosen(1, 10), "sip:10.0.0.1");
  EXPECT_EQ(Dispatcher::ds_next_dst(call), 1);  // the call goes to b
  const auto list = shared().list.load();
  EXPECT_EQ(list->find(1)->all[0]->load.load(), 0);
  EXPECT_EQ(list->find(1)->all[1]->load.load(), 1);
  next_call(2);
  EXPECT_EQ(chosen(1, 10), "sip:10.0.0.1");
  next_call(3);
  EXPECT_EQ(chosen(1, 10), "sip:10.0.0.3;transport=tcp");
  EXPECT_EQ(kept(), "10.0.0.3 10.0.0.2 ");        // a is full
  EXPECT_EQ(chosen(1, 10), "sip:10.0.0.2:5070");  // the same call again is not counted
  EXPECT_EQ(list->find(1)->all[1]->load.load(), 1);
  EXPECT_EQ(Dispatcher::ds_load_update(call), 1);
  EXPECT_EQ(Dispatcher::ds_load_unset(call), 1);
  EXPECT_EQ(Dispatcher::ds_load_unset(call), -1);
  EXPECT_EQ(list->find(1)->all[2]->load.load(), 0);
  world.advance(Dispatcher::Param::ds_hash_expire * 1000);
  dispatcher::expire_calls(*world.worker);
  for (const auto& one : list->find(1)->all) EXPECT_EQ(one->load.load(), 0) << one->uri;
}

TEST_F(DispatcherTest, WeightsOverHundredCalls) {
  std::map<std::string, int> counts;
  for (int i = 0; i < 100; ++i) ++counts[chosen(1, 9)];
  EXPECT_EQ(counts["sip:10.0.0.1"], 50);
  EXPECT_EQ(counts["sip:10.0.0.2:5070"], 50);
  counts.clear();
  for (int i = 0; i < 100; ++i) ++counts[chosen(1, 11)];
  EXPECT_EQ(counts["sip:10.0.0.1"], 100);
}

TEST_F(DispatcherTest, SlowOnesLosePriority) {
  const auto list = shared().list.load();
  list->find(1)->all[0]->latency.expect(350);  // 30 - 350 / 30 = 19
  EXPECT_EQ(chosen(1, 13), "sip:10.0.0.2:5070");
  list->find(1)->all[1]->latency.expect(39);  // 20 - 1
  EXPECT_EQ(chosen(1, 13), "sip:10.0.0.2:5070");
  EXPECT_EQ(chosen(1, 13), "sip:10.0.0.1");
}

TEST_F(DispatcherTest, MarkingRunsTheEvents) {
  shared().settings.probing_threshold = 2;
  EXPECT_EQ(chosen(1, 8), "sip:10.0.0.1");
  const auto list = shared().list.load();
  const auto& flags = list->find(1)->all[0]->flags;
  EXPECT_EQ(Dispatcher::ds_mark_dst(call, "tp"), 1);
  EXPECT_EQ(flags.load(), dispatcher::kTrying | dispatcher::kProbing);
  EXPECT_EQ(events, "");
  EXPECT_EQ(Dispatcher::ds_mark_dst(call, "t"), 1);
  EXPECT_EQ(flags.load(), dispatcher::kInactive);
  EXPECT_EQ(events, "-sip:10.0.0.1,820 ");
  EXPECT_EQ(Dispatcher::ds_mark_dst(call, "d"), 1);
  live.dst_uri = "sip:9.9.9.9";   // the events see the message as it is
  EXPECT_EQ(Dispatcher::ds_mark_dst(call, "A"), 1);
  EXPECT_EQ(events, "-sip:10.0.0.1,820 +sip:9.9.9.9,820 ");
  EXPECT_EQ(Dispatcher::ds_mark_dst(call, "x"), -1);
  EXPECT_EQ(shown(live.dst_uri), "sip:9.9.9.9");
  EXPECT_FALSE(call.stop);  // exit ends the event route only
  EXPECT_TRUE(Dispatcher::get_dsv(call, "code").is_null());
}

TEST_F(DispatcherTest, WhoIsInTheList) {
  EXPECT_EQ(Dispatcher::ds_is_from_list(call), -1);
  live.source = {4, 9999, {10, 0, 0, 1}};
  EXPECT_EQ(Dispatcher::ds_is_from_list(call), 1);  // no port written: any
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, 1), 1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, 3), -1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, 1, 0), -1);  // no transport written is not UDP
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, 1, 2), 1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 0, "sip:10.0.0.2"), -1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 0, "sip:10.0.0.2:5070"), 1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 1, "sip:10.0.0.2:1"), 1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 1, "sip:10.0.0.4"), 1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 5, "sip:10.0.0.4"), -1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 0, "junk"), -1);
  EXPECT_EQ(Dispatcher::ds_is_from_list(call, -1, 0, "sip:nosuch.test"), -1);
  EXPECT_EQ(Dispatcher::ds_list_exist(call, 2), 1);
  EXPECT_EQ(Dispatcher::ds_list_exist(call, 0), -1);
  EXPECT_EQ(Dispatcher::ds_is_active(call, 1), 1);
  EXPECT_EQ(Dispatcher::ds_is_active(call, 2), -1);
  EXPECT_EQ(Dispatcher::ds_is_active(call, 1, "sip:10.0.0.2:5070"), 1);
  EXPECT_EQ(Dispatcher::ds_is_active(call, 1, "sip:10.0.0.2"), -1);
}

TEST_F(DispatcherTest, ListsChangeWhileTheyAreUsed) {
  const auto before = dispatcher::current(*world.worker);
  EXPECT_EQ(
      answer(Dispatcher::rpc_dispatcher_add, {number(7), text("sip:10.0.0.7"), number(0), number(3), text("duid=z")})
          .fault,
      0);
  EXPECT_EQ(chosen(7, 4), "sip:10.0.0.7");
  EXPECT_EQ(before->find(7), nullptr);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_remove, {number(7), text("sip:10.0.0.7")}).fault, 500);  // too soon
  world.advance(Dispatcher::Param::reload_delta * 1000);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_remove, {number(7), text("sip:10.0.0.7")}).fault, 0);
  EXPECT_EQ(chosen(7, 4), "-");
  world.advance(Dispatcher::Param::reload_delta * 1000);
  shared().settings.list_file = "/nonexistent/dispatcher.list";
  EXPECT_EQ(Dispatcher::ds_reload(call), -1);
  EXPECT_EQ(chosen(1, 8), "sip:10.0.0.1");  // the old one stays
}

TEST_F(DispatcherTest, StatesByHand) {
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text("x"), number(1), text("all")}).fault, 500);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text("ip"), number(1)}).fault, 500);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text("ip"), number(1), text("sip:10.0.0.9")}).fault, 500);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text(""), number(1), text("all")}).fault, 500);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text("p"), number(1), text("all")}).fault, 500);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_state, {text("dp"), number(1), text("all")}).fault, 0);
  EXPECT_EQ(answer(Dispatcher::rpc_dispatcher_set_duid_state, {text("ip"), number(1), text("b")}).fault, 0);
  EXPECT_EQ(events, "");
  const std::string list = answer(Dispatcher::rpc_dispatcher_list, {text("short")}).text;
  EXPECT_NE(list.find("sip:10.0.0.1 DX "), std::string::npos) << list;
  EXPECT_NE(list.find("sip:10.0.0.2:5070 IP "), std::string::npos) << list;
  EXPECT_EQ(chosen(1, 4), "-");
}

}  // namespace
}  // namespace strowger::testing
