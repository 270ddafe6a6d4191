// Tests of cfg.*: values now, staged and as the script has them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "cfg_rpc.interface.h"
#include "runtime/script/rpc.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

const CustomParamImage kParams[] = {{"pstn", "gw", 0, "first"}, {"pstn", "n", 5, Text::null()}};

class CfgRpcTest : public testing::Test {
 protected:
  void SetUp() override {
    world.modules = {{.name = "cfg_rpc", .start = CfgRpc::start, .stop = CfgRpc::stop}};
    world.image.custom_params = kParams;
    world.image.custom_param_count = 2;
    world.start();
  }
  /// What a command answers: its values with blanks between, or "CODE TEXT" of a fault.
  std::string ask(void (*command)(RpcCall&), std::initializer_list<std::string_view> texts) {
    std::vector<RpcParam> params;
    for (const std::string_view text : texts) {
      RpcParam& param = params.emplace_back();
      param.kind = RpcParam::Kind::Text;
      param.text = text;
    }
    RpcCall call(*world.worker, params, [](RpcReply&) {});
    command(call);
    if (call.reply.failed()) return std::to_string(call.reply.fault_code()) + " " + call.reply.fault_text();
    std::string out;
    for (const RpcReply::Item& item : call.reply.finish()) {
      if (item.kind == RpcReply::Kind::Text) out += (out.empty() ? "" : " ") + item.text;
      if (item.kind == RpcReply::Kind::Int) out += (out.empty() ? "" : " ") + std::to_string(item.number);
    }
    return out;
  }
  TestWorld world;
};

TEST_F(CfgRpcTest, ReadsAndSets) {
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_list, {"pstn"}), "pstn: gw pstn: n");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn", "gw"}), "first");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn", "no"}), "400 Failed to get the variable");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_set, {"pstn", "n", "9"}), "");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_set, {"pstn", "n", "x"}), "400 Failed to set the variable");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_set, {"pstn", "no", "1"}), "400 Failed to set the variable");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_sets, {"pstn", "gw", "now"}), "");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn"}), "now 9");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_reset, {"pstn", "n"}), "");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn"}), "now 5");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_help, {"pstn", "n"}), "(parameter type is integer)");
  world.image.request_route = [](Call* call) -> Int {
    EXPECT_EQ(CfgRpc::get_cfg_get(*call, "pstn.gw").view(), "now");
    EXPECT_TRUE(CfgRpc::get_cfg_get(*call, "pstn.no").is_null());
    return 1;
  };
  world.receive(test_request("OPTIONS", "sip:a@b"));
}

TEST_F(CfgRpcTest, StagesUntilCommit) {
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_set_delayed_int, {"pstn", "n", "77"}), "");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_diff, {}), "pstn n 5 77");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn", "n"}), "5");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_commit, {}), "");
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn", "n"}), "77");
  ask(CfgRpc::rpc_cfg_set_delayed, {"pstn", "gw", "lost"});
  ask(CfgRpc::rpc_cfg_rollback, {});
  ask(CfgRpc::rpc_cfg_commit, {});
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"pstn", "gw"}), "first");
}

TEST_F(CfgRpcTest, SetsTheLogLevel) {
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_set_now_int, {"core", "debug", "3"}), "");
  EXPECT_TRUE(world.worker->logs(LogLevel::Debug));
  EXPECT_EQ(ask(CfgRpc::rpc_cfg_get, {"core", "debug"}), "3");
}

}  // namespace
}  // namespace strowger
