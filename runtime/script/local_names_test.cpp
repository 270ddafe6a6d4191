// Tests of what is ours: rows 198 to 206 of semantics-verified.md.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/listed_sockets.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

class LocalNamesTest : public testing::Test {
 protected:
  LocalNamesTest() : process(image, log) {
    process.hosts = {{"localhost", {4, 0, {127, 0, 0, 1}}}, {"other.test", {6, 0, {0x20, 1}}}, {"other.test", {4, 0, {10, 0, 0, 1}}}};
    process.add_socket(sip::Protocol::Udp, {4, 5070, {127, 0, 0, 1}}, "adv.test", 7000, "inside");
    sip::Address six;
    six.family = 6;
    six.ip[15] = 1;
    six.port = 5060;
    process.add_socket(sip::Protocol::Udp, six, Text(), 0, Text());
    process.add_socket(sip::Protocol::Tcp, {4, 5070, {127, 0, 0, 1}}, Text(), 0, Text());
    process.aliases = {{"any.test", 0, sip::Protocol::Any}, {"one.test", 5060, sip::Protocol::Any}};
    process.aliases.push_back({"sub.test", 0, sip::Protocol::Any, true});
  }
  ScriptImage image;
  TestLog log;
  Process process;
};

TEST_F(LocalNamesTest, SocketsAliasesAndAdvertisedAddressesAreOurs) {
  struct Row {
    const char* host;
    std::uint16_t port;
    bool ours;
  };
  const Row rows[] = {
      {"127.0.0.1", 5070, true}, {"127.0.0.1", 0, false},    {"127.0.0.1", 5071, false}, {"127.0.0.1", 7000, true}, {"[::1]", 0, true},
      {"::1", 5060, true},       {"0:0:0:0:0:0:0:1", 0, true}, {"[::2]", 0, false},      {"adv.test", 7000, true},
      {"adv.test", 5070, true}, {"any.test", 9, true},      {"ANY.test", 0, true},      {"one.test", 0, true},
      {"one.test", 5060, true},  {"one.test", 5061, false},  {"a.b.sub.test", 1, true},  {"xsub.test", 1, false},
      {"", 0, false},            {"other.test", 0, false},
  };
  for (const Row& row : rows) EXPECT_EQ(process.is_myself(std::string_view(row.host), row.port), row.ours) << row.host << ":" << row.port;
  EXPECT_TRUE(process.is_my_host("127.0.0.1"));
  EXPECT_FALSE(process.is_my_host("127.0.0.2"));
}

TEST_F(LocalNamesTest, SocketsAreListedByProtocolWithTheNamesOfTheirDeclarations) {
  process.add_socket(sip::Protocol::Udp, {4, 5080, {224, 0, 0, 1}}, Text(), 0, Text());
  process.aliases.push_back({"LocalHost", 5080, sip::Protocol::Udp, false, process.sockets[3].get()});
  std::string text;
  for (const Socket* socket : listed_sockets(process))
    text += std::string(sip::name_of(socket->protocol).view()) + ":" + std::string(listed_name(process, *socket).view()) + " ";
  EXPECT_EQ(text, "udp:127.0.0.1 udp:::1 udp:LocalHost tcp:127.0.0.1 ");
  EXPECT_TRUE(is_multicast(process.sockets[3]->address));
  EXPECT_FALSE(is_multicast(process.sockets[0]->address));
}

TEST_F(LocalNamesTest, AliasesStandThereOnceAsWritten) {
  SocketDecl decls[3];
  decls[0].host = decls[1].host = "Al.test";
  decls[1].port = 5070;
  decls[2].host = "AL.TEST";
  image.aliases = decls;
  image.alias_count = 3;
  process.aliases.clear();
  process.hosts = {{"localhost", {4, 0, {127, 0, 0, 1}}}};
  ASSERT_TRUE(process.start());
  std::string text;
  for (const Alias& alias : process.aliases) text += alias.host + ":" + std::to_string(alias.port) + "/" + std::string(sip::name_of(alias.protocol).view()) + " ";
  EXPECT_TRUE(text.starts_with("Al.test:0/")) << text;
  EXPECT_NE(text.find(" Al.test:5070/"), std::string::npos) << text;
  EXPECT_EQ(text.find("AL.TEST"), std::string::npos) << text;
  EXPECT_NE(text.find("localhost:5070/udp localhost:5070/tcp"), std::string::npos) << text;
  EXPECT_TRUE(process.is_myself("al.TEST", 5999));
}

