// Tests of a worker: what reaches which route, pings, faults, timers, event routes, onsend_route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/regex.h"

#include <string>

#include "runtime/script/forward.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::string g_trace;          // what ran, in order
bool g_drop = false;

Int request(Call* call) {
  g_trace += "request ";
  if (call->live->parsed_uri() && call->live->parsed_uri()->user.view() == "forward") {
    const NextHop hop{{4, 5090, {127, 0, 0, 12}}, sip::Protocol::Udp};
    g_trace += forward_stateless(*call, &hop, sip::Protocol::Udp) > 0 ? "sent " : "unsent ";
  }
  call->stop = 1;
  return 1;
}
Int reply(Call* call) {
  g_trace += "reply ";
  call->dropped = g_drop;
  return 1;
}
Int reply_return_0(Call* call) {
  call->stop = 1;
  return 0;
}
Int reply_exit(Call* call) {
  call->stop = 1;
  return 1;
}
Int onsend(Call* call) {
  EXPECT_NE(call->sending, nullptr);
  EXPECT_TRUE(call->sending_bytes.view().starts_with("MESSAGE "));
  call->stop = 1;
  call->dropped = g_drop;
  g_trace += "onsend ";
  return 1;
}
Int event(Call* call) {
  g_trace += std::string(call->live->uri().view()) + " ";
  call->dropped = g_drop;
  return 1;
}
bool hook(Call&) {
  g_trace += "hook ";
  return false;
}
void script_end(Call& call) {
  g_trace += "end ";
  EXPECT_EQ(call.route_kind, kRequestRoute);
}
void tick(Worker&) { g_trace += "tick "; }

class WorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    g_trace.clear();
    g_drop = false;
    world.image.request_route = request;
    world.image.reply_route = reply;
    ModuleImage module;
    module.name = "test";
    module.request_in = module.reply_in = hook;
    module.script_end = script_end;
    module.tick = tick;
    world.modules = {module};
  }
  static std::string reply_text() {
    return "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bKy\r\n"
           "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n\r\n";
  }
  TestWorld world;
};

TEST_F(WorkerTest, RequestsAndRepliesRunTheirRoutes) {
  world.start();
  world.receive(test_request("OPTIONS", "sip:x@y"));
  EXPECT_EQ(g_trace, "hook request end ");
  g_trace.clear();
  EXPECT_EQ(world.receive(reply_text()).size(), 1u);
  EXPECT_EQ(g_trace, "reply hook ");
  g_trace.clear();
  g_drop = true;
  EXPECT_TRUE(world.receive(reply_text()).empty());
  EXPECT_EQ(g_trace, "reply ");
  EXPECT_EQ(world.worker->counters.dropped, 1u);
}

TEST_F(WorkerTest, ReturnOfZeroInTheCoreReplyRouteDropsTheReplyAndExitDoesNot) {
  world.image.reply_route = reply_return_0;
  world.start();
  EXPECT_TRUE(world.receive(reply_text()).empty());
  EXPECT_EQ(world.worker->counters.dropped, 1u);
  TestWorld other;
  other.image = world.image;
  other.image.reply_route = reply_exit;
  other.start();
  EXPECT_EQ(other.receive(reply_text()).size(), 1u);
}

TEST_F(WorkerTest, PingsAndNonsenseRunNothing) {
  world.start();
  for (const std::string_view text : {std::string_view(""), std::string_view("\r\n\r\n"), std::string_view("\0\0\0\0", 4)}) world.receive(text);
  EXPECT_EQ(world.worker->counters.pings, 3u);
  for (const std::string_view text : {"junk that is long enough to be read\r\n\r\n", "SIP/2.0 200 Oh well, it is quite fine\r\n\r\n",
                                      "GET /a/longer/name/of/a/page HTTP/1.0\r\n\r\n",
                                      "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
                                      "OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n"})
    world.receive(text);
  EXPECT_EQ(world.worker->counters.malformed, 5u);
  EXPECT_EQ(g_trace, "");
  EXPECT_EQ(world.worker->pool.chunks_in_use(), 0u);
}

