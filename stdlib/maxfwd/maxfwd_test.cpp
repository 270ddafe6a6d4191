// Tests of Max-Forwards: golden/maxfwd.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "maxfwd.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

int g_times = 1;          // how often the script counts
Code g_code = 0, g_lower = 0;

Int count_and_forward(Call* call) {
  for (int i = 0; i < g_times; ++i) g_code = Maxfwd::process_maxfwd(*call, 10);
  g_lower = Maxfwd::is_maxfwd_lt(*call, 15);
  const NextHop hop{{4, 5090, {127, 0, 0, 12}}, sip::Protocol::Udp};
  return forward_stateless(*call, &hop, sip::Protocol::Udp);
}

/// The header lines in front of From, as they leave.
std::string leaves(const std::string& value) {
  TestWorld world;
  world.image.request_route = count_and_forward;
  world.start(-5);
  std::string request = test_request("MESSAGE", "sip:x@y");
  const std::string line = value.empty() ? "" : "Max-Forwards: " + value + "\r\n";
  request.replace(request.find("Max-Forwards: 70\r\n"), 18, line);
  const auto sent = world.receive(request);
  if (sent.size() != 1) return "nothing";
  const std::size_t at = sent[0].bytes.find("Max-Forwards:");
  return at == std::string::npos ? "none" : sent[0].bytes.substr(at, sent[0].bytes.find("\r\n", at) - at);
}

TEST(Maxfwd, CountsDownAndKeepsTheWidth) {
  g_times = 1;
  EXPECT_EQ(leaves("70"), "Max-Forwards: 69");
  EXPECT_EQ(g_code, 1);
  EXPECT_EQ(g_lower, -1);
  EXPECT_EQ(leaves("10"), "Max-Forwards:  9");
  EXPECT_EQ(g_lower, 1);
  EXPECT_EQ(leaves("1"), "Max-Forwards: 0");
  EXPECT_EQ(leaves("255"), "Max-Forwards:  70");   // max_limit
  EXPECT_EQ(leaves("007"), "Max-Forwards:   6");
}

TEST(Maxfwd, CountsAgain) {
  g_times = 3;
  EXPECT_EQ(leaves("10"), "Max-Forwards:  7");
  g_times = 1;
}

TEST(Maxfwd, ZeroMissingAndNonsense) {
  leaves("0");
  EXPECT_EQ(g_code, -1);
  EXPECT_EQ(leaves("abc"), "Max-Forwards: abc");
  EXPECT_EQ(g_code, -2);
  leaves("-1");
  EXPECT_EQ(g_code, -2);
  leaves(" ");   // counts as 0
  EXPECT_EQ(g_code, -1);
  EXPECT_EQ(leaves(""), "Max-Forwards: 10");
  EXPECT_EQ(g_code, 2);
}

}  // namespace
}  // namespace strowger