TEST_F(LocalNamesTest, SocketsAreFoundByTheirText) {
  EXPECT_EQ(process.find_socket(Text("udp:127.0.0.1:5070")), process.sockets[0].get());
  EXPECT_EQ(process.find_socket(Text("tcp:127.0.0.1:5070")), process.sockets[2].get());
  EXPECT_EQ(process.find_socket(Text("127.0.0.1")), process.sockets[0].get());
  EXPECT_EQ(process.find_socket(Text("udp:[::1]")), process.sockets[1].get());
  EXPECT_EQ(process.find_socket(Text("udp:127.0.0.1")), nullptr);   // 5060 is meant
  EXPECT_EQ(process.find_socket(Text("udp:127.0.0.1:99999")), nullptr);
  EXPECT_EQ(process.find_socket(Text("[::1")), nullptr);
  EXPECT_EQ(process.find_socket_named(Text("inside")), process.sockets[0].get());
  EXPECT_EQ(process.sockets[0]->via_sent_by.view(), "adv.test:7000");
  EXPECT_EQ(process.sockets[1]->via_sent_by.view(), "[::1]");
  EXPECT_EQ(process.sockets[2]->as_text.view(), "tcp:127.0.0.1:5070");
}

TEST_F(LocalNamesTest, TheUrisOfSocketsAreOurs) {
  process.add_socket(sip::Protocol::Udp, {4, 0, {127, 0, 0, 1}}, Text(), 0, Text());
  for (const auto& socket : process.sockets) {
    if (socket->address.port == 0) {
      EXPECT_TRUE(socket->uri.is_null());
      continue;
    }
    EXPECT_TRUE(process.is_socket_uri(socket->uri));
    const auto uri = sip::parse_uri(socket->uri);
    ASSERT_TRUE(uri) << socket->uri.view();
    EXPECT_TRUE(process.is_myself(uri->host, uri->port));
    EXPECT_FALSE(process.is_socket_uri({socket->uri.ptr, socket->uri.len - 1}));
  }
  EXPECT_FALSE(process.is_socket_uri("sip:127.0.0.1:50700"));
  EXPECT_FALSE(process.is_socket_uri(Text("")));
  EXPECT_FALSE(process.is_socket_uri(Text::null()));
}

TEST_F(LocalNamesTest, TheSocketToSendFromFitsProtocolAndFamily) {
  const sip::Address four{4, 5060, {10, 0, 0, 1}};
  const Socket* udp = process.sockets[0].get();
  const auto socket_for = [&](const sip::Address& to, sip::Protocol protocol, const Socket* preferred) {
    return process.socket_for(to, protocol, preferred);
  };
  EXPECT_EQ(socket_for(four, sip::Protocol::Udp, udp), udp);
  EXPECT_EQ(socket_for(four, sip::Protocol::Tcp, udp), process.sockets[2].get());
  EXPECT_EQ(socket_for(four, sip::Protocol::Tls, udp), nullptr);
  EXPECT_EQ(socket_for(process.sockets[1]->address, sip::Protocol::Udp, udp), process.sockets[1].get());
  // From another protocol: the first socket outside the loopback, else the last one of it.
  process.sockets[2]->protocol = sip::Protocol::Udp;
  EXPECT_EQ(socket_for(four, sip::Protocol::Udp, nullptr), process.sockets[2].get());
  process.sockets[0]->address.ip[3] = 2;
  EXPECT_EQ(socket_for(four, sip::Protocol::Udp, nullptr), process.sockets[0].get());
}

