// Tests of nathelper: which address is private, what is written of the source.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "nathelper.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/test_world.h"
#include "stdlib/nathelper/nat.h"

namespace strowger {
namespace {

std::string results;

Int script(Call* call) {
  const sip::Uri* uri = call->live->parsed_uri();
  const std::string user(uri ? uri->user.view() : "");
  results.clear();
  for (Int flag = 1; flag <= 256; flag *= 2)
    if (Nathelper::nat_uac_test(*call, flag) == 1) results += std::to_string(flag) + " ";
  Code code = 0;
  if (user == "contact") code = Nathelper::fix_nated_contact(*call);
  if (user == "alias") code = Nathelper::add_contact_alias(*call);
  if (user == "setalias") code = Nathelper::set_contact_alias(*call);
  if (user == "aliasarg") code = Nathelper::add_contact_alias(*call, "10.7.7.7", "7777", "tcp");
  if (user == "badarg") code = Nathelper::add_contact_alias(*call, "10.7.7.7", "77777", "tcp");
  if (user == "twice") Nathelper::fix_nated_contact(*call), code = Nathelper::add_contact_alias(*call);
  if (user == "fixed") {
    Nathelper::fix_nated_contact(*call);
    results += Nathelper::nat_uac_test(*call, 129) == 1 ? "still " : "fixed ";
  }
  if (user == "direction") code = Nathelper::fix_nated_sdp(*call, 5);
  if (user == "rcv") code = Nathelper::add_rcv_param(*call);
  if (user == "rcvuri") code = Nathelper::add_rcv_param(*call, 1);
  if (user == "trim") code = Nathelper::set_contact_alias(*call, 1);
  if (user == "last") code = Nathelper::handle_ruri_alias(*call, 1);
  if (user == "sdp") code = Nathelper::fix_nated_sdp(*call, 3);
  if (user == "sdpip") code = Nathelper::fix_nated_sdp(*call, 10, "203.0.113.9");
  if (user == "ruri") code = Nathelper::handle_ruri_alias(*call);
  if (user == "register") code = Nathelper::fix_nated_register(*call);
  results += "| " + std::to_string(code) + " " + std::string(call->live->uri().view()) + " " +
             std::string(call->live->dst_uri.view());
  call->live->dst_uri = "sip:127.0.0.12:5090";
  return forward_stateless(*call, nullptr, sip::Protocol::Any);
}

class NathelperTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = script;
    world.start();
  }
  std::string send(std::string_view user, std::string_view contact, std::string_view body = "",
                   std::string_view params = "") {
    const auto sent =
        world.receive(test_request("INVITE", "sip:" + std::string(user) + "@sip.test" + std::string(params), "",
                                   "Content-Type: application/sdp\r\nContact: " + std::string(contact) + "\r\n", body));
    if (sent.empty()) return "";
    const std::string& bytes = sent[0].bytes;
    if (!body.empty()) return bytes.substr(bytes.find("\r\n\r\n") + 4);
    const std::size_t at = bytes.find("\r\nContact: ") + 11;
    return bytes.substr(at, bytes.find("\r\n", at) - at);
  }
  TestWorld world;
};

constexpr std::string_view kContact = "<sip:alice@192.168.1.5:5062;ob>";
constexpr std::string_view kSdp =
    "v=0\r\no=- 1 1 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 192.168.1.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

TEST_F(NathelperTest, TestsAsKamailio) {
  send("none", kContact, kSdp);
  EXPECT_TRUE(results.starts_with("1 8 128 256 |")) << results;
  send("none", "<sip:alice@127.0.0.11:5080>");
  EXPECT_TRUE(results.starts_with("|")) << results;
  world.receive(test_request("OPTIONS", "sip:none@sip.test"), 4444);
  EXPECT_TRUE(results.starts_with("16 |")) << results;
}

TEST(Nat, PrivateAddresses) {
  for (const char* ip : {"10.1.1.1", "172.16.0.1", "172.31.255.255", "192.168.3.3", "100.64.1.1", "192.0.0.1"})
    EXPECT_TRUE(nathelper::is_private(std::string_view(ip), true)) << ip;
  for (const char* ip :
       {"172.32.0.1", "169.254.1.1", "127.0.0.1", "192.0.2.1", "11.0.0.1", "100.128.0.1", "fc00::1", "name.test", ""})
    EXPECT_FALSE(nathelper::is_private(std::string_view(ip), true)) << ip;
  EXPECT_FALSE(nathelper::is_private("100.64.1.1", false));
  EXPECT_TRUE(nathelper::is_private("10.1.1.1", false));
}

