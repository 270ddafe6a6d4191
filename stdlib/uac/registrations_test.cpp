// Tests of registrations: what is sent when, and what becomes of a record by the replies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/registrations.h"

#include "runtime/script/test_call.h"
#include "tm.interface.h"
#include "uac.interface.h"

namespace strowger::testing {
namespace {

using uac::Registration;

class RegistrationsTest : public ScriptCall {
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
    module.tick = Uac::tick;
    rr.name = Text("rr");
    world.modules = {tm, module, rr};
    load(test_request("OPTIONS", "sip:a@b"));
    Registration record;
    record.l_uuid = "line1";
    record.l_username = "local1";
    record.l_domain = "local.test";
    record.r_username = "remote1";
    record.r_domain = "remote.test";
    record.auth_username = "user1";
    record.auth_password = "pass1";
    record.auth_proxy = "sip:127.0.0.11:5080";
    record.contact_addr = "127.0.0.1:5070";
    record.expires = 600;
    all().add(record, now());
    all().is_used = true;
  }
  uac::Registrations& all() { return uac::registrations_of(*world.process); }
  Registration& record() { return all().records.front(); }
  Int now() const { return world.clock.wall_seconds(); }

  /// The first message that is sent within so many seconds; "" where none is.
  std::string within(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      world.advance(1000);
      if (const auto sent = world.take(); !sent.empty()) return sent.front().bytes;
    }
    return "";
  }
  static std::string line(const std::string& message, const std::string& name) {
    const std::size_t at = message.find("\r\n" + name + ": ");
    return at == std::string::npos ? "" : message.substr(at + 2, message.find("\r\n", at + 2) - at - 2);
  }
  /// Replies to the request; what is sent because of it.
  std::string reply(const std::string& request, const std::string& status, const std::string& lines = "") {
    std::string text = "SIP/2.0 " + status + "\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) text += line(request, name) + "\r\n";
    const auto sent = world.receive(text + lines + "Content-Length: 0\r\n\r\n");
    return sent.empty() ? "" : sent.front().bytes;
  }
};

constexpr const char* kChallenge = "WWW-Authenticate: Digest realm=\"remote.test\", nonce=\"n\"\r\n";

TEST_F(RegistrationsTest, AnswersOneChallengeAndStaysRegistered) {
  const std::string first = within(95);
  EXPECT_TRUE(first.starts_with("REGISTER sip:remote.test SIP/2.0\r\n")) << first;
  EXPECT_EQ(line(first, "To"), "To: <sip:remote1@remote.test>");
  EXPECT_EQ(line(first, "Contact"), "Contact: <sip:line1@127.0.0.1:5070>");
  EXPECT_EQ(line(first, "Expires"), "Expires: 600");
  EXPECT_EQ(record().flags, uac::kOngoing | uac::kBegun);
  const Int sent_at = now();
  const std::string second = reply(first, "401 Unauthorized", kChallenge);
  EXPECT_EQ(line(second, "CSeq"), "CSeq: 11 REGISTER");
  EXPECT_EQ(line(second, "From"), line(first, "From"));
  EXPECT_EQ(line(second, "Call-ID"), line(first, "Call-ID"));
  EXPECT_NE(line(second, "Authorization").find("username=\"user1\", realm=\"remote.test\""), std::string::npos) << second;
  EXPECT_EQ(reply(second, "200 OK", "Contact: <sip:x@y>;expires=9, <sip:line1@127.0.0.1:5070>;expires=300\r\n"), "");
  EXPECT_EQ(record().flags, uac::kOnline | uac::kBegun);
  EXPECT_EQ(record().timer_expires, sent_at + 300);
  EXPECT_EQ(within(180), "");
  EXPECT_NE(within(95), "");             // before it ends
}

TEST_F(RegistrationsTest, ASecondChallengeAndOtherRealmsAreFailures) {
  const std::string second = reply(within(95), "401 Unauthorized", kChallenge);
  EXPECT_EQ(reply(second, "401 Unauthorized", kChallenge), "");
  EXPECT_EQ(record().flags, uac::kBegun | uac::kDisabled);   // reg_retry_interval is 0
  EXPECT_EQ(within(200), "");
  uac::switch_registration(record(), true);
  record().realm = "another.test";
  EXPECT_EQ(reply(within(95), "401 Unauthorized", kChallenge), "");
  EXPECT_EQ(record().flags, uac::kBegun | uac::kDisabled);
}

TEST_F(RegistrationsTest, RepliesThatGrantNothing) {
  EXPECT_EQ(reply(within(95), "423 Interval Too Brief", "Min-Expires: 1800\r\n"), "");
  EXPECT_EQ(record().expires, 1800);
  const std::string again = within(95);
  EXPECT_EQ(line(again, "Expires"), "Expires: 1800");
  EXPECT_EQ(reply(again, "200 OK", "Contact: <sip:other@y>;expires=9\r\n"), "");
  EXPECT_EQ(record().flags, uac::kBegun);
  EXPECT_EQ(reply(within(95), "200 OK"), "");
  EXPECT_EQ(record().flags, uac::kBegun | uac::kDisabled);
}

TEST_F(RegistrationsTest, NoReplyAndNoRecordAnyMore) {
  within(95);
  for (int i = 0; i < 40; ++i) world.advance(1000);
  world.take();
  EXPECT_EQ(record().flags, uac::kBegun | uac::kDisabled);
  uac::switch_registration(record(), true);
  const std::string sent = within(95);
  all().records.clear();
  EXPECT_EQ(reply(sent, "200 OK", "Contact: <sip:line1@127.0.0.1:5070>\r\n"), "");
}

TEST_F(RegistrationsTest, WhatIsSwitchedOffIsNotSent) {
  all().active = 0;
  EXPECT_EQ(within(200), "");
  all().active = 1;
  record().expires = 0;
  EXPECT_EQ(within(200), "");
  record().expires = 60;
  record().reg_delay = 1'000'000;
  EXPECT_EQ(within(200), "");
}

TEST_F(RegistrationsTest, WhatScriptsAsk) {
  EXPECT_EQ(Uac::uac_reg_status(call, "line1"), -99);
  EXPECT_EQ(Uac::uac_reg_status(call, "other"), -1);
  EXPECT_EQ(Uac::uac_reg_disable(call, "l_uuid", "line1"), 1);
  EXPECT_EQ(Uac::uac_reg_status(call, "line1"), -3);
  EXPECT_EQ(Uac::uac_reg_enable(call, "l_uuid", "other"), -2);
  EXPECT_EQ(Uac::uac_reg_enable(call, "realm", "x"), -3);
  EXPECT_EQ(Uac::uac_reg_request_to(call, "local1", 1), 1);
  EXPECT_EQ(live.uri().view(), "sip:remote1@remote.test");
  EXPECT_EQ(live.dst_uri.view(), "sip:127.0.0.11:5080");
  EXPECT_EQ(Uac::uac_reg_request_to(call, "local1", 0), -1);
  EXPECT_EQ(Uac::uac_reg_request_to(call, "line1", 4), -1);
}

TEST_F(RegistrationsTest, AddressesThatWouldBreakAHeader) {
  Registration bad = record();
  bad.r_domain = "a.test>\r\nX: y";
  EXPECT_FALSE(uac::complete(bad));
  bad = record();
  bad.l_uuid.clear();
  EXPECT_FALSE(uac::complete(bad));
}

}  // namespace
}  // namespace strowger::testing
