// Flow tokens, which requests get them, and the way back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "outbound.interface.h"
#include "path.interface.h"
#include "rr.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/test_world.h"
#include "stdlib/outbound/flow_token.h"

namespace strowger {
namespace {

TEST(FlowToken, ReadsItsOwnOnly) {
  const outbound::Key key = sip::make_hash_key("secret"), other = sip::make_hash_key("other");
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    outbound::Flow flow{sip::Protocol::Tls, *sip::parse_ip(text), *sip::parse_ip(text)}, read;
    flow.local.port = 5061;
    flow.peer.port = 40000;
    char out[outbound::kMostToken];
    const std::size_t n = outbound::print_token(flow, key, out);
    ASSERT_LE(n, sizeof out);
    EXPECT_EQ(outbound::read_token({out, n}, key, read), outbound::Verdict::Good);
    EXPECT_EQ(read.peer, flow.peer);
    EXPECT_EQ(read.local, flow.local);
    EXPECT_EQ(read.protocol, sip::Protocol::Tls);
    EXPECT_EQ(outbound::read_token({out, n}, other, read), outbound::Verdict::Forged);
    EXPECT_EQ(outbound::read_token({out, n - 1}, key, read), outbound::Verdict::NoToken);
    for (std::size_t i = 0; i < n; ++i) {
      std::string changed(out, n);
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_EQ(outbound::read_token(Text(std::string_view(changed)), key, read), outbound::Verdict::Forged) << i;
      changed[i] = '*';
      EXPECT_EQ(outbound::read_token(Text(std::string_view(changed)), key, read), outbound::Verdict::NoToken) << i;
    }
  }
  outbound::Flow flow;
  EXPECT_EQ(outbound::read_token("alice", key, flow), outbound::Verdict::NoToken);
  EXPECT_EQ(outbound::read_token(Text::null(), key, flow), outbound::Verdict::NoToken);
}

Int script(Call* call) {
  const sip::Uri* uri = call->live->parsed_uri();
  if (call->message().first(sip::HeaderId::Route) && uri->user.view() == "bob") {
    const Code code = Rr::loose_route(*call);
    call->log(LogLevel::Info, "loose " + std::to_string(code) + " " + std::string(call->live->dst_uri.is_null() ? "-" : call->live->dst_uri.view()));
    return code;
  }
  if (call->message().method_bit() == kRegister) {
    if (uri->user.view() == "user") PathModule::add_path(*call, "edge"); else PathModule::add_path(*call);
  } else {
    Rr::record_route(*call);
  }
  return forward_stateless(*call, nullptr, sip::Protocol::Any);
}

class OutboundTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("outbound");
    module.start = Outbound::start;
    module.stop = Outbound::stop;
    world.modules = {module};
    world.image.request_route = script;
    world.start();
  }
  /// The user of our URI in the Path or Record-Route; "-" for none.
  std::string token(std::string_view method, std::string_view contact, std::string_view user = "x", std::string_view more = "") {
    const auto sent = world.receive(test_request(method, "sip:" + std::string(user) + "@127.0.0.12:5090", "",
                                                 "Contact: " + std::string(contact) + "\r\n" + std::string(more)));
    if (sent.empty()) return "nothing";
    const std::string& text = sent[0].bytes;
    last = text;
    const std::size_t at = text.find(method == "REGISTER" ? "Path: <sip:" : "Record-Route: <sip:");
    if (at == std::string::npos) return "none";
    const std::size_t begin = text.find("sip:", at) + 4, end = text.find_first_of("@;", begin);
    return text[end] == '@' ? text.substr(begin, end - begin) : "-";
  }
  std::string route(const std::string& user, std::string_view more = "", std::uint16_t port = 5099) {
    world.log.lines.clear();
    world.receive(test_request("MESSAGE", "sip:bob@127.0.0.12", "", "Route: <sip:" + user + "@127.0.0.1:5070;lr>" + std::string(more) + "\r\n"), port);
    return world.log.lines.empty() ? "" : world.log.lines.back();
  }
  TestWorld world;
  std::string last;
};

TEST_F(OutboundTest, WhichRequestsKeepTheirFlow) {
  const std::string flow = token("INVITE", "<sip:a@b;ob>");
  ASSERT_GT(flow.size(), 20u);
  EXPECT_EQ(token("INVITE", "<sip:a@b>"), "-");
  EXPECT_EQ(token("INVITE", "<sip:a@b>;ob"), "-");
  EXPECT_EQ(token("MESSAGE", "<sip:a@b;ob>"), flow);
  EXPECT_EQ(token("INVITE", "<sip:a@b;ob>", "x", "Via: SIP/2.0/UDP 1.2.3.4\r\n"), "-");
  EXPECT_EQ(token("INVITE", "<sip:a@b>", "x", "Route: <sip:127.0.0.1:5070;lr;ob>\r\n"), flow);
  EXPECT_EQ(token("INVITE", "<sip:a@b>", "x", "Route: <sip:127.0.0.1:5070;lr>;ob\r\n"), "-");
  EXPECT_EQ(token("INVITE", "<sip:a@b>", "x", "Route: <sip:1.2.3.4;lr;ob>\r\n"), "-");
  EXPECT_EQ(token("REGISTER", "<sip:a@b>;reg-id=1"), flow);
  EXPECT_NE(last.find("@127.0.0.1:5070;lr;ob>"), std::string::npos);
  EXPECT_EQ(token("REGISTER", "<sip:a@b>"), "-");
  EXPECT_EQ(token("REGISTER", "<sip:a@b>, <sip:c@d>;reg-id=2"), flow);
  EXPECT_EQ(token("REGISTER", "*"), "-");
  EXPECT_EQ(token("REGISTER", "<sip:a@b>;reg-id=1", "user"), "edge");
}

TEST_F(OutboundTest, TheWayBack) {
  const std::string flow = token("INVITE", "<sip:a@b;ob>");
  EXPECT_NE(route(flow).find("loose 2 sip:127.0.0.11:5080;transport=udp"), std::string::npos);
  EXPECT_NE(route(flow, ", <sip:127.0.0.12:5090;lr>").find("loose 2 sip:127.0.0.11:5080;transport=udp"), std::string::npos);
  EXPECT_NE(route(flow, "", 5080).find("loose -3 -"), std::string::npos);      // it comes from there
  EXPECT_NE(route(flow, ", <sip:127.0.0.12:5090;lr>", 5080).find("loose 1 sip:127.0.0.12:5090;lr"), std::string::npos);
  std::string forged = flow;
  forged[4] = forged[4] == 'A' ? 'B' : 'A';
  EXPECT_NE(route(forged).find("loose -2 -"), std::string::npos);
  EXPECT_NE(route("alice").find("loose -3 -"), std::string::npos);
}

}  // namespace
}  // namespace strowger
