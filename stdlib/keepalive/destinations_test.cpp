// Tests of the list of destinations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/keepalive/destinations.h"

#include <gtest/gtest.h>

namespace strowger::keepalive {
namespace {

TEST(Destinations, are_uris_once_for_each_owner) {
  Destinations list;
  EXPECT_TRUE(list.add("sip:192.0.2.1", "a"));
  EXPECT_FALSE(list.add("sip:192.0.2.1", "a"));
  EXPECT_TRUE(list.add("sip:192.0.2.1", "b"));
  EXPECT_TRUE(list.add("192.0.2.2:5070", "a"));
  EXPECT_FALSE(list.add("", "a"));
  EXPECT_FALSE(list.add("junk:x:y", "a"));
  ASSERT_EQ(list.all().size(), 3u);
  EXPECT_EQ(list.all()[0].uri, "sip:192.0.2.2:5070");
  EXPECT_FALSE(list.remove("sip:192.0.2.1", "c"));
  EXPECT_TRUE(list.remove("sip:192.0.2.1", "a"));
  EXPECT_TRUE(list.find("sip:192.0.2.1", nullptr));
  list.clear();
  EXPECT_FALSE(list.find("sip:192.0.2.1", nullptr));
}

TEST(Destinations, are_asked_every_interval_until_they_fail_too_often) {
  Destinations list;
  list.add("sip:192.0.2.1", "a");
  EXPECT_EQ(list.take_due(1000, 5000, 2).size(), 1u);
  EXPECT_EQ(list.take_due(5999, 5000, 2).size(), 0u);
  const auto due = list.take_due(6000, 5000, 2);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_TRUE(list.count(due[0], true, 100));
  EXPECT_FALSE(list.count(due[0], true, 101));
  EXPECT_TRUE(list.count(due[0], false, 102));
  EXPECT_FALSE(list.count(due[0], false, 103));
  EXPECT_EQ(list.take_due(11000, 5000, 2).size(), 1u);
  list.count(due[0], false, 104);
  EXPECT_EQ(list.take_due(16000, 5000, 2).size(), 0u);
  EXPECT_EQ(list.take_due(16000, 5000, 0).size(), 1u);
  EXPECT_EQ(list.all()[0].up, 101);
  EXPECT_EQ(list.all()[0].down, 104);
  list.clear();
  EXPECT_FALSE(list.count(due[0], true, 105));   // gone meanwhile
}

}  // namespace
}  // namespace strowger::keepalive
