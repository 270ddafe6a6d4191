// Tests of benchmark's commands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "benchmark.interface.h"
#include "runtime/script/rpc.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

TEST(Benchmark, CommandsTakeWhatTheyWantOnly) {
  TestWorld world;
  ModuleImage module;
  module.name = "benchmark";
  module.start = Benchmark::start;
  module.stop = Benchmark::stop;
  module.worker_start = Benchmark::worker_start;
  world.modules = {module};
  world.start();
  const auto run = [&](void (*command)(RpcCall&), std::vector<RpcParam> params) {
    RpcCall rpc(*world.worker, params, {});
    command(rpc);
    return rpc.reply.failed() ? rpc.reply.fault_text() : "good";
  };
  const RpcParam one{RpcParam::Kind::Int, 1, 0, {}}, name{RpcParam::Kind::Text, 0, 0, "nope"}, list{RpcParam::Kind::Other, 0, 0, {}};
  EXPECT_EQ(run(Benchmark::rpc_benchmark_enable_timer, {list, one}), "Invalid Parameters");   // this one crashed
  EXPECT_EQ(run(Benchmark::rpc_benchmark_enable_timer, {one, one}), "Invalid Parameters");
  EXPECT_EQ(run(Benchmark::rpc_benchmark_enable_timer, {name, one}), "Register timer failure");
  EXPECT_EQ(run(Benchmark::rpc_benchmark_granularity, {name}), "Invalid Parameter Value");
  EXPECT_EQ(run(Benchmark::rpc_benchmark_granularity, {one}), "good");
  EXPECT_EQ(run(Benchmark::rpc_benchmark_timer_name_list, {}), "Invalid timer name");
  EXPECT_EQ(run(Benchmark::rpc_benchmark_timer_name_list, {name}), "Register timer failure");
}

}  // namespace
}  // namespace strowger
