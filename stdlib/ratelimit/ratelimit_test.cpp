// Tests of ratelimit: pipes by number, as Kamailio 5.6.3 has them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ratelimit.interface.h"
#include "runtime/script/rpc.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

class RatelimitTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("ratelimit");
    module.start = Ratelimit::start;
    module.stop = Ratelimit::stop;
    module.worker_start = Ratelimit::worker_start;
    world.modules = {module};
    load(test_request("OPTIONS", "sip:a@sip.test"));
  }
  std::string run(void (*command)(RpcCall&), std::vector<std::string> texts) {
    std::vector<RpcParam> params;
    for (std::string& text : texts) {
      const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
      params.push_back(digits ? RpcParam{RpcParam::Kind::Int, std::stol(text), 0, {}} : RpcParam{RpcParam::Kind::Text, 0, 0, text});
    }
    RpcCall rpc(*world.worker, params, {});
    command(rpc);
    if (rpc.reply.failed()) return rpc.reply.fault_text();
    std::string all;
    for (const RpcReply::Item& item : rpc.reply.finish()) all += item.text + ";";
    return all;
  }
};

TEST_F(RatelimitTest, TheLimitIsPerSecond) {
  EXPECT_EQ(run(Ratelimit::rpc_rl_set_pipe, {"2", "TAILDROP", "3"}), "");
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += Ratelimit::rl_check(call, 2) == 1;
  EXPECT_EQ(passed, 30);
  world.advance(10'000);
  EXPECT_EQ(Ratelimit::rl_check_pipe(call, 2), 1);
  EXPECT_EQ(run(Ratelimit::rpc_rl_get_pipes, {}), "PIPE[2]: 2:TAILDROP 100/3 (drop rate: 3) [1];");
}

TEST_F(RatelimitTest, WhatIsNotDefinedDoesNotPass) {
  for (Int pipe : {0, 31, 32, -1}) EXPECT_EQ(Ratelimit::rl_check(call, pipe), -1) << pipe;
  EXPECT_EQ(Ratelimit::rl_check(call), -1);
  EXPECT_EQ(run(Ratelimit::rpc_rl_set_pipe, {"32", "TAILDROP", "3"}), "Unknown pipe");
  EXPECT_EQ(run(Ratelimit::rpc_rl_set_pipe, {"1", "NETWORK", "3"}), "Unknown algorithm");
  EXPECT_EQ(run(Ratelimit::rpc_rl_set_queue, {"0", "INVITE", "3"}), "MAX_QUEUES reached");
}

}  // namespace
}  // namespace strowger::testing
