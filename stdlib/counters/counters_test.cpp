// Tests of the script's counters: modules statistics and counters share them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "counters.interface.h"
#include "runtime/script/rpc.h"
#include "runtime/script/test_call.h"
#include "statistics.interface.h"

namespace strowger::testing {
namespace {

class CountersTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("counters");
    module.start = +[](Process& process) {
      process.add_script_counter("script", "calls", "all calls");
      process.add_script_counter("pstn", "calls", "");
      process.add_script_counter("script", "keep", "").may_reset = false;
    };
    module.worker_start = CountersModule::worker_start;
    world.modules = {module};
    load(test_request("OPTIONS", "sip:a@sip.test"));
  }
  Int value(std::string_view group, std::string_view name) {
    const ScriptCounter* const counter = world.process->find_script_counter(group, name);
    return counter ? counter->value.load() : -999;
  }
};

TEST_F(CountersTest, GroupsKeepNamesApart) {
  EXPECT_EQ(CountersModule::cnt_inc(call, "calls"), 1);
  EXPECT_EQ(CountersModule::cnt_add(call, "pstn.calls", 5), 1);
  EXPECT_EQ(CountersModule::cnt_add(call, "script.calls", -3), 1);
  EXPECT_EQ(value("script", "calls"), -2);
  EXPECT_EQ(value("pstn", "calls"), 5);
  EXPECT_EQ(CountersModule::cnt_reset(call, "pstn.calls"), 1);
  EXPECT_EQ(value("pstn", "calls"), 0);
  EXPECT_EQ(CountersModule::cnt_inc(call, "nope"), -1);
}

TEST_F(CountersTest, StatisticsCountsTheSame) {
  EXPECT_EQ(Statistics::update_stat(call, "keep", 4), 1);
  EXPECT_EQ(Statistics::reset_stat(call, "keep"), 1);
  EXPECT_EQ(value("script", "keep"), 4);
  EXPECT_EQ(Statistics::update_stat(call, "nope", 4), -1);
  EXPECT_EQ(&world.process->add_script_counter("script", "keep", ""), world.process->find_script_counter("", "keep"));
}

TEST_F(CountersTest, Rpc) {
  CountersModule::cnt_add(call, "calls", 7);
  const auto run = [&](void (*command)(RpcCall&), std::vector<std::string> texts) {
    std::vector<RpcParam> params;
    for (std::string& text : texts) params.push_back({RpcParam::Kind::Text, 0, 0, text});
    RpcCall rpc(*world.worker, params, {});
    command(rpc);
    std::string all = rpc.reply.failed() ? rpc.reply.fault_text() : "";
    if (all.empty())
      for (const RpcReply::Item& item : rpc.reply.finish())
        if (item.kind == RpcReply::Kind::Int) all += item.name + "=" + std::to_string(item.number) + " ";
        else if (item.kind == RpcReply::Kind::Text) all += item.text + " ";
    return all;
  };
  EXPECT_EQ(run(CountersModule::rpc_cnt_get, {"script", "calls"}), "=7 ");
  EXPECT_EQ(run(CountersModule::rpc_cnt_get, {"script", "nope"}), "non-existent counter script.nope\n");
  EXPECT_EQ(run(CountersModule::rpc_cnt_get_vars, {"script"}), "calls=7 keep=0 ");
  EXPECT_EQ(run(CountersModule::rpc_cnt_list_groups, {}), "pstn script ");
  EXPECT_EQ(run(CountersModule::rpc_cnt_help, {"script", "calls"}), "all calls ");
  EXPECT_EQ(run(CountersModule::rpc_cnt_reset, {"script", "calls"}), "");
  EXPECT_EQ(value("script", "calls"), 0);
}

}  // namespace
}  // namespace strowger::testing
