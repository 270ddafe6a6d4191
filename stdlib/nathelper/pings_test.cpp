// Pings: who gets one, of what kind, and where it goes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/nathelper/pings.h"

#include <gtest/gtest.h>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

constexpr std::uint32_t kNat = 1, kSip = 2, kNever = 4;

class PingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    contact.address = "sip:x@10.0.0.5:5070";
    contact.ruid = "uloc-1";
    contact.socket = world.process->sockets.front().get();
    options.nat_mask = kNat;
    options.sip_mask = kSip;
    options.never_mask = kNever;
    options.method = "OPTIONS";
  }
  /// "none", or "IP:PORT zeros", "IP:PORT first line".
  std::string ping() {
    const bool said = nathelper::ping(*world.worker, contact, options, 100);
    const auto sent = world.take();
    EXPECT_EQ(said, sent.size() == 1);
    if (sent.empty()) return "none";
    last = sent[0].bytes;
    char ip[64];
    std::string out(ip, sip::print_ip(sent[0].to, ip));
    out += ":" + std::to_string(sent[0].to.port) + " ";
    return out + (last == std::string(4, '\0') ? "zeros" : last.substr(0, last.find("\r\n")));
  }
  TestWorld world;
  usrloc::Contact contact;
  nathelper::PingOptions options;
  std::string last;
};

TEST_F(PingsTest, Kinds) {
  EXPECT_EQ(ping(), "10.0.0.5:5070 zeros");
  options.from = "sip:pinger@k.test";
  EXPECT_EQ(ping(), "10.0.0.5:5070 OPTIONS sip:x@10.0.0.5:5070 SIP/2.0");
  EXPECT_NE(last.find("\r\nFrom: sip:pinger@k.test;tag=uloc-1\r\nTo: sip:x@10.0.0.5:5070\r\n"), std::string::npos);
  sip::ChunkPool pool;
  sip::Arena arena(pool);
  EXPECT_EQ(sip::Message::parse(Text(std::string_view(last)), arena).fault(), sip::ParseFault::None);
  options.only_nated = true;
  EXPECT_EQ(ping(), "none");
  contact.branch_flags = kNat;
  EXPECT_EQ(ping(), "10.0.0.5:5070 zeros");
  contact.branch_flags = kNat | kSip;
  EXPECT_EQ(ping(), "10.0.0.5:5070 OPTIONS sip:x@10.0.0.5:5070 SIP/2.0");
  contact.branch_flags |= kNever;
  EXPECT_EQ(ping(), "none");
}

TEST_F(PingsTest, Targets) {
  contact.received = "sip:192.0.2.9:1024";
  EXPECT_EQ(ping(), "192.0.2.9:1024 zeros");
  contact.received = "sip:192.0.2.9:1024;transport=tcp";
  EXPECT_EQ(ping(), "none");
  contact.received = Text::null();
  contact.address = "sip:x@phone.test";
  EXPECT_EQ(ping(), "none");
  contact.address = "sip:x@10.0.0.5:5070";
  contact.path = "<sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>";
  EXPECT_EQ(ping(), "none");
  options.by_path = true;
  EXPECT_EQ(ping(), "192.0.2.1:5060 zeros");
  options.from = "sip:pinger@k.test";
  EXPECT_EQ(ping(), "192.0.2.1:5060 OPTIONS sip:x@10.0.0.5:5070 SIP/2.0");
  EXPECT_NE(last.find("\r\nRoute: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>\r\n"), std::string::npos);
}

TEST_F(PingsTest, Others) {
  contact.expires = 99;
  EXPECT_EQ(ping(), "none");
  contact.expires = 101;
  contact.server_id = 7;
  EXPECT_EQ(ping(), "10.0.0.5:5070 zeros");
  options.own_only = true;
  EXPECT_EQ(ping(), "none");
}

}  // namespace
}  // namespace strowger
