// Tests of rtimer and timer: routes run at their times.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "rtimer.interface.h"
#include "runtime/script/test_call.h"
#include "timer.interface.h"

namespace strowger::testing {
namespace {

class RtimerTest : public ScriptCall {};

TEST_F(RtimerTest, ATimerThatIsNotDeclaredIsRefused) {
  ModuleImage rtimer, timer;
  rtimer.name = Text("rtimer");
  rtimer.start = Rtimer::start;
  rtimer.stop = Rtimer::stop;
  rtimer.worker_start = Rtimer::worker_start;
  timer.name = Text("timer");
  timer.start = TimerModule::start;
  timer.stop = TimerModule::stop;
  timer.worker_start = TimerModule::worker_start;
  world.modules = {rtimer, timer};
  load(test_request("OPTIONS", "sip:a@sip.test"));
  EXPECT_EQ(TimerModule::timer_enable(call, "none", 1), -1);
  EXPECT_EQ(Rtimer::get_rtimer_worker(call), 0);
  EXPECT_EQ(world.worker->timers.armed(), 0u);
}

}  // namespace
}  // namespace strowger::testing
