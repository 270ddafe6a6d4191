// Tests of local_route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/local_route.h"

#include <gtest/gtest.h>

namespace strowger::net {
namespace {

using namespace std::chrono_literals;

TEST(LocalRoutes, name_the_address_that_the_system_sends_from) {
  LocalRoutes routes;
  const auto local = routes.towards({4, 5060, {127, 0, 0, 9}});
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->same_ip({4, 0, {127, 0, 0, 1}}));
  EXPECT_EQ(local->port, 0);
}

TEST(LocalRoutes, keep_an_answer_for_a_second_whatever_the_port) {
  LocalRoutes routes;
  const auto start = LocalRoutes::Steady::now();
  const sip::Address one{4, 5060, {127, 0, 0, 9}}, port{4, 7000, {127, 0, 0, 9}}, other{4, 5060, {127, 0, 0, 10}};
  routes.towards(one, start);
  EXPECT_TRUE(routes.towards(port, start + 900ms));
  EXPECT_EQ(routes.asked(), 1u);
  routes.towards(other, start);
  EXPECT_EQ(routes.asked(), 2u);
  EXPECT_TRUE(routes.towards(one, start + 1001ms));
  EXPECT_EQ(routes.asked(), 3u);
}

TEST(LocalRoutes, say_where_there_is_none) {
  LocalRoutes routes;
  EXPECT_FALSE(routes.towards({4, 5060, {255, 255, 255, 255}}));   // a UDP socket may not be connected there
}

}  // namespace
}  // namespace strowger::net