TEST_F(WorkerTest, AStreamEndsBehindWhatCannotBeParsed) {
  world.start();
  const auto ends_behind = [&](std::string text) {
    Arrival arrival;
    arrival.bytes = Text(std::string_view(text));
    arrival.source = {4, 5080, {127, 0, 0, 11}};
    arrival.socket = world.process->sockets.front().get();
    arrival.connection = 7;
    world.worker->receive(arrival);
    const auto& sent = world.worker->outbox.entries();
    const bool ends = !sent.empty() && sent.back().close_after != 0 && sent.back().connection == 7;
    world.worker->outbox.clear();
    return ends;
  };
  const std::string good = test_request("OPTIONS", "sip:x@y");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_FALSE(ends_behind(good));
  EXPECT_TRUE(ends_behind(with("To: <sip:x@y>", "To: <sip:x y@z>")));
  EXPECT_TRUE(ends_behind(with("Via: SIP", "Via: junk")));
  EXPECT_TRUE(ends_behind(with("Call-ID:", "X:")));
  EXPECT_FALSE(ends_behind(with("SIP/2.0", "SIP/7.0"))) << "it is whole";
}

TEST_F(WorkerTest, OnsendRouteMayDropTheRequest) {
  world.image.onsend_route = onsend;
  world.start();
  EXPECT_EQ(world.receive(test_request("MESSAGE", "sip:forward@y")).size(), 1u);
  EXPECT_EQ(g_trace, "hook request onsend sent end ");
  g_trace.clear();
  g_drop = true;
  EXPECT_TRUE(world.receive(test_request("MESSAGE", "sip:forward@y")).empty());
  EXPECT_EQ(g_trace, "hook request onsend unsent end ");
}

TEST_F(WorkerTest, EventRoutesOfTheCore) {
  const RouteRef events[] = {{"core:worker-one-init", event, kEventRoute, 1}, {"core:pre-routing", event, kEventRoute, 2}};
  world.image.event_routes = events;
  world.image.event_route_count = 2;
  world.start();
  EXPECT_EQ(g_trace, "sip:you@kamailio.org ");
  g_trace.clear();
  world.receive(test_request("OPTIONS", "sip:x@y"));
  EXPECT_EQ(g_trace, "sip:x@y hook request end ");
  g_trace.clear();
  g_drop = true;
  world.receive(test_request("OPTIONS", "sip:x@y"));
  EXPECT_EQ(g_trace, "sip:x@y ");
}

TEST_F(WorkerTest, TicksOnceASecond) {
  world.start();
  world.advance(400);
  EXPECT_EQ(g_trace, "");
  world.advance(600);
  EXPECT_EQ(g_trace, "tick ");
  world.advance(5000);   // the clock jumped: one is enough
  EXPECT_EQ(g_trace, "tick tick ");
}

TEST_F(WorkerTest, CoreParametersBecomeSettings) {
  const CoreParam params[] = {{"debug", 3, Text()}, {"server_header", 0, "Server: x"}, {"max_branches", 99, Text()}, {"force_rport", 1, Text()}};
  world.image.core_params = params;
  world.image.core_param_count = 4;
  TestLog log;
  const Process process(world.image, log);
  EXPECT_EQ(process.settings.debug, 3);
  EXPECT_EQ(process.settings.server_header, "Server: x");
  EXPECT_EQ(process.settings.max_branches, kMaxBranches - 1);
  EXPECT_TRUE(process.settings.force_rport);
}

TEST_F(WorkerTest, AFaultyPatternKeepsTheProcessFromStarting) {
  const Regex faulty{"(", 0, 0, nullptr, nullptr};
  const Regex* const all[] = {&faulty};
  world.image.regexes = all;
  world.image.regex_count = 1;
  world.image.compile_regex = compile_regex;
  Process process(world.image, world.log);
  EXPECT_FALSE(process.start());
  EXPECT_EQ(world.log.lines.size(), 1u);
}