TEST_F(NathelperTest, WritesContacts) {
  EXPECT_EQ(send("contact", kContact), "<sip:alice@127.0.0.11:5080;ob>");
  EXPECT_EQ(send("alias", kContact), "<sip:alice@192.168.1.5:5062;alias=127.0.0.11~5080~1;ob>");
  EXPECT_EQ(send("setalias", kContact), "<sip:alice@192.168.1.5:5062;ob;alias=127.0.0.11~5080~1>");
  EXPECT_EQ(send("aliasarg", kContact), "<sip:alice@192.168.1.5:5062;alias=10.7.7.7~7777~2;ob>");
  EXPECT_EQ(send("rcv", kContact), "<sip:alice@192.168.1.5:5062;ob>;received=\"sip:127.0.0.11:5080\"");
  EXPECT_EQ(send("setalias", "sip:alice@192.168.1.5"), "<sip:alice@192.168.1.5;alias=127.0.0.11~5080~1>");
  EXPECT_EQ(send("alias", "<sip:alice@127.0.0.11:5080;transport=udp>"), "<sip:alice@127.0.0.11:5080;transport=udp>");
  EXPECT_NE(results.find("| 2 "), std::string::npos);
  EXPECT_EQ(send("alias", "<sip:alice@127.0.0.11:5080>"), "<sip:alice@127.0.0.11:5080;alias=127.0.0.11~5080~1>");
  EXPECT_EQ(send("badarg", kContact), kContact);
  EXPECT_NE(results.find("| -1 "), std::string::npos);
  EXPECT_EQ(send("contact", "*"), "*");
}

TEST_F(NathelperTest, OfTheFirstHeaderTheLastContactChanges) {
  const std::string two = "<sip:a@10.0.0.1>, <sip:b@10.0.0.2;x=1>;q=1";
  EXPECT_EQ(send("contact", two), "<sip:a@10.0.0.1>, <sip:b@127.0.0.11:5080;x=1>;q=1");
  EXPECT_EQ(send("alias", two), "<sip:a@10.0.0.1>, <sip:b@10.0.0.2;alias=127.0.0.11~5080~1;x=1>;q=1");
  EXPECT_EQ(send("rcv", two), "<sip:a@10.0.0.1>;received=\"sip:127.0.0.11:5080\", "
                              "<sip:b@10.0.0.2;x=1>;q=1;received=\"sip:127.0.0.11:5080\"");
  EXPECT_EQ(send("rcvuri", two), "<sip:a@10.0.0.1;received=sip:127.0.0.11:5080>, "
                                 "<sip:b@10.0.0.2;x=1;received=sip:127.0.0.11:5080>;q=1");
  EXPECT_EQ(send("contact", two + "\r\nContact: <sip:c@10.0.0.3>"), "<sip:a@10.0.0.1>, <sip:b@127.0.0.11:5080;x=1>;q=1");
}

TEST_F(NathelperTest, WhatWasRewrittenIsSeenAfterwards) {
  EXPECT_EQ(send("fixed", kContact), "<sip:alice@127.0.0.11:5080;ob>");
  EXPECT_NE(results.find("fixed "), std::string::npos) << results;
  EXPECT_EQ(send("twice", kContact), "<sip:alice@127.0.0.11:5080;ob>");
  EXPECT_NE(results.find("| -1 "), std::string::npos) << results;
  EXPECT_EQ(send("contact", "<sip:a@h.x:5062;a=b;maddr=10.0.0.1;c>;q=1"), "<sip:a@127.0.0.11:5080;a=b;c>;q=1");
  send("none", "<sip:a@10.0.0.1>,<sip:b@127.0.0.11:5080>");   // the last one of the first header counts
  EXPECT_TRUE(results.starts_with("|")) << results;
}

