// Tests of pipelimit: what passes, as Kamailio 5.6.3 lets it, and that there are only so many pipes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pipelimit.interface.h"
#include "runtime/script/test_call.h"
#include "stdlib/pipelimit/pipes.h"

namespace strowger::testing {
namespace {

class PipelimitTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("pipelimit");
    module.start = Pipelimit::start;
    module.stop = Pipelimit::stop;
    module.worker_start = Pipelimit::worker_start;
    world.modules = {module};
    load(test_request("OPTIONS", "sip:a@sip.test"));
  }
  /// Which of the next 20 messages pass.
  std::string passing(std::string_view algorithm, Int limit) {
    std::string numbers;
    for (int i = 1; i <= 20; ++i)
      if (Pipelimit::pl_check(call, "p", algorithm, limit) > 0) numbers += std::to_string(i) + " ";
    return numbers;
  }
};

TEST_F(PipelimitTest, TaildropLetsTheFirstPass) {
  EXPECT_EQ(passing("taildrop", 5), "1 2 3 4 5 ");
  EXPECT_EQ(Pipelimit::pl_check(call, "p"), -1);
  world.advance(10'000);
  EXPECT_EQ(passing("TAILDROP", 3), "1 2 3 ");
}

TEST_F(PipelimitTest, RedLetsEveryNthPassOnceItWasTooMuch) {
  EXPECT_EQ(passing("RED", 5), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ");
  world.advance(10'000);
  EXPECT_EQ(passing("RED", 5), "4 8 12 16 20 ");
  world.advance(20'000);   // an interval without messages
  EXPECT_EQ(passing("RED", 5).substr(0, 4), "1 2 ");
}

TEST_F(PipelimitTest, FeedbackDropsAsTheMachineIsTooBusy) {
  RateLoad machine;
  machine.see("cpu  100 0 100 800 0 0 0 0 0 0");
  EXPECT_EQ(machine.load, 0);                       // of what came before nothing is known
  machine.see("intr 12 13 14 15 16 17 18");
  machine.see("cpu  150 10 130 810 0 0 0 0 0 0");
  EXPECT_DOUBLE_EQ(machine.load, 0.9);
  RatePipe pipe;
  pipe.algorithm = RatePipe::Algorithm::Feedback;
  const auto passed = [&] {
    int count = 0;
    pipe.counter = 0;
    for (int i = 0; i < 100; ++i) count += pipe.pass(0);
    return count;
  };
  EXPECT_EQ(passed(), 100);
  pipe.steer(machine, 50);                          // 0.4 too much: 25 times as many percent, again and again
  EXPECT_EQ(passed(), 90);
  pipe.steer(machine, 50);
  EXPECT_EQ(passed(), 80);
  for (int i = 0; i < 100; ++i) pipe.steer(machine, 50);
  EXPECT_EQ(passed(), 0);
  machine.load = 0;
  for (int i = 0; i < 8; ++i) pipe.steer(machine, 50);   // and back as fast
  EXPECT_EQ(passed(), 100);
}

TEST_F(PipelimitTest, Results) {
  EXPECT_EQ(Pipelimit::pl_check(call, "none"), -2);
  EXPECT_EQ(Pipelimit::pl_active(call, "none"), -1);
  EXPECT_EQ(Pipelimit::pl_check(call, "n", "NOP", 1), 2);
  EXPECT_EQ(Pipelimit::pl_active(call, "n"), -1);
  EXPECT_EQ(Pipelimit::pl_check(call, "x", "NETWORK", 1), -2);
  EXPECT_EQ(Pipelimit::pl_check(call, "x", "RED", -1), -1);
  EXPECT_EQ(Pipelimit::pl_active(call, "x"), -1);
  const std::string longest(257, 'x');
  EXPECT_EQ(Pipelimit::pl_check(call, std::string_view(longest), "RED", 1), -2);
  EXPECT_EQ(Pipelimit::pl_drop(call, 5, 2), -1);
}

TEST_F(PipelimitTest, ThereIsAnEndOfPipes) {
  Code code = 1;
  std::size_t made = 0;
  for (; code == 1 && made < 200'000; ++made) code = Pipelimit::pl_check(call, std::string_view(std::to_string(made)), "TAILDROP", 1);
  EXPECT_EQ(code, -2);
  EXPECT_LE(made, pipelimit::Pipes::kMostOfShard * pipelimit::Pipes::kShards + 1);
}

}  // namespace
}  // namespace strowger::testing
