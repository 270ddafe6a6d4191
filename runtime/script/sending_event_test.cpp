// Tests of event routes in the middle of sending.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/sending_event.h"

#include <gtest/gtest.h>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::string seen;
bool drop, edit;

Int route(Call* call) {
  seen = std::string(call->live->uri().view()) + " to " + std::to_string(call->sending->to.port);
  call->dropped = drop;
  EXPECT_FALSE(call->worker->scripts.sleep(10));     // nothing waits here
  if (!edit) return 1;
  call->live->set_uri("sip:other@x");
  call->live->edits.insert(*call->arena, call->live->message.headers_at(), "X-New: 1\r\n", 0);
  return 1;
}

class SendingEventTest : public testing::Test {
 protected:
  void SetUp() override {
    drop = edit = false;
    world.start();
    departure.from = world.process->sockets.front().get();
    departure.to = {4, 5090, {127, 0, 0, 12}};
  }
  TestWorld world;
  Departure departure;
  static constexpr std::string_view kRequest =
      "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
      "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n";
};

TEST_F(SendingEventTest, see_a_made_up_request_or_the_message) {
  EXPECT_TRUE(run_sending_event(*world.worker, route, departure));
  EXPECT_EQ(seen, "sip:you@kamailio.org to 5090");
  sip::Arena arena(world.worker->pool);
  Text bytes = kRequest;
  EXPECT_TRUE(run_sending_event(*world.worker, route, departure, bytes, arena));
  EXPECT_EQ(seen, "sip:a@b to 5090");
  EXPECT_EQ(bytes.ptr, kRequest.data());
  EXPECT_TRUE(world.worker->scripts.waiting() == 0);
}

TEST_F(SendingEventTest, may_drop_and_change_it) {
  sip::Arena arena(world.worker->pool);
  Text bytes = kRequest;
  edit = true;
  EXPECT_TRUE(run_sending_event(*world.worker, route, departure, bytes, arena));
  EXPECT_TRUE(bytes.view().starts_with("MESSAGE sip:other@x SIP/2.0\r\nX-New: 1\r\nVia: "));
  drop = true;
  EXPECT_FALSE(run_sending_event(*world.worker, route, departure, bytes, arena));
  EXPECT_FALSE(run_sending_event(*world.worker, route, departure));
}

TEST_F(SendingEventTest, leave_alone_what_is_no_message) {
  sip::Arena arena(world.worker->pool);
  Text bytes = "\r\n\r\n";
  drop = true;
  EXPECT_TRUE(run_sending_event(*world.worker, route, departure, bytes, arena));
}

}  // namespace
}  // namespace strowger
