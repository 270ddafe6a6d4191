// async and t_suspend in virtual time: what goes on later, what ends a suspended request, and what waits in routes of tm.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "async.interface.h"
#include "runtime/script/test_world.h"
#include "stdlib/tm/suspend.h"
#include "tm.interface.h"
#include "tmx.interface.h"

namespace strowger {
namespace {

std::string g_trace;
std::int64_t g_index = 0, g_label = 0;

Int relay_late(Call* call) {
  g_trace += call->route_kind == kFailureRoute ? "late " : "? ";
  call->live->dst_uri = "sip:127.0.0.12:5090";
  g_trace += Tm::t_relay(*call) > 0 ? "sent " : "unsent ";
  return 1;
}
Int nothing(Call*) {
  g_trace += "nothing ";
  return 1;
}
Int beside(Call* call) {
  g_trace += std::string(Async::get_async(*call, "data").text().view()) + " ";
  return 1;
}
Int in_branch(Call* call) {
  EXPECT_TRUE(call->worker->scripts.sleep(100));
  g_trace += "branch ";
  return 1;
}
Int in_failure(Call* call) {
  g_trace += "failure" + std::to_string(call->failed_code) + " ";
  EXPECT_TRUE(call->worker->scripts.sleep(100));
  g_trace += "behind ";
  return 1;
}

const RouteRef kBranch{"B", in_branch, kBranchRoute, 3}, kFailure{"F", in_failure, kFailureRoute, 4};

Int request(Call* call) {
  const std::string user(call->live->parsed_uri()->user.view());
  if (call->message().method().view() == "CANCEL") return Tm::t_relay_cancel(*call);
  if (user == "route") EXPECT_EQ(Async::async_route(*call, "LATE", 1), 0);
  if (user == "nothing") EXPECT_EQ(Async::async_task_route(*call, "NOTHING"), 0);
  if (user == "none") EXPECT_EQ(Async::async_route(*call, "NONE", 1), -1);
  if (user == "long") EXPECT_EQ(Async::async_route(*call, "LATE", 101), -1);
  if (user == "millis") EXPECT_EQ(Async::async_ms_route(*call, "LATE", 10), -1);   // ms_timer is 0
  if (user == "data") {
    EXPECT_EQ(Async::async_task_data(*call, "BESIDE", "payload"), 1);
    g_trace += "first ";
  }
  if (user == "sleep") {
    g_trace += std::to_string(Async::async_sleep(*call, 1)) + " ";
    if (static_cast<tm::Transaction*>(call->transaction)->status < 200) EXPECT_EQ(Tm::t_reply(*call, 404, "Behind"), 1);
  }
  if (user == "suspend") {
    EXPECT_EQ(Tmx::t_suspend(*call), 1);
    const auto* transaction = static_cast<tm::Transaction*>(call->transaction);
    g_index = tm::index_of(*transaction);
    g_label = transaction->label;
  }
  if (user == "continue") g_trace += std::to_string(Tmx::t_continue(*call, g_index, g_label, "LATE")) + " ";
  if (user == "branch") {
    Tm::t_on_branch(*call, kBranch);
    call->live->dst_uri = "sip:127.0.0.12:5090";
    g_trace += std::to_string(Tm::t_relay(*call)) + " ";
  }
  if (user == "failure") {
    Tm::t_on_failure(*call, kFailure);
    call->live->dst_uri = "sip:127.0.0.12:5090";
    Tm::t_relay(*call);
  }
  return 1;
}

class AsyncTest : public testing::Test {
 protected:
  void SetUp() override {
    g_trace.clear();
    ModuleImage module;
    module.name = "tm";
    module.start = Tm::start;
    module.worker_start = Tm::worker_start;
    module.reply_in = Tm::reply_in;
    module.script_end = Tm::script_end;
    world.modules = {module};
    world.image.request_route = request;
    world.image.routes = routes;
    world.image.route_count = 3;
    world.start();
  }
  /// First lines of what is sent because of the request.
  std::string ask(std::string_view method, std::string_view user) {
    return lines(world.receive(test_request(method, "sip:" + std::string(user) + "@127.0.0.1")));
  }
  std::string after(Millis time) {
    world.advance(time);
    return lines(world.take());
  }
  std::string lines(const std::vector<TestWorld::Sent>& sent) {
    std::string text;
    for (const auto& one : sent) {
      text += one.bytes.substr(0, one.bytes.find("\r\n")) + "|";
      last = one.bytes;
    }
    return text;
  }
  /// A reply to the request that was sent last.
  std::string answer(std::string_view status) {
    std::string text = "SIP/2.0 " + std::string(status) + "\r\n";
    for (std::size_t at = 0; at < last.size();) {
      const std::size_t end = last.find("\r\n", at);
      const std::string line = last.substr(at, end - at);
      for (const char* name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"})
        if (line.starts_with(name)) text += line + "\r\n";
      at = end + 2;
    }
    return lines(world.receive(text + "Content-Length: 0\r\n\r\n", 5090));
  }
  std::string last;
  TestWorld world;
  RouteRef routes[3] = {{"LATE", relay_late, kRequestRoute, 5}, {"NOTHING", nothing, kRequestRoute, 6}, {"BESIDE", beside, kRequestRoute, 7}};
};

TEST_F(AsyncTest, ARouteGoesOnLater) {
  EXPECT_EQ(ask("INVITE", "route"), "SIP/2.0 100 trying -- your call is important to us|");
  EXPECT_EQ(after(999), "");
  EXPECT_EQ(after(1), "INVITE sip:route@127.0.0.1 SIP/2.0|");
  EXPECT_EQ(g_trace, "late sent ");
  EXPECT_EQ(answer("200 OK"), "SIP/2.0 200 OK|");
}

TEST_F(AsyncTest, ARepetitionChangesNothing) {
  ask("MESSAGE", "route");
  world.advance(900);
  ask("MESSAGE", "route");
  EXPECT_EQ(after(100), "MESSAGE sip:route@127.0.0.1 SIP/2.0|");
  EXPECT_EQ(after(400), "");
  EXPECT_EQ(g_trace, "late sent ");
}

TEST_F(AsyncTest, ARouteThatDoesNothingIsAnErrorReply) {
  EXPECT_EQ(ask("MESSAGE", "nothing"), "");
  EXPECT_EQ(after(1), "SIP/2.0 500 I'm terribly sorry, server error occurred (1/TM)|");
  EXPECT_EQ(g_trace, "nothing ");
}

TEST_F(AsyncTest, BadArgumentsSuspendNothing) {
  for (const char* user : {"none", "long", "millis"}) {
    ask("MESSAGE", user);
    EXPECT_EQ(after(2000), "") << user;
  }
}

TEST_F(AsyncTest, ASuspendedRequestTimesOut) {
  ask("MESSAGE", "suspend");
  EXPECT_EQ(after(29999), "");
  EXPECT_EQ(after(1), "SIP/2.0 408 Request Timeout|");
}

TEST_F(AsyncTest, CancelEndsASuspendedRequest) {
  ask("INVITE", "route");
  EXPECT_EQ(ask("CANCEL", "route"), "SIP/2.0 487 Request canceled|SIP/2.0 200 ok -- no more pending branches|");
  world.advance(1000);
  EXPECT_EQ(g_trace, "");
}

TEST_F(AsyncTest, CancelEndsASleepingScript) {
  ask("INVITE", "sleep");
  EXPECT_EQ(ask("CANCEL", "sleep"), "SIP/2.0 487 Request canceled|SIP/2.0 200 ok -- no more pending branches|");
  world.advance(1000);
  EXPECT_EQ(g_trace, "0 ");
}

TEST_F(AsyncTest, ASleepGoesOnBehind) {
  EXPECT_EQ(ask("MESSAGE", "sleep"), "");
  EXPECT_EQ(after(1000), "SIP/2.0 404 Behind|");
  EXPECT_EQ(g_trace, "1 ");
}

TEST_F(AsyncTest, AnotherScriptContinuesOnce) {
  ask("MESSAGE", "suspend");
  const std::string other = test_request("OPTIONS", "sip:continue@127.0.0.1", ";x=1");
  EXPECT_EQ(lines(world.receive(other)), "MESSAGE sip:suspend@127.0.0.1 SIP/2.0|");
  world.receive(other);
  EXPECT_EQ(g_trace, "late sent 1 -1 ");
}

TEST_F(AsyncTest, DataRunsBeside) {
  ask("MESSAGE", "data");
  EXPECT_EQ(g_trace, "first ");
  world.advance(0);
  EXPECT_EQ(g_trace, "first payload ");
}

TEST_F(AsyncTest, ABranchRouteWaits) {
  EXPECT_EQ(ask("MESSAGE", "branch"), "");
  EXPECT_EQ(after(100), "MESSAGE sip:branch@127.0.0.1 SIP/2.0|");
  EXPECT_EQ(g_trace, "branch 1 ");
}

TEST_F(AsyncTest, CancelWhileABranchRouteWaits) {
  ask("INVITE", "branch");
  EXPECT_EQ(ask("CANCEL", "branch"), "SIP/2.0 487 Request canceled|SIP/2.0 200 ok -- no more pending branches|");
  EXPECT_EQ(after(100), "");
  EXPECT_EQ(g_trace, "branch -1 ");
}

TEST_F(AsyncTest, AFailureRouteWaitsWithTheReply) {
  ask("MESSAGE", "failure");
  EXPECT_EQ(answer("486 Busy"), "");
  EXPECT_EQ(answer("486 Busy"), "");        // again
  EXPECT_EQ(after(100), "SIP/2.0 486 Busy|");
  EXPECT_EQ(g_trace, "failure486 behind ");
}

TEST_F(AsyncTest, ATransactionOutlivesAWaitingScript) {
  ask("MESSAGE", "failure");
  after(30000);                             // fr_timer: its failure_route waits
  EXPECT_EQ(g_trace, "failure408 ");
  EXPECT_EQ(after(100), "SIP/2.0 408 Request Timeout|");
}

}  // namespace
}  // namespace strowger