TEST_F(NathelperTest, AnOldAliasGoes) {
  EXPECT_EQ(send("trim", "<sip:a@10.0.0.1;ob;alias=1.1.1.1~2~1>"), "<sip:a@10.0.0.1;ob;alias=127.0.0.11~5080~1>");
  EXPECT_EQ(send("trim", "<sip:a@10.0.0.1;alias=1.1.1.1~2~1;x;alias=1.1.1.2~3~1>"),
            "<sip:a@10.0.0.1;x;alias=1.1.1.2~3~1;alias=127.0.0.11~5080~1>");
  EXPECT_EQ(send("trim", "<sip:a@10.0.0.1>"), "<sip:a@10.0.0.1;alias=127.0.0.11~5080~1>");
  send("last", kContact, "", ";alias=127.0.0.12~5090~1;alias=127.0.0.12~5091~1");
  EXPECT_TRUE(results.ends_with("| 1 sip:last@sip.test;alias=127.0.0.12~5090~1 sip:127.0.0.12:5091")) << results;
}

TEST_F(NathelperTest, WritesSdp) {
  EXPECT_EQ(send("sdp", kContact, kSdp),
            "v=0\r\no=- 1 1 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 127.0.0.11\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
            "a=direction:active\r\na=oldmediaip:192.168.1.5\r\n");
  EXPECT_EQ(send("sdpip", kContact, kSdp),
            "v=0\r\no=- 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
            "a=oldmediaip:192.168.1.5\r\na=oldmediaip:192.168.1.5\r\n");
  send("sdp", kContact);
  EXPECT_NE(results.find("| -1 "), std::string::npos);  // no body
  send("sdpip", kContact, "v=0\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4\r\n");
  EXPECT_NE(results.find("| -1 "), std::string::npos);  // no address
}

TEST_F(NathelperTest, EachMediaSectionGetsADirection) {
  EXPECT_EQ(send("direction", kContact, "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\nm=audio 1 RTP/AVP 0\r\na=x\r\nm=video 2 RTP/AVP 31\r\n"),
            "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\nm=audio 1 RTP/AVP 0\r\na=x\r\na=direction:active\r\n"
            "m=video 2 RTP/AVP 31\r\na=direction:active\r\na=nortpproxy:yes\r\n");
  EXPECT_NE(results.find("| 2 "), std::string::npos);   // no address was changed
}

TEST_F(NathelperTest, RtcpAddressesChangeToo) {
  EXPECT_EQ(send("sdp", kContact, "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP6 fd00::1\r\na=rtcp:2 IN IP4 10.0.0.1\r\na=rtcp:3\r\n"),
            "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP6 127.0.0.11\r\na=rtcp:2 IN IP4 127.0.0.11\r\na=rtcp:3\r\n"
            "a=direction:active\r\na=oldmediaip:10.0.0.1\r\na=oldmediaip6:fd00::1\r\n");
}

TEST_F(NathelperTest, TakesTheAliasOfTheRequestUri) {
  send("ruri", kContact, "", ";a=1;alias=127.0.0.12~5090~1;b");
  EXPECT_TRUE(results.ends_with("| 1 sip:ruri@sip.test;a=1;b sip:127.0.0.12:5090")) << results;
  send("ruri", kContact, "", ";alias=127.0.0.12~5090~2");
  EXPECT_TRUE(results.ends_with("| 1 sip:ruri@sip.test sip:127.0.0.12:5090;transport=tcp")) << results;
  send("ruri", kContact, "", ";transport=udp");
  EXPECT_TRUE(results.ends_with("| 2 sip:ruri@sip.test;transport=udp ")) << results;
  for (const char* none : {";alias", ";alias=", ";Alias=127.0.0.12~5090~1"}) {
    send("ruri", kContact, "", none);
    EXPECT_NE(results.find("| 2 "), std::string::npos) << none;
  }
  for (const char* bad : {";alias=1.2.3.4", ";alias=1.2.3.4~0~1", ";alias=1.2.3.4~99999~1", ";alias=x~5060~1",
                          ";alias=1.2.3.4~5060~9"}) {
    send("ruri", kContact, "", bad);
    EXPECT_NE(results.find("| -1 "), std::string::npos) << bad;
  }
}

TEST_F(NathelperTest, RegisteringNeedsTheAttribute) {
  send("register", kContact);
  EXPECT_NE(results.find("| -1 "), std::string::npos);
  EXPECT_EQ(world.log.lines.size(), 1u);
}

}  // namespace
}  // namespace strowger
