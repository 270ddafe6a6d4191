// Packets of kamcmd, read and written; hostile ones.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/ctl/binrpc.h"

#include <gtest/gtest.h>

namespace strowger::ctl {
namespace {

using namespace std::string_literals;

const std::string kVersion = "\xa1\x01\x0f\x12\x34\x91\x0d"s + "core.version\0"s;

TEST(Binrpc, ARequestIsRead) {
  Packet packet;
  const std::string bytes = kVersion + "more";
  ASSERT_EQ(read_packet(bytes, 1000, packet), Framing::Whole);
  EXPECT_EQ(packet.size, kVersion.size());
  EXPECT_EQ(packet.type, 0u);
  EXPECT_EQ(packet.cookie, "\x12\x34");
  const auto request = read_request(packet.body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "core.version");
  EXPECT_TRUE(request->params.empty());
}

TEST(Binrpc, Parameters) {
  const auto request = read_request("\x21m\0"s + "\x10\x2a"s + "\x00"s + "\x40\xff\xff\xff\xfe"s + "\x21x\0"s + "\x22\x05\xdc"s + "\x11\0"s);
  ASSERT_TRUE(request);
  ASSERT_EQ(request->params.size(), 6u);
  EXPECT_EQ(request->params[0].number, 42);
  EXPECT_EQ(request->params[1].number, 0);
  EXPECT_EQ(request->params[2].number, -2);
  EXPECT_EQ(request->params[3].text, "x");
  EXPECT_EQ(request->params[4].kind, RpcParam::Kind::Double);
  EXPECT_DOUBLE_EQ(request->params[4].real, 1.5);
  EXPECT_EQ(request->params[5].text, "");
}

TEST(Binrpc, PacketsThatAreNotThereYet) {
  Packet packet;
  for (std::size_t length = 0; length < kVersion.size(); ++length)
    EXPECT_EQ(read_packet(kVersion.substr(0, length), 1000, packet), Framing::Incomplete) << length;
}

TEST(Binrpc, PacketsThatAreNone) {
  Packet packet;
  EXPECT_EQ(read_packet("GET / HTTP/1.1", 1000, packet), Framing::Malformed);
  EXPECT_EQ(read_packet("\xa1\x0d\xff\xff\xff\xff\x01\x02"s, 1000, packet), Framing::Malformed);   // too long
  EXPECT_EQ(read_packet(kVersion, 14, packet), Framing::Malformed);
}

TEST(Binrpc, BodiesThatAreNone) {
  EXPECT_FALSE(read_request(""));
  EXPECT_FALSE(read_request("\x10\x01"));                     // no method
  EXPECT_FALSE(read_request("\x11\0"s));                      // an empty one
  EXPECT_FALSE(read_request("\x21m\0"s + "\x71"));            // a value without its bytes
  EXPECT_FALSE(read_request("\x21m\0"s + "\xc1\xff\xff\xff\xff"s));
  EXPECT_FALSE(read_request("\x21m\0"s + "\xf1\xff\xff\xff\xff\xff\xff\xff"s));
  EXPECT_FALSE(read_request("\x21m\0"s + "\x90"));
  EXPECT_FALSE(read_request("\x21m\0"s + "\x31" + "a\0b"s));  // a NUL in a text
  std::string many = "\x21m\0"s;
  for (std::size_t i = 0; i <= kMaxParams; ++i) many += '\0';
  EXPECT_FALSE(read_request(many));
}

TEST(Binrpc, RandomBytesDoNoHarm) {
  std::uint64_t x = 88172645463325252u;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = "\x21m\0"s;
    for (int i = 0; i < 24; ++i) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      bytes += static_cast<char>(x >> 32);
    }
    const auto request = read_request(bytes);
    if (request) {
      EXPECT_LE(request->params.size(), 24u);
    }
    Packet packet;
    bytes[0] = '\xa1';
    if (read_packet(bytes, 1000, packet) == Framing::Whole) {
      EXPECT_LE(packet.size, bytes.size());
    }
  }
}

/// What Kamailio 5.6.3 sends for the same values.
TEST(Binrpc, RepliesAreWritten) {
  RpcReply reply;
  reply.begin_struct();
  reply.begin_struct("item");
  reply.add_named("name", "k2");
  reply.add_named("value", Int{42});
  reply.add_named("flags", Int{0});
  reply.add_named("expire", "NEVER");
  const std::string body = "\x03\x55item\0"s + "\x03\x55name\0"s + "\x31k2\0"s + "\x65value\0"s + "\x10\x2a"s + "\x65"s + "flags\0"s + "\0"s +
                           "\x75"s + "expire\0"s + "\x61NEVER\0\x83\x83"s;
  EXPECT_EQ(print_reply(reply, "\x12\x34"), "\xa1\x11"s + static_cast<char>(body.size()) + "\x12\x34" + body);
}