TEST_F(LocalNamesTest, WithMhomedTheAddressThatTheSystemSendsFromComesFirst) {
  const sip::Address four{4, 5060, {10, 0, 0, 1}}, six = process.sockets[1]->address;
  const Socket* const near = process.sockets[0].get();
  process.add_socket(sip::Protocol::Udp, {4, 5060, {10, 0, 0, 9}}, Text(), 0, Text());
  process.add_socket(sip::Protocol::Udp, {4, 5062, {10, 0, 0, 9}}, Text(), 0, Text());
  const Socket* const far = process.sockets[3].get();
  process.local_address_to = [](const sip::Address& to) -> std::optional<sip::Address> {
    if (to.family == 6) return std::nullopt;
    return to.ip[0] == 10 ? sip::Address{4, 0, {10, 0, 0, 9}} : sip::Address{4, 0, {10, 0, 0, 77}};
  };
  sip::Protocol protocol = sip::Protocol::Udp;
  EXPECT_EQ(process.socket_for(four, protocol, near), far);
  EXPECT_EQ(process.socket_for(four, protocol, process.sockets[4].get()), far);        // the first one of that address
  EXPECT_EQ(process.socket_for({4, 5060, {11, 0, 0, 1}}, protocol, near), near);        // nobody listens there
  EXPECT_EQ(process.socket_for(six, protocol, near), process.sockets[1].get());         // no route is known
  protocol = sip::Protocol::Tcp;
  EXPECT_EQ(process.socket_for(four, protocol, near), process.sockets[2].get());
}

TEST_F(LocalNamesTest, WebSocketsAreCarriedByOtherSockets) {
  process.add_socket(sip::Protocol::Tls, {4, 5071, {127, 0, 0, 1}}, Text(), 0, "secure");
  process.add_carried_sockets(sip::Protocol::Tcp, sip::Protocol::Ws);
  process.add_carried_sockets(sip::Protocol::Tls, sip::Protocol::Wss);
  ASSERT_EQ(process.sockets.size(), 6u);
  const Socket* const ws = process.sockets[4].get();
  const Socket* const wss = process.sockets[5].get();
  EXPECT_EQ(ws->protocol, sip::Protocol::Ws);
  EXPECT_EQ(ws->as_text.view(), "tcp:127.0.0.1:5070");
  EXPECT_EQ(process.carried_by(*process.sockets[3], sip::Protocol::Wss), wss);
  // URIs say "ws" for both; names and addresses without a transport are those of the sockets that listen.
  EXPECT_EQ(process.find_socket(sip::Protocol::Ws, wss->address), wss);
  EXPECT_EQ(process.find_socket("tls:127.0.0.1:5071"), process.sockets[3].get());
  EXPECT_EQ(process.find_socket_named("secure"), process.sockets[3].get());
  EXPECT_TRUE(process.is_myself("127.0.0.1", 5071, sip::Protocol::Ws));
  const sip::Address peer{4, 40000, {127, 0, 0, 9}};
  sip::Protocol protocol = sip::Protocol::Ws;
  EXPECT_EQ(process.socket_for(peer, protocol, wss), wss);
  EXPECT_EQ(protocol, sip::Protocol::Wss);
  protocol = sip::Protocol::Ws;
  EXPECT_EQ(process.socket_for(peer, protocol, process.sockets[0].get()), ws);
}

TEST_F(LocalNamesTest, HostsNamesHaveIpv4First) {
  ASSERT_NE(process.find_host("OTHER.test"), nullptr);
  EXPECT_EQ(process.find_host("other.test")->family, 4);
  EXPECT_EQ(process.find_host("unknown.test"), nullptr);
  const auto names = parse_hosts("# comment\n127.0.0.1\tlocalhost Loop # x\n\nnonsense here\n::1 ip6\n");
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[1].name, "loop");
  EXPECT_EQ(names[2].address.family, 6);
}

}  // namespace
}  // namespace strowger
