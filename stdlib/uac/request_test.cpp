// Tests of $uac_req and uac_req_send(): what may be set, what is sent, and what is not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "stdlib/uac/state.h"
#include "tm.interface.h"
#include "uac.interface.h"

namespace strowger::testing {
namespace {

class UacRequestTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage tm, module, rr;
    tm.name = Text("tm");
    tm.start = Tm::start;
    tm.worker_start = Tm::worker_start;
    tm.reply_in = Tm::reply_in;
    module.name = Text("uac");
    module.start = Uac::start;
    module.stop = Uac::stop;
    module.worker_start = Uac::worker_start;
    rr.name = Text("rr");
    world.modules = {tm, module, rr};
    load(test_request("OPTIONS", "sip:a@b"));
    for (const auto& [key, text] : {std::pair{"method", "MESSAGE"}, {"ruri", "sip:bob@127.0.0.11:5080"}, {"hdrs", "X-A: 1"}}) set(key, text);
  }
  Code set(std::string_view key, std::string_view text) { return Uac::set_uac_req(call, Text(key), Value::of(Text(text))); }
  Code clear(std::string_view key) { return Uac::set_uac_req(call, Text(key), Value::null()); }
  std::string get(std::string_view key) { return shown(call, Uac::get_uac_req(call, Text(key))); }
  std::string sent() {
    const auto all = world.take();
    return all.empty() ? "" : all.front().bytes;
  }
};

TEST_F(UacRequestTest, KeysAndTheirLimits) {
  EXPECT_EQ(set("method", std::string(31, 'x')), 1);
  EXPECT_EQ(set("method", std::string(32, 'y')), -1);
  EXPECT_EQ(get("method"), std::string(31, 'x'));
  EXPECT_EQ(set("callid", std::string(128, 'x')), -1);
  EXPECT_EQ(Uac::set_uac_req(call, "ruri", Value::of(Int{5})), -1);
  EXPECT_EQ(set("evroute", "1"), -1);
  EXPECT_EQ(Uac::set_uac_req(call, "evroute", Value::of(Int{1})), 1);
  EXPECT_EQ(get("evroute"), "1");
  set("auser", "u");
  set("evparam", "p");
  EXPECT_EQ(clear("all"), 1);
  EXPECT_EQ(get("method"), "<null>");
  EXPECT_EQ(get("evparam"), "<null>");
  EXPECT_EQ(get("evroute"), "0");
  EXPECT_EQ(get("auser"), "u");          // as in Kamailio
  EXPECT_EQ(clear("auser"), 1);
  EXPECT_EQ(get("auser"), "<null>");
}

TEST_F(UacRequestTest, WhatIsSent) {
  set("turi", "\"Bob\" <sip:bob@b.test>");
  set("body", "hello");
  set("callid", "mine");
  EXPECT_EQ(Uac::uac_req_send(call), 1);
  const std::string text = sent();
  EXPECT_TRUE(text.starts_with("MESSAGE sip:bob@127.0.0.11:5080 SIP/2.0\r\n")) << text;
  for (const char* line : {"\r\nTo: \"Bob\" <sip:bob@b.test>\r\nFrom: <sip:bob@127.0.0.11:5080>;tag=", "\r\nCSeq: 10 MESSAGE\r\nCall-ID: mine\r\n",
                           "\r\nX-A: 1\r\n\r\nhello"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
}

TEST_F(UacRequestTest, HeadersThatTheRequestHasAlready) {
  set("hdrs", "From: <sip:x@y>;tag=z\r\nCSeq: 77 INFO\r\nCall-ID: other\r\nContent-Length: 99\r\nX-B: 2\r\n\r\nX-C: 3");
  EXPECT_EQ(Uac::uac_req_send(call), 1);
  const std::string text = sent();
  for (const char* not_there : {"sip:x@y", "77 INFO", "other", ": 99", "X-C"}) EXPECT_EQ(text.find(not_there), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nX-B: 2\r\n\r\n"), std::string::npos);
}

TEST_F(UacRequestTest, WhatCannotBeSent) {
  set("furi", "sip:a@b>\r\nX: y");
  EXPECT_EQ(Uac::uac_req_send(call), -1);
  clear("furi");
  clear("method");
  EXPECT_EQ(Uac::uac_req_send(call), -1);
  set("method", "MESSAGE");
  set("ouri", "no uri");
  EXPECT_EQ(Uac::uac_req_send(call), -1);
  EXPECT_EQ(sent(), "");
}

TEST_F(UacRequestTest, LeavesByTheSocketThatTheMessageCameBy) {
  world.process->add_socket(sip::Protocol::Udp, {4, 5090, {127, 0, 0, 1}}, Text(), 0, Text());
  for (const std::size_t i : {0, 1}) {
    live.socket = world.process->sockets[i].get();
    EXPECT_EQ(Uac::uac_req_send(call), 1);
    const auto all = world.take();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all.front().from, live.socket) << i;
  }
  set("sock", "udp:127.0.0.1:5070");
  EXPECT_EQ(Uac::uac_req_send(call), 1);
  EXPECT_EQ(world.take().front().from, world.process->sockets[0].get());
}

TEST_F(UacRequestTest, AChallengeIsAnsweredOnce) {
  set("auser", "u");
  set("apasswd", "p");
  EXPECT_EQ(Uac::uac_req_send(call), 1);
  std::string request = sent();
  for (int round = 0; round < 2; ++round) {
    const auto line = [&](const std::string& name) {
      const std::size_t at = request.find("\r\n" + name + ": ") + 2;
      return request.substr(at, request.find("\r\n", at) + 2 - at);
    };
    std::string reply = "SIP/2.0 401 Unauthorized\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) reply += line(name);
    const auto again = world.receive(reply + "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 0\r\n\r\n");
    ASSERT_EQ(again.size(), round == 0 ? 1u : 0u);
    if (round == 1) break;
    const std::string call_id = line("Call-ID"), from = line("From");
    request = again.front().bytes;
    EXPECT_EQ(line("Call-ID"), call_id);
    EXPECT_EQ(line("From"), from);
    EXPECT_EQ(line("CSeq"), "CSeq: 11 MESSAGE\r\n");
    EXPECT_NE(line("Authorization").find("username=\"u\", realm=\"r\""), std::string::npos) << request;
  }
}

}  // namespace
}  // namespace strowger::testing
