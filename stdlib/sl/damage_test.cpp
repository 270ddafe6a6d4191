// Damaged messages: whatever bytes come, a reply or a forwarded request is made within bounds, or none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <random>

#include "runtime/script/forward.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/test_world.h"
#include "sl.interface.h"

namespace strowger {
namespace {

Int reply_and_forward(Call* call) {
  call->live->force_rport = call->live->number % 2;
  bool too_many = false;
  strip_user(*call->live, *call->arena, 1, too_many);
  set_host_port_transport(*call->live, *call->arena, "127.0.0.12:5090");
  call->live->add_branch(*call->arena, {.uri = call->live->uri()}, 11);
  Sl::sl_send_reply(*call, call->live->number % 3 ? 200 : 302, "OK");
  const NextHop hop{{4, 5090, {127, 0, 0, 12}}, call->live->number % 5 ? sip::Protocol::Udp : sip::Protocol::Tcp};
  return forward_stateless(*call, &hop, hop.protocol);
}

TEST(Damage, IsSurvived) {
  TestWorld world;
  ModuleImage sl;
  sl.name = "sl";
  sl.start = Sl::start;
  sl.worker_start = Sl::worker_start;
  sl.request_in = Sl::request_in;
  sl.stop = Sl::stop;
  world.modules = {sl};
  world.image.request_route = reply_and_forward;
  world.start(-5);
  const std::string request = test_request("MESSAGE", "sip:u:p@sip.test:5070;a=b;transport=tcp?h=v", ";rport;received=1.2.3.4;maddr=x",
                                           "Via: SIP/2.0/TCP [::1]:5;branch=x, SIP/2.0/UDP b\r\nRecord-Route: <sip:r;lr>\r\n", "body");
  const std::string reply = "SIP/2.0 200 OK\r\n" + request.substr(request.find("\r\n") + 2);
  std::mt19937 random(11);
  constexpr std::string_view kNasty = ";:,<>@\"\r\n \t=%[]\\/0Z";
  std::size_t answered = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = round % 4 ? request : reply;
    for (unsigned change = random() % 4 + 1; change-- > 0;) {
      const std::size_t at = random() % text.size();
      switch (random() % 5) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text[at] = kNasty[random() % kNasty.size()]; break;
        case 2: text.erase(at, random() % 12 + 1); break;
        case 3: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
        default: text.resize(at + 1);
      }
    }
    // At the end of its own allocation, so that a sanitizer sees any byte read behind it.
    const std::vector<char> exact(text.begin(), text.end());
    answered += world.receive(std::string_view(exact.data(), exact.size())).size();
  }
  EXPECT_GT(answered, 1000u);
  EXPECT_EQ(world.worker->pool.chunks_in_use(), 0u);
}

}  // namespace
}  // namespace strowger
