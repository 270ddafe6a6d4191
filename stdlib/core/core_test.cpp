// Tests of the core's functions: rows of core.md and golden/core.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <functional>

#include "core.interface.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::function<Int(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) { return (*g_script)(*call); }

class CoreTest : public testing::Test {
 protected:
  void SetUp() override {
    g_script = &script;
    world.image.request_route = run_script;
    world.start();
  }
  /// Runs `act` over a request to `uri`; the request URI afterwards.
  std::string after(std::string_view uri, std::function<void(Call&)> act) {
    std::string result;
    script = [&](Call& call) -> Int {
      act(call);
      result = call.live->uri().view();
      return 1;
    };
    world.receive(test_request("OPTIONS", uri));
    return result;
  }
  std::function<Int(Call&)> script;
  TestWorld world;
};

TEST_F(CoreTest, RewritesTheRequestUri) {
  const std::string full = "sip:123456789:pw@sip.test:5070;user=x;p=1";
  EXPECT_EQ(after(full, [](Call& c) { Core::rewritehost(c, "host.test"); }), "sip:123456789:pw@host.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewritehostport(c, "hp.test:6001"); }), "sip:123456789:pw@hp.test:6001;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewritehostport(c, "hp2.test"); }), "sip:123456789:pw@hp2.test;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewritehostporttrans(c, "tr.test:6002;transport=tcp"); }),
            "sip:123456789:pw@tr.test:6002;transport=tcp;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteport(c, "6003"); }), "sip:123456789:pw@sip.test:6003;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteport(c, ""); }), "sip:123456789:pw@sip.test;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteuser(c, "newuser"); }), "sip:newuser:pw@sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteuser(c, ""); }), "sip:sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteuserpass(c, "u:p"); }), "sip:u:p@sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteuri(c, "sip:whole@uri.test:1234;q=1"); }), "sip:whole@uri.test:1234;q=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::prefix(c, "+49"); }), "sip:+49123456789:pw@sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::strip(c, 2); }), "sip:3456789:pw@sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::strip(c, 100); }), "sip:sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::strip_tail(c, 3); }), "sip:123456:pw@sip.test:5070;user=x;p=1");
  EXPECT_EQ(after(full, [](Call& c) { Core::userphone(c); }), "sip:123456789:pw@sip.test:5070;user=x;p=1;user=phone");
  EXPECT_EQ(after(full, [](Call& c) { Core::rewriteuser(c, "x"); Core::revert_uri(c); }), full);
  EXPECT_EQ(after("sip:sip.test", [](Call& c) { Core::strip(c, 1); Core::prefix(c, "00"); Core::strip_tail(c, 1); }), "sip:0@sip.test");
  EXPECT_EQ(after("sip:sip.test", [](Call& c) { Core::rewriteuserpass(c, "u:p"); }), "sip:u:p@sip.test");
  EXPECT_EQ(after("sip:ab@sip.test", [](Call& c) { Core::strip(c, 2); }), "sip:sip.test");
  EXPECT_EQ(after("sip:a@h?x=y", [](Call& c) { Core::userphone(c); }), "sip:a@h;user=phone?x=y");
}

TEST_F(CoreTest, TelUrisBecomeSipUrisWithAHost) {
  const auto tel = [this](std::function<void(Call&)> act) {
    return after("sip:x@y", [&](Call& c) {
      set_uri(*c.live, *c.arena, "tel:+123;ext=4");
      act(c);
    });
  };
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::rewritehost(c, "g.g"), 1); }), "sip:+123;ext=4@g.g;user=phone");
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::rewritehostport(c, "g.g:5"), 1); }), "sip:+123;ext=4@g.g:5;user=phone");
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::rewriteuser(c, "77"), 1); }), "tel:77;ext=4");
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::strip(c, 2), 1); }), "tel:23;ext=4");
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::rewriteport(c, "7"), -1); }), "tel:+123;ext=4");
  EXPECT_EQ(tel([](Call& c) { EXPECT_EQ(Core::userphone(c), 1); }), "tel:+123;ext=4");
}

TEST_F(CoreTest, AUriThatGrowsTooLongIsLeftAlone) {
  const std::string user(1100, 'u');
  EXPECT_EQ(after("sip:a@h", [&](Call& c) { EXPECT_EQ(Core::rewriteuser(c, std::string_view(user)), -1); }), "sip:a@h");
  EXPECT_EQ(after("sip:a@h", [](Call& c) { set_uri(*c.live, *c.arena, "junk"); EXPECT_EQ(Core::rewriteuser(c, "b"), -1); }), "junk");
}

TEST_F(CoreTest, ARewrittenUriHasItsSchemeInLowerCase) {
  EXPECT_EQ(after("SIP:a@h", [](Call& c) { EXPECT_EQ(Core::prefix(c, "9"), 1); }), "sip:9a@h");
  EXPECT_EQ(after("SIPS:a@h;x", [](Call& c) { EXPECT_EQ(Core::rewritehost(c, "g"), 1); }), "sips:a@g;x");
}

TEST_F(CoreTest, FlagsAreBits) {
  after("sip:a@h", [](Call& c) {
    Core::setflag(c, 1);
    Core::setflag(c, 31);
    EXPECT_EQ(c.live->flags, 0x80000002u);
    EXPECT_EQ(Core::isflagset(c, 31), 1);
    EXPECT_EQ(Core::isflagset(c, 2), -1);
    Core::resetflag(c, 1);
    EXPECT_EQ(Core::isflagset(c, 1), -1);
  });
}

