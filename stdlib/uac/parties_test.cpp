// Tests of uac_replace_from() and its like: the edits, what our Record-Route tells, and how they come back within the dialog.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "stdlib/uac/state.h"
#include "uac.interface.h"

namespace strowger::testing {
namespace {

class PartiesTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("uac");
    module.start = Uac::start;
    module.stop = Uac::stop;
    module.worker_start = Uac::worker_start;
    ModuleImage rr;
    rr.name = Text("rr");
    world.modules = {module, rr};
  }
  void request(std::string_view from, std::string_view to = "<sip:bob@b.test>") {
    load("INVITE sip:bob@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bKx\r\nFrom: " + std::string(from) + "\r\nTo: " +
         std::string(to) + "\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  }
  std::string line(std::string_view name) {
    const std::string all = sent();
    const std::size_t at = all.find("\r\n" + std::string(name) + ":") + 2;
    return all.substr(at, all.find("\r\n", at) - at);
  }
  std::string replaced(std::string_view from, Text display, Text uri) {
    request(from);
    EXPECT_EQ(Uac::uac_replace_from(call, display, uri), 1);
    return line("From");
  }
};

TEST_F(PartiesTest, NamesAndUris) {
  EXPECT_EQ(replaced("<sip:a@b>;tag=1", "\"H\"", "sip:x@y"), "From: \"H\" <sip:x@y>;tag=1");
  EXPECT_EQ(replaced("sip:a@b;tag=1", "\"H\"", "sip:x@y"), "From: \"H\" <sip:x@y>;tag=1");
  EXPECT_EQ(replaced("\"Al \\\"Q\\\"\"<sip:a@b>;tag=1;x=y", "\"H\"", "sip:x@y"), "From: \"H\"<sip:x@y>;tag=1;x=y");
  EXPECT_EQ(replaced("Al X <sip:a@b> ; tag=1", "", "sip:x@y"), "From:  <sip:x@y> ; tag=1");
  EXPECT_EQ(replaced("sip:a@b;tag=1", "", "sip:x@y"), "From: sip:x@y;tag=1");
  EXPECT_EQ(replaced("\"Al\" <sip:a@b>;tag=1", "H", ""), "From: H <sip:a@b>;tag=1");
  EXPECT_EQ(replaced("\"Al\" <sip:a@b>;tag=1", "", ""), "From:  <sip:a@b>;tag=1");
  request("\"Al\" <sip:a@b>;tag=1");
  EXPECT_EQ(Uac::uac_replace_from(call, "sip:x@y"), 1);
  EXPECT_EQ(line("From"), "From: \"Al\" <sip:x@y>;tag=1");
}

TEST_F(PartiesTest, OnlyOnceAndOnlyOutsideOfDialogs) {
  request("<sip:a@b>;tag=1");
  EXPECT_EQ(Uac::uac_replace_from(call, "H", ""), 1);
  EXPECT_EQ(Uac::uac_replace_from(call, "sip:x@y"), 1);   // the name alone does not count
  EXPECT_EQ(line("From"), "From: H <sip:x@y>;tag=1");
  EXPECT_EQ(Uac::uac_replace_from(call, "I", ""), -1);
  EXPECT_EQ(Uac::uac_replace_from(call, "sip:z@y"), -1);
  EXPECT_EQ(line("From"), "From: H <sip:x@y>;tag=1");
  EXPECT_EQ(Uac::uac_replace_to(call, "sip:x@y"), 1);
  EXPECT_EQ(Uac::uac_replace_to(call, "sip:x@y"), -1);
  request("<sip:a@b>;tag=1", "<sip:bob@b.test>;tag=2");
  EXPECT_EQ(Uac::uac_replace_from(call, "sip:x@y"), -1);
}

TEST_F(PartiesTest, WhatRepliesGetBack) {
  request("\"Al\" <sip:a@b>;tag=1");
  EXPECT_EQ(Uac::uac_replace_from(call, "H", ""), 1);
  EXPECT_EQ(live.parties, nullptr);      // the URI is the same
  EXPECT_TRUE(live.record_route_params.is_null());
  request("\"Al\" <sip:a@b>;tag=1");
  EXPECT_EQ(Uac::uac_replace_from(call, "sip:x@y"), 1);
  EXPECT_EQ(Uac::uac_replace_to(call, "sip:z@y"), 1);
  ASSERT_NE(live.parties, nullptr);
  EXPECT_EQ(live.parties->from.view(), "\"Al\" <sip:a@b>");
  EXPECT_EQ(live.parties->to.view(), "<sip:bob@b.test>");
  EXPECT_EQ(live.record_route_params.view(), ";vsf=AAAAABkAGw--;vst=AAAAABgvG0BiLnRlc3Q-");
}

TEST_F(PartiesTest, WithinTheDialogInBothDirections) {
  request("\"Al\" <sip:a@b>;tag=1", "<sip:bob@b.test>;tag=2");
  call.rr_params = ";lr;ftag=1;vsf=AAAAABkAGw--;vst=AAAAABgvG0BiLnRlc3Q-";
  uac::restore_within_dialog(call);
  EXPECT_EQ(line("From"), "From: \"Al\" <sip:x@y>;tag=1");
  EXPECT_EQ(line("To"), "To: <sip:z@y>;tag=2");
  ASSERT_NE(live.parties, nullptr);
  EXPECT_EQ(live.parties->from.view(), "\"Al\" <sip:a@b>");
  EXPECT_EQ(Uac::uac_restore_from(call), 1);   // done already
  EXPECT_EQ(line("From"), "From: \"Al\" <sip:x@y>;tag=1");

  request("<sip:z@y>;tag=2", "\"H\" <sip:x@y>;tag=1");
  call.rr_params = "lr;ftag=1;vsf=AAAAABkAGw--;vst=AAAAABgvG0BiLnRlc3Q-";
  EXPECT_EQ(Uac::uac_restore_from(call), 1);
  EXPECT_EQ(Uac::uac_restore_to(call), 1);
  EXPECT_EQ(line("From"), "From: <sip:bob@b.test>;tag=2");
  EXPECT_EQ(line("To"), "To: \"H\" <sip:a@b>;tag=1");
  EXPECT_EQ(live.parties, nullptr);
}

TEST_F(PartiesTest, CookiesThatDoNotFit) {
  for (const char* params : {"", ";lr;ftag=1", ";lr;ftag=1;vsf=!!!!", ";lr;ftag=1;vsf", ";vsf=AAAA;ftag=1"}) {
    request("<sip:a@b>;tag=1", "<sip:bob@b.test>;tag=2");
    call.rr_params = std::string_view(params);
    uac::restore_within_dialog(call);
    EXPECT_EQ(Uac::uac_restore_from(call), -1);
    EXPECT_EQ(sent(), bytes) << params;
    EXPECT_EQ(live.parties, nullptr);
  }
}

}  // namespace
}  // namespace strowger::testing
