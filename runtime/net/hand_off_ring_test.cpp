// Tests of the hand-off ring: order, bounds, wrapping, and two threads at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/hand_off_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace strowger::net {
namespace {

TEST(HandOffRing, gives_back_what_was_pushed_in_order) {
  HandOffRing ring(4096);
  ASSERT_TRUE(ring.good());
  HandOff what;
  Text bytes;
  EXPECT_FALSE(ring.front(what, bytes));
  what.connection = 7;
  what.peer.port = 5060;
  ASSERT_TRUE(ring.push(what, "one"));
  what.connection = 8;
  what.kind = HandOff::Kind::Departure;
  ASSERT_TRUE(ring.push(what, ""));
  ASSERT_TRUE(ring.front(what, bytes));
  EXPECT_EQ(bytes.view(), "one");
  EXPECT_EQ(what.connection, 7u);
  EXPECT_EQ(what.peer.port, 5060);
  EXPECT_EQ(what.kind, HandOff::Kind::Arrival);
  ring.pop();
  ASSERT_TRUE(ring.front(what, bytes));
  EXPECT_EQ(bytes.view(), "");
  EXPECT_EQ(what.connection, 8u);
  EXPECT_EQ(what.kind, HandOff::Kind::Departure);
  ring.pop();
  EXPECT_FALSE(ring.front(what, bytes));
}

TEST(HandOffRing, refuses_what_does_not_fit_and_takes_again_after_a_pop) {
  HandOffRing ring(1024);
  const std::string message(200, 'x');
  int pushed = 0;
  while (ring.push({}, Text(std::string_view(message)))) ++pushed;
  EXPECT_GE(pushed, 3);
  EXPECT_LE(pushed, 4);
  HandOff what;
  Text bytes;
  ASSERT_TRUE(ring.front(what, bytes));
  ring.pop();
  ASSERT_TRUE(ring.front(what, bytes));
  ring.pop();
  EXPECT_TRUE(ring.push({}, Text(std::string_view(message))));
  EXPECT_FALSE(ring.push({}, Text(std::string_view(std::string(600, 'y')))));   // more than half can never fit safely
}

TEST(HandOffRing, wraps_at_every_place) {
  HandOffRing ring(1024);
  HandOff what;
  Text bytes;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string message(i % 301, static_cast<char>('a' + i % 26));
    what.connection = i;
    ASSERT_TRUE(ring.push(what, Text(std::string_view(message)))) << i;
    ASSERT_TRUE(ring.front(what, bytes)) << i;
    ASSERT_EQ(bytes.view(), message);
    ASSERT_EQ(what.connection, i);
    ring.pop();
  }
}

TEST(HandOffRing, two_threads_lose_and_change_nothing) {
  HandOffRing ring(8192);
  constexpr unsigned kMessages = 100000;
  std::thread writer([&] {
    for (unsigned i = 0; i < kMessages;) {
      HandOff what;
      what.connection = i;
      const std::string message(i % 97, static_cast<char>('a' + i % 26));
      if (ring.push(what, Text(std::string_view(message)))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  unsigned wrong = 0;
  for (unsigned i = 0; i < kMessages;) {
    HandOff what;
    Text bytes;
    if (!ring.front(what, bytes)) {
      std::this_thread::yield();
      continue;
    }
    const std::string expected(i % 97, static_cast<char>('a' + i % 26));
    if (what.connection != i || bytes.view() != expected) ++wrong;
    ring.pop();
    ++i;
  }
  writer.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace strowger::net