// JSON: {"RECORDS": [{"SET": {"ID": 1}}]}; kamcmd shows RECORDS: { SET: { ID: 1 } }.
TEST(Binrpc, ListsOfNamedStructsHaveFewerBrackets) {
  RpcReply lists, plain;
  lists.begin_struct();
  lists.begin_array("RECORDS");
  lists.begin_struct();
  lists.begin_struct("SET");
  lists.add_named("ID", Int{1});
  lists.end_struct();
  lists.end_struct();
  lists.end_array();
  lists.end_struct();
  plain.begin_struct();
  plain.begin_struct("RECORDS");
  plain.begin_struct("SET");
  plain.add_named("ID", Int{1});
  plain.end_struct();
  plain.end_struct();
  plain.end_struct();
  EXPECT_EQ(print_reply(lists, "\x12\x34"), print_reply(plain, "\x12\x34"));
}

// JSON: [{"socket": {"port": 1}}, {"socket": {"port": 2}}] and {"AoRs": [{"AoR": "a"}, {"AoR": "b"}]}.
TEST(Binrpc, StructsOfOneMemberAreOneStruct) {
  RpcReply sockets, one;
  for (const Int port : {1, 2}) {
    sockets.begin_struct();
    sockets.begin_struct("socket");
    sockets.add_named("port", port);
    sockets.end_struct();
    sockets.end_struct();
  }
  one.begin_struct();
  for (const Int port : {1, 2}) {
    one.begin_struct("socket");
    one.add_named("port", port);
    one.end_struct();
  }
  one.end_struct();
  EXPECT_EQ(print_reply(sockets, "c"), print_reply(one, "c"));
  RpcReply list, flat;
  list.begin_struct();
  list.begin_array("AoRs");
  for (const char* aor : {"a", "b"}) {
    list.begin_struct();
    list.add_named("AoR", aor);
    list.end_struct();
  }
  flat.begin_struct();
  flat.begin_struct("AoRs");
  for (const char* aor : {"a", "b"}) flat.add_named("AoR", aor);
  EXPECT_EQ(print_reply(list, "c"), print_reply(flat, "c"));
}

TEST(Binrpc, NothingIsAnEmptyReply) {
  RpcReply reply;
  EXPECT_EQ(print_reply(reply, "\x12\x34"), "\xa1\x11\0\x12\x34"s);
}

TEST(Binrpc, CookiesAreNumbers) {
  RpcReply reply;
  EXPECT_EQ(print_reply(reply, std::string_view("\0\0\x05", 3)), std::string("\xa1\x10\x00\x05", 4));
  EXPECT_EQ(print_reply(reply, std::string_view("\0\0", 2)), std::string("\xa1\x10\x00\x00", 4));
  EXPECT_EQ(print_reply(reply, std::string_view()), std::string("\xa1\x10\x00\x00", 4));   // of a packet that could not be read
}

TEST(Binrpc, FaultsAreWritten) {
  RpcReply reply;
  reply.add(Int{5});
  reply.fault(500, "command nope not found");
  EXPECT_EQ(print_reply(reply, "\x12\x34"), "\xa1\x31\x1c\x12\x34\x20\x01\xf4\x91\x17"s + "command nope not found\0"s);
}

TEST(Binrpc, NumbersAndLongTexts) {
  RpcReply reply;
  reply.add(Int{-1});
  reply.add(Int{INT64_MAX});
  reply.add(1.5);
  reply.add(std::string_view(std::string(300, 'x')));
  reply.add(Text::null());
  const std::string body = "\x40\xff\xff\xff\xff"s + "\x40\x7f\xff\xff\xff"s + "\x22\x05\xdc"s + "\xa1\x01\x2d" + std::string(300, 'x') + "\0"s + "\x91\x0e<null string>\0"s;
  const std::string all = print_reply(reply, "c");
  EXPECT_EQ(all, "\xa1\x14"s + static_cast<char>(body.size() >> 8) + static_cast<char>(body.size() & 0xff) + "c" + body);
  Packet packet;
  ASSERT_EQ(read_packet(all, 1000, packet), Framing::Whole);
  EXPECT_EQ(packet.body, body);
}

}  // namespace
}  // namespace strowger::ctl
