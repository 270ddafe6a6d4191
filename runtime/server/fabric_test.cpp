// Tests of ringing workers: busy ones without a system call, sleeping ones by their descriptor, none in vain.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/fabric.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace strowger::server {
namespace {

bool rings(const Fabric& fabric, std::uint32_t worker, int wait_ms = 0) {
  pollfd bell{fabric.bell(worker), POLLIN, 0};
  return ::poll(&bell, 1, wait_ms) == 1;
}

TEST(Fabric, wakes_a_worker_that_sleeps) {
  Fabric fabric(2);
  ASSERT_TRUE(fabric.good());
  fabric.ring(1);
  EXPECT_TRUE(rings(fabric, 1));
  EXPECT_FALSE(rings(fabric, 0));
  fabric.quiet(1);
  EXPECT_FALSE(rings(fabric, 1));
  EXPECT_TRUE(fabric.idle(1));
  fabric.ring(1);
  EXPECT_TRUE(rings(fabric, 1)) << "asleep again";
}

TEST(Fabric, tells_a_busy_worker_without_its_bell) {
  Fabric fabric(2);
  fabric.busy(1);
  fabric.ring(1);
  fabric.ring(1);
  EXPECT_FALSE(rings(fabric, 1));
  EXPECT_FALSE(fabric.idle(1)) << "there may be work";
  EXPECT_TRUE(fabric.idle(1)) << "and now there is none";
  EXPECT_TRUE(fabric.idle(1));
  fabric.ring(1);
  EXPECT_TRUE(rings(fabric, 1));
}

TEST(Fabric, keeps_a_bell_that_was_rung_before_the_worker_was_busy) {
  Fabric fabric(2);
  fabric.ring(1);
  fabric.busy(1);
  fabric.ring(1);
  EXPECT_TRUE(fabric.idle(1)) << "its bell will tell";
  EXPECT_TRUE(rings(fabric, 1));
  fabric.quiet(1);
  EXPECT_TRUE(fabric.idle(1));
}

// A reader that sleeps on its bell only, as a worker does, sees all that a writer pushes.
TEST(Fabric, loses_nothing_between_busy_and_asleep) {
  constexpr int kMessages = 200'000;
  Fabric fabric(2);
  std::thread writer([&fabric] {
    for (int i = 0; i < kMessages; ++i) {
      net::HandOff what;
      what.cookie = static_cast<std::uint64_t>(i);
      while (!fabric.push(0, 1, what, "x")) {
        fabric.ring_bells(0);
        std::this_thread::yield();
      }
      if (i % 3 == 0) fabric.ring_bells(0);
      if (i % 1000 == 0) std::this_thread::yield();
    }
    fabric.push(0, 1, {}, "end");
    fabric.ring_bells(0);
  });
  std::uint64_t expected = 0;
  bool ended = false, lost = false;
  while (!ended && !lost) {
    if (!rings(fabric, 1, 10'000)) {
      lost = true;
      break;
    }
    fabric.quiet(1);
    do {
      net::HandOff what;
      Text bytes;
      while (fabric.ring_between(0, 1).front(what, bytes)) {
        ended = bytes.view() == "end";
        lost = lost || (!ended && what.cookie != expected++);
        fabric.ring_between(0, 1).pop();
      }
    } while (!fabric.idle(1));
  }
  writer.join();
  EXPECT_FALSE(lost);
  EXPECT_EQ(expected, static_cast<std::uint64_t>(kMessages));
}

}  // namespace
}  // namespace strowger::server