TEST_F(CoreTest, RemovingABranchMovesTheOthersDown) {
  after("sip:a@h", [](Call& c) {
    for (Text uri : {Text("sip:1@h"), Text("sip:2@h"), Text("sip:3@h")}) c.live->add_branch(*c.arena, {.uri = uri}, 11);
    EXPECT_EQ(Core::remove_branch(c, 1), 1);
    ASSERT_EQ(c.live->branch_count, 2);
    EXPECT_EQ(c.live->branches[1].uri.view(), "sip:3@h");
    EXPECT_EQ(Core::remove_branch(c, 7), 1);
    c.live->branch_flags = 4;
    Core::clear_branches(c);
    EXPECT_EQ(c.live->branch_flags, 0u);
    EXPECT_EQ(c.live->branch_count, 0);
  });
}

TEST_F(CoreTest, AWrittenHostIsReachedByWhatTheRequestCameBy) {
  world.process->add_socket(sip::Protocol::Tcp, {4, 5070, {127, 0, 0, 1}}, Text(), 0, Text());
  script = [](Call& c) -> Int {
    c.live->socket = c.process().sockets.back().get();
    return c.live->parsed_uri()->user.view() == "udp" ? Core::forward_udp(c, "127.0.0.12", "5090") : Core::forward(c, "127.0.0.12", "5090");
  };
  for (const auto& [uri, via] : {std::pair{"sip:any@sip.test", "Via: SIP/2.0/TCP"}, {"sip:udp@sip.test", "Via: SIP/2.0/UDP"}}) {
    const auto sent = world.receive(test_request("MESSAGE", uri));
    ASSERT_EQ(sent.size(), 1u) << uri;
    EXPECT_NE(sent[0].bytes.find(std::string("\r\n") + via), std::string::npos) << sent[0].bytes;
  }
}

TEST_F(CoreTest, ForwardsStatelessly) {
  script = [](Call& c) -> Int {
    const sip::Uri* uri = c.live->parsed_uri();
    if (uri->user.view() == "touri") {
      set_uri(*c.live, *c.arena, "sip:bob@127.0.0.12:5090");
      return Core::forward(c);
    }
    if (uri->user.view() == "toname") return Core::forward(c, "known.test", "5091");
    if (uri->user.view() == "nowhere") return Core::forward(c);
    Core::add_local_rport(c);
    Core::set_advertised_address(c, "adv.test");
    Core::set_advertised_port(c, 7000);
    return Core::forward_udp(c, "127.0.0.12", "5090");
  };
  auto sent = world.receive(test_request("MESSAGE", "sip:touri@sip.test", ";rport", "X-A: b\r\n", "hello"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].to, (sip::Address{4, 5090, {127, 0, 0, 12}}));
  const std::string first_lines = "MESSAGE sip:bob@127.0.0.12:5090 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK";
  EXPECT_EQ(sent[0].bytes.substr(0, first_lines.size()), first_lines);
  EXPECT_TRUE(sent[0].bytes.ends_with(
      "\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;received=127.0.0.11;rport=5080;branch=z9hG4bK-a1\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:alice@sip.test>;tag=t1\r\nTo: <sip:touri@sip.test>\r\n"
      "Call-ID: c1@sip.test\r\nCSeq: 1 MESSAGE\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello"));
  // A retransmission goes out the same; a reply finds its way back.
  const auto again = world.receive(test_request("MESSAGE", "sip:touri@sip.test", ";rport", "X-A: b\r\n", "hello"));
  EXPECT_EQ(again[0].bytes, sent[0].bytes);
  const std::size_t via_at = sent[0].bytes.find("Via: ");
  const std::string vias = sent[0].bytes.substr(via_at, sent[0].bytes.find("Max-Forwards") - via_at);
  const auto back = world.receive("SIP/2.0 200 OK\r\n" + vias + "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: c1@sip.test\r\n"
                                  "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].to, (sip::Address{4, 5080, {127, 0, 0, 11}}));
  EXPECT_TRUE(back[0].bytes.starts_with("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;received=127.0.0.11;rport=5080;branch=z9hG4bK-a1\r\nFrom:"));

  sent = world.receive(test_request("MESSAGE", "sip:toname@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].to, (sip::Address{4, 5091, {127, 0, 0, 12}}));
  EXPECT_TRUE(world.receive(test_request("MESSAGE", "sip:nowhere@sip.test")).empty());
  sent = world.receive(test_request("MESSAGE", "sip:other@sip.test"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].bytes.find("\r\nVia: SIP/2.0/UDP adv.test:7000;branch="), std::string::npos);
  EXPECT_NE(sent[0].bytes.find(";rport\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-a1\r\n"), std::string::npos);
}

TEST_F(CoreTest, LogsPlainTexts) {
  after("sip:a@h", [](Call& c) {
    Core::log(c, 1, "one\n");
    Core::log(c, "hidden\n");
  });
  ASSERT_EQ(world.log.lines.size(), 1u);
  EXPECT_EQ(world.log.lines[0], "NOTICE: <script>: one");
}

TEST_F(CoreTest, AttributesHaveFlags) {
  after("sip:x@y", [](Call& c) {
    Core::setavpflag(c, "name", 3);
    EXPECT_EQ(Core::isavpflagset(c, "name", 3), -1);
    c.avps->push("name", false, Value::of(Int{1}));
    Core::setavpflag(c, "s:name", 3);
    EXPECT_EQ(Core::isavpflagset(c, "name", 3), 1);
    EXPECT_EQ(Core::isavpflagset(c, "i:name", 3), -1);
    c.avps->push("name", false, Value::of(Int{2}));
    EXPECT_EQ(Core::isavpflagset(c, "name", 3), -1);
    c.avps->pop("name", false);
    Core::resetavpflag(c, "name", 3);
    EXPECT_EQ(Core::isavpflagset(c, "name", 3), -1);
  });
}

}  // namespace
}  // namespace strowger
