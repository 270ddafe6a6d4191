// Tests of when datagrams are left to gather.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/gathering.h"

#include <gtest/gtest.h>

namespace strowger::net {
namespace {

TEST(Gathering, waits_only_where_many_come_one_by_one) {
  Gathering gathering(100, 0);
  EXPECT_EQ(gathering.wait(1, 1'000'000), 0u) << "the first ever";
  EXPECT_EQ(gathering.wait(1, 1'000'100), 0u) << "one in 100 us";
  EXPECT_EQ(gathering.wait(11, 1'000'200), 0u) << "eleven in 100 us";
  EXPECT_EQ(gathering.wait(4, 1'000'220), 100u) << "four in 20 us: twenty in 100";
  gathering.gathered(20);
  EXPECT_EQ(gathering.wait(1, 1'000'350), 100u) << "21 in 130 us";
  gathering.gathered(20);
  EXPECT_EQ(gathering.wait(Gathering::kEnough, 1'000'480), 0u) << "enough for a batch";
}

TEST(Gathering, counts_what_gathered_as_having_come) {
  Gathering gathering(100, 0);
  std::int64_t now = 1'000'000;
  gathering.wait(1, now);
  for (int i = 0; i < 50; ++i) {
    now += i == 0 ? 10 : 200;
    EXPECT_EQ(gathering.wait(2, now), 100u) << i;
    gathering.gathered(30);
  }
}

TEST(Gathering, gives_up_where_waiting_brings_little) {
  Gathering gathering(100, 0);
  std::int64_t now = 1'000'000;
  int waits = 0;
  for (int i = 0; i < 20'000; ++i) {               // whoever waits for our answer sends nothing meanwhile
    if (gathering.wait(4, now += 10) == 0) continue;
    ++waits;
    gathering.gathered(0);
  }
  EXPECT_LE(waits, 30);
  EXPECT_GE(waits, 20) << "and yet tries now and then";
  bool waited = false;
  for (int i = 0; i < 1100 && !waited; ++i) waited = gathering.wait(4, now += 10) > 0;
  ASSERT_TRUE(waited);
  gathering.gathered(20);
  EXPECT_EQ(gathering.wait(4, now += 110), 100u) << "once it pays it is done again";
}

TEST(Gathering, is_switched_off_by_0) {
  Gathering gathering(0, 0);
  for (std::int64_t now = 1; now < 1000; ++now) {
    EXPECT_EQ(gathering.wait(4, now), 0u);
    EXPECT_EQ(gathering.rest(), 0u);
  }
}

TEST(Gathering, rests_where_two_or_more_will_come_meanwhile) {
  Gathering gathering(100, 200);
  std::int64_t now = 1'000'000;
  gathering.wait(1, now);
  EXPECT_EQ(gathering.rest(), 0u) << "the first ever";
  for (int i = 0; i < 50; ++i) {
    gathering.wait(1, now += 110);
    EXPECT_EQ(gathering.rest(), 0u) << "one in 110 us";
  }
  std::uint32_t rest = 0;
  for (int i = 0; i < 50; ++i) gathering.wait(1, now += 90), rest = gathering.rest();
  EXPECT_EQ(rest, 200u) << "one in 90 us";
  gathering.wait(1, now += 1'000'000);
  EXPECT_EQ(gathering.rest(), 0u) << "a second later what was is forgotten";
}

/// Part of the turns of `seconds` that rest, where a datagram comes every 40 us, and with `answered` only `answered` us after a rest.
double part_that_rests(int seconds, std::uint32_t answered) {
  Gathering gathering(100, 400);
  std::int64_t now = 1'000'000;
  int turns = 0, rests = 0;
  for (const std::int64_t end = now + seconds * 1'000'000; now < end; ++turns) {
    const std::uint32_t rest = gathering.rest();
    now += rest + 40 + (rest > 0 ? answered : 0);
    gathering.wait(static_cast<int>(rest / (40 + answered / 8)) + 1, now);
    rests += rest > 0;
  }
  return static_cast<double>(rests) / turns;
}

TEST(Gathering, stops_resting_where_more_comes_without) {
  EXPECT_GT(part_that_rests(10, 0), 0.5) << "as many come, so nearly all the time is rest";
  EXPECT_LT(part_that_rests(10, 100), 0.2) << "senders wait for answers";
}

TEST(Gathering, rests_until_there_is_enough_for_a_batch) {
  Gathering gathering(100, 400);
  std::int64_t now = 1'000'000;
  std::uint32_t rest = 0;
  for (int i = 0; i < 50; ++i) gathering.wait(Gathering::kEnough, now += 240), rest = gathering.rest();
  EXPECT_NEAR(rest, 240, 2) << "24 come in 240 us";
  for (int i = 0; i < 50; ++i) gathering.wait(Gathering::kEnough, now += 40), rest = gathering.rest();
  EXPECT_EQ(rest, 0u) << "24 come in 40 us: to sleep is not worth it";
}

}  // namespace
}  // namespace strowger::net
