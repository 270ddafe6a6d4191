// Callees that do what they should not: the caller still gets its final reply.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tests/sim/scripts.h"

namespace strowger::simtest {
namespace {

/// The final reply to an INVITE whose callee answers `status` without the caller's Via.
std::string answer_to_reply_without_via(int status) {
  std::size_t count = 0;
  ScriptImage image;
  fill_image(image, scripts(count)[0]);
  sim::World world(1);
  sim::Proxy& proxy = world.add_proxy(image, "192.0.2.1:5060");
  sim::Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
  for (const char* address : {"192.0.2.20:5060", "192.0.2.21:5060", "192.0.2.22:5060", "192.0.2.23:5060"}) {
    sim::Agent& callee = world.add_agent("b", address);
    callee.on_message = [&callee, status](const sim::Received& message) {
      if (message.status() != 0 || message.method() != "INVITE") return true;
      std::string reply = callee.make_reply(message, status, "Reason");
      const std::size_t second = reply.find("Via: ", reply.find("Via: ") + 1);
      reply.erase(second, reply.find("\r\n", second) + 2 - second);
      callee.send(reply);
      return true;
    };
  }
  if (!world.start()) return "not started";
  alice.send(alice.make_request("INVITE", "sip:callee@192.0.2.1"));
  world.run_for(1000);
  std::string last;
  for (const sim::Received& received : alice.inbox)
    if (received.status() >= 200) last = received.first_line();
  world.run_for(400000);
  EXPECT_EQ(tm::table_of(proxy.worker()).size(), 0u);
  return last;
}

TEST(Malice, AFailureWithoutTheCallersViaIsAnsweredHere) { EXPECT_EQ(answer_to_reply_without_via(486), "SIP/2.0 486 Reason"); }

TEST(Malice, ASuccessWithoutTheCallersViaIsAFailure) {
  EXPECT_EQ(answer_to_reply_without_via(200), "SIP/2.0 500 I'm terribly sorry, server error occurred (1/TM)");
}

}  // namespace
}  // namespace strowger::simtest
