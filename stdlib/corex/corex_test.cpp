// Tests of corex: branches, sockets, files, {sock.*}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "corex.interface.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}

std::string g_read;
Value read_variable(Call*) { return Value::of(Text(std::string_view(g_read))); }
Code write_variable(Call*, Value value) {
  g_read = value.text().view();
  return 1;
}

class CorexTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = run_script;
    world.start();
  }
  std::vector<TestWorld::Sent> run(std::function<void(Call&)> act) {
    g_script = &act;
    return world.receive(test_request("OPTIONS", "sip:service@sip.test"));
  }
  TestWorld world;
};

TEST_F(CorexTest, BranchesKeepTheirQ) {
  run([](Call& c) {
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b", "1.0"), 1);
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b", "0"), 1);
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b", "0.123"), 1);
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b", "1.5"), -1);
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b", "abc"), -1);
    EXPECT_EQ(Corex::append_branch(c, "", "0.7"), 1);
    EXPECT_EQ(Corex::append_branch(c, "junk"), 1);
    ASSERT_EQ(c.live->branch_count, 5);
    EXPECT_EQ(c.live->branches[0].q, 1000);
    EXPECT_EQ(c.live->branches[1].q, 0);
    EXPECT_EQ(c.live->branches[2].q, 123);
    EXPECT_EQ(c.live->branches[3].uri.view(), "sip:service@sip.test");
    EXPECT_EQ(c.live->branches[4].q, kNoQ);
    for (int i = 5; i < 11; ++i) EXPECT_EQ(Corex::append_branch(c, "sip:a@b"), 1);
    EXPECT_EQ(Corex::append_branch(c, "sip:a@b"), -1);   // max_branches is 12 with the request URI
  });
}

TEST_F(CorexTest, AppendingTheRequestUriTakesItsTargetAlong) {
  run([](Call& c) {
    c.live->dst_uri = "sip:10.0.0.7:5060";
    c.live->branch_flags = 4;
    EXPECT_EQ(Corex::append_branch(c), 1);
    EXPECT_EQ(c.live->branches[0].dst_uri.view(), "sip:10.0.0.7:5060");
    EXPECT_EQ(c.live->branches[0].flags, 4u);
    EXPECT_TRUE(c.live->dst_uri.is_null());
    EXPECT_EQ(c.live->branch_flags, 0u);
  });
}

TEST_F(CorexTest, SocketsAndSources) {
  run([](Call& c) {
    EXPECT_EQ(Corex::set_send_socket(c, "udp:1.2.3.4:5"), 1);
    EXPECT_EQ(c.live->send_socket, nullptr);
    EXPECT_EQ(Corex::set_send_socket(c, "127.0.0.1:5070"), 1);
    EXPECT_NE(c.live->send_socket, nullptr);
    EXPECT_EQ(Corex::set_source_address(c, "udp:127.0.0.99:5"), 1);
    EXPECT_EQ(c.live->source, (sip::Address{4, 5, {127, 0, 0, 99}}));
    EXPECT_EQ(Corex::set_source_address(c, "udp:nobody"), -1);
    EXPECT_EQ(Corex::is_faked_msg(c), -1);
    const Value socket = Value::of(Text("udp:1.2.3.4:5060")), plain = Value::of(Text("1.2.3.4"));
    EXPECT_EQ(Corex::sock_host(c, socket).view(), "1.2.3.4");
    EXPECT_EQ(Corex::sock_port(c, socket).view(), "5060");
    EXPECT_EQ(Corex::sock_proto(c, socket).view(), "udp");
    EXPECT_EQ(Corex::sock_touri(c, socket).view(), "sip:1.2.3.4:5060;transport=udp");
    EXPECT_EQ(Corex::sock_touri(c, plain).view(), "sip:1.2.3.4");
    EXPECT_EQ(Corex::sock_touri(c, Value::of(Text("tcp:[::1]:5"))).view(), "sip:[::1]:5;transport=tcp");
  });
}

TEST_F(CorexTest, SendsBytesAsTheyAre) {
  const auto sent = run([](Call& c) {
    EXPECT_EQ(Corex::send_data(c, "sip:127.0.0.12:5091", "ping"), 1);
    EXPECT_EQ(Corex::send_udp(c, "127.0.0.12:5092"), 1);
    EXPECT_EQ(Corex::send_data(c, "sip:unknown.test", "ping"), -1);
    EXPECT_EQ(Corex::sendx(c, "sip:127.0.0.12:5093", "udp:no.socket:5", "pong"), 1);
  });
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[2].bytes, "pong");
  EXPECT_EQ(sent[0].bytes, "ping");
  EXPECT_EQ(sent[0].to.port, 5091);
  EXPECT_EQ(sent[1].bytes, test_request("OPTIONS", "sip:service@sip.test"));
}

TEST_F(CorexTest, FilesAreReadAndWritten) {
  const std::string path = testing::TempDir() + "corex_test_file";
  std::remove(path.c_str());
  const VariableRef variable{read_variable, write_variable, "$var(f)"};
  run([&](Call& c) {
    EXPECT_EQ(Corex::file_write(c, std::string_view(path), "a"), 1);
    EXPECT_EQ(Corex::file_write(c, std::string_view(path), "b"), 1);
    EXPECT_EQ(Corex::file_read(c, std::string_view(path), variable), 1);
    EXPECT_EQ(g_read, "b");
    EXPECT_EQ(Corex::file_read(c, "/nonexistent", variable), -1);
  });
  std::remove(path.c_str());
}

TEST_F(CorexTest, AttributesOfSockets) {
  run([](Call& c) {
    const std::string socket(c.process().sockets[0]->as_text.view());
    EXPECT_EQ(Corex::get_lsock(c, std::string_view("l/" + socket + "/listen")).view(), socket);
    EXPECT_EQ(Corex::get_lsock(c, "i/0/listen").view(), socket);
    EXPECT_TRUE(Corex::get_lsock(c, "l/udp:192.0.2.1:1/name").is_null());
    EXPECT_FALSE(Corex::get_lsock(c, "l/udp:192.0.2.1:1/name").is_failed());
    for (const char* faulty : {"", "l", "l/", "/", "l//", "l/x", "q/x/listen", "l/x/port"})
      EXPECT_TRUE(Corex::get_lsock(c, Text(faulty)).is_failed()) << faulty;
  });
}

}  // namespace
}  // namespace strowger
