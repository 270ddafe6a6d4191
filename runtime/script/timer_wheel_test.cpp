// Tests of the timer wheel.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace strowger {
namespace {

std::vector<int>* g_fired = nullptr;   // where the timers of the running test report

struct Numbered : Timer {
  int number = 0;
  TimerWheel* wheel = nullptr;
  Timer* cancels = nullptr;
  Millis again = 0;
};

void report(Worker&, Timer& timer) {
  auto& self = static_cast<Numbered&>(timer);
  g_fired->push_back(self.number);
  if (self.cancels) self.wheel->cancel(*self.cancels);
  if (self.again) {
    const Millis due = self.again;
    self.again = 0;
    self.wheel->arm(self, due);
  }
}

class TimerWheelTest : public testing::Test {
 protected:
  void SetUp() override { g_fired = &fired; }
  Worker& nobody() { return *reinterpret_cast<Worker*>(&storage_); }   // report() does not touch it
  Numbered make(int number, TimerWheel& wheel) {
    Numbered timer;
    timer.number = number;
    timer.wheel = &wheel;
    timer.fire = report;
    return timer;
  }
  std::vector<int> fired;

 private:
  long storage_ = 0;
};

TEST_F(TimerWheelTest, FiresInOrderOfTimeAndOfArming) {
  TimerWheel wheel(1000);
  Numbered a = make(1, wheel), b = make(2, wheel), c = make(3, wheel), d = make(4, wheel);
  wheel.arm(a, 70000);
  wheel.arm(b, 1500);
  wheel.arm(c, 70000);
  wheel.arm(d, 1001);
  EXPECT_EQ(wheel.armed(), 4u);
  EXPECT_LE(wheel.next_due(1 << 30), 1001);
  wheel.advance(1000, nobody());
  EXPECT_TRUE(fired.empty());
  wheel.advance(1499, nobody());
  EXPECT_EQ(fired, std::vector<int>({4}));
  wheel.advance(69999, nobody());
  EXPECT_EQ(fired, std::vector<int>({4, 2}));
  wheel.advance(70000, nobody());
  EXPECT_EQ(fired, std::vector<int>({4, 2, 1, 3}));
  EXPECT_EQ(wheel.armed(), 0u);
  EXPECT_EQ(wheel.next_due(99999), 99999);
}

TEST_F(TimerWheelTest, ACancelledTimerDoesNotFire) {
  TimerWheel wheel(0);
  Numbered a = make(1, wheel), b = make(2, wheel), c = make(3, wheel);
  wheel.arm(a, 10);
  wheel.arm(b, 10);
  wheel.arm(c, 10);
  a.cancels = &b;   // from inside the same tick
  wheel.advance(20, nobody());
  EXPECT_EQ(fired, std::vector<int>({1, 3}));
  EXPECT_FALSE(b.armed());
}

TEST_F(TimerWheelTest, ATimerInThePastFiresAtTheNextAdvance) {
  TimerWheel wheel(500);
  Numbered a = make(1, wheel);
  wheel.arm(a, 100);
  EXPECT_EQ(wheel.next_due(600), 500);
  wheel.advance(500, nobody());
  EXPECT_EQ(fired, std::vector<int>({1}));
}

TEST_F(TimerWheelTest, ATimerMayArmItselfAgainWithinOneAdvance) {
  TimerWheel wheel(0);
  Numbered a = make(1, wheel);
  a.again = 300;
  wheel.arm(a, 100);
  wheel.advance(1000, nobody());
  EXPECT_EQ(fired, std::vector<int>({1, 1}));
}

TEST_F(TimerWheelTest, TimersBeyondTheWheelFire) {
  TimerWheel wheel(5);
  Numbered a = make(1, wheel);
  wheel.arm(a, Millis{3} << 32);
  wheel.advance((Millis{3} << 32) - 1, nobody());
  EXPECT_TRUE(fired.empty());
  wheel.advance(Millis{3} << 32, nobody());
  EXPECT_EQ(fired, std::vector<int>({1}));
}

TEST_F(TimerWheelTest, RandomTimersFireWhenDue) {
  std::mt19937_64 random(7);
  TimerWheel wheel(123456789);
  Millis now = 123456789;
  std::vector<Numbered> timers(500);
  for (int i = 0; i < 500; ++i) timers[i] = make(i, wheel);
  std::vector<std::pair<Millis, int>> expected;
  for (int i = 0; i < 500; ++i) {
    const Millis due = now + 1 + static_cast<Millis>(random() % (Millis{1} << (random() % 34)));
    wheel.arm(timers[i], due);
    if (i % 7 == 0) {
      wheel.cancel(timers[i]);
    } else {
      expected.push_back({due, i});
    }
  }
  std::sort(expected.begin(), expected.end());
  std::size_t seen = 0;
  while (seen < expected.size()) {
    const Millis next = wheel.next_due(Millis{1} << 40);
    ASSERT_LE(next, expected[seen].first);
    now = next;
    wheel.advance(now, nobody());
    for (; seen < fired.size(); ++seen) {
      ASSERT_EQ(fired[seen], expected[seen].second);
      ASSERT_EQ(expected[seen].first, now);
    }
  }
  EXPECT_EQ(wheel.armed(), 0u);
}

}  // namespace
}  // namespace strowger