TEST_F(WorkerTest, AvpsAreAStack) {
  world.start();
  sip::Arena arena(world.worker->pool);
  Avps avps;
  avps.arena = &arena;
  avps.push("a", false, Value::of(Text("1")));
  avps.push("a", false, Value::of(Text("2")));
  avps.push("b", false, Value::of(Int{3}));
  avps.push("a", true, Value::of(Int{4}));
  EXPECT_EQ(avps.count("a", false), 2);
  EXPECT_EQ(avps.find("a", false)->value.text().view(), "2");
  EXPECT_EQ(avps.find("a", false, 1)->value.text().view(), "1");
  EXPECT_EQ(avps.find("a", false, 2), nullptr);
  EXPECT_EQ(avps.find("a", false, -1), nullptr);
  EXPECT_TRUE(avps.pop("a", false));
  EXPECT_EQ(avps.find("a", false)->value.text().view(), "1");
  EXPECT_EQ(avps.remove_all("a", false), 1);
  EXPECT_FALSE(avps.pop("a", false));
  EXPECT_EQ(avps.find("a", true)->value.number(), 4);
}

Int packet(Call* call) {
  g_trace += call->arrival ? "packet " + std::to_string(call->arrival->bytes.len) + " " : "none ";
  call->dropped = g_drop;
  return 1;
}
Int parse_error(Call* call) {
  EXPECT_FALSE(call->arrival);
  g_trace += "error from " + std::to_string(call->live->source.port) + " ";
  static_cast<void>(call->live->parsed_uri());
  return 1;
}

TEST(Worker, ShowsPacketsAndParseErrorsToEventRoutes) {
  const RouteRef events[] = {{"core:msg-received", packet, kEventRoute, 1}, {"core:receive-parse-error", parse_error, kEventRoute, 2}};
  const CoreParam params[] = {{"received_route_mode", 1, Text::null()}};
  TestWorld world;
  world.image.request_route = request;
  world.image.event_routes = events;
  world.image.event_route_count = 2;
  world.image.core_params = params;
  world.image.core_param_count = 1;
  world.start();
  g_trace.clear();
  g_drop = false;
  const std::string good = test_request("OPTIONS", "sip:a@b");
  world.receive(good);
  EXPECT_EQ(g_trace, "packet " + std::to_string(good.size()) + " request ");
  g_trace.clear();
  world.receive("this is not SIP at all\r\nnor this\r\n\r\n");
  EXPECT_EQ(g_trace, "packet 36 error from 5080 ");
  g_trace.clear();
  world.receive("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");      // no SIP, and no fault
  EXPECT_EQ(g_trace, "packet 32 ");
  g_trace.clear();
  world.receive("INVITE sip:a@b SIP/2.0\r\nX: y\r\n");   // 30 bytes
  EXPECT_EQ(g_trace, "");
  world.receive("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP \r\nCall-ID: abc\r\n\r\n");
  EXPECT_NE(g_trace.find("error from"), std::string::npos);
  g_trace.clear();
  g_drop = true;
  world.receive(good);
  g_drop = false;
  EXPECT_EQ(g_trace, "packet " + std::to_string(good.size()) + " ");
  EXPECT_EQ(world.worker->counters.requests, 1u);
  EXPECT_EQ(world.worker->counters.malformed, 3u);
}

TEST(Worker, CountsByMethodAndClass) {
  TestWorld world;
  world.start();
  world.receive(test_request("OPTIONS", "sip:a@b"));
  world.receive(test_request("FOO", "sip:a@b"));
  world.receive("SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                "To: <sip:c@d>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  const Counters& c = world.worker->counters;
  EXPECT_EQ(c.requests_of[9], 1u);
  EXPECT_EQ(c.requests_of[19], 1u);
  EXPECT_EQ(c.replies_of[4][0], 1u);
  EXPECT_EQ(c.refused[4], 1u);
}

}  // namespace
}  // namespace strowger
