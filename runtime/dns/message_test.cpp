// Answers of servers, good and bad.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/message.h"

#include <gtest/gtest.h>

namespace strowger::dns {
namespace {

std::string two(unsigned n) { return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)}; }

std::string wire(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    out += static_cast<char>(dot);
    out += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return out + '\0';
}

std::string record(std::string owner, unsigned type, unsigned ttl, const std::string& data) {
  return owner + two(type) + two(1) + two(ttl >> 16) + two(ttl & 0xffff) + two(static_cast<unsigned>(data.size())) + data;
}

std::string message(std::string_view name, unsigned type, std::initializer_list<std::string> answers, unsigned flags = 0x8180) {
  std::string out = two(7) + two(flags) + two(1) + two(static_cast<unsigned>(answers.size())) + two(0) + two(0) + wire(name) + two(type) + two(1);
  for (const std::string& answer : answers) out += answer;
  return out;
}

const std::string kPointer("\xc0\x0c", 2);    // to the name in the question
const std::string kIp("\xc0\x00\x02\x01", 4);

TEST(DnsMessage, Addresses) {
  const Answer answer = parse_answer(message("A.Test", 1, {record(kPointer, 1, 300, kIp), record(wire("a.test"), 1, 60, kIp)}), "a.test", Type::A);
  ASSERT_EQ(answer.status, Status::Found);
  EXPECT_EQ(answer.records.size(), 2U);
  EXPECT_EQ(answer.ttl, 60U);
  EXPECT_EQ(answer.records[0].address, *sip::parse_ip("192.0.2.1"));
}

TEST(DnsMessage, AliasesAreFollowedInAnyOrder) {
  const Answer answer = parse_answer(
      message("a.test", 1, {record(wire("c.test"), 1, 300, kIp), record(wire("b.test"), 5, 20, wire("c.test")), record(kPointer, 5, 30, wire("b.test"))}),
      "a.test", Type::A);
  EXPECT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(answer.ttl, 20U);
  // What nobody asked for is not believed.
  EXPECT_EQ(parse_answer(message("a.test", 1, {record(wire("evil.test"), 1, 300, kIp)}), "a.test", Type::A).status, Status::NoData);
  // A circle ends.
  EXPECT_EQ(parse_answer(message("a.test", 1, {record(wire("a.test"), 5, 9, wire("b.test")), record(wire("b.test"), 5, 9, wire("a.test"))}), "a.test", Type::A).status, Status::NoData);
}

TEST(DnsMessage, SrvAndNaptr) {
  const Answer srv = parse_answer(message("_sip._udp.a.test", 33, {record(kPointer, 33, 300, two(10) + two(60) + two(5062) + wire("Big.a.test"))}), "_sip._udp.a.test", Type::Srv);
  ASSERT_EQ(srv.records.size(), 1U);
  EXPECT_EQ(srv.records[0].order, 10);
  EXPECT_EQ(srv.records[0].preference, 60);
  EXPECT_EQ(srv.records[0].port, 5062);
  EXPECT_EQ(srv.records[0].name, "big.a.test");
  const std::string data = two(50) + two(51) + "\1s" + "\7SIP+D2T" + std::string(1, '\0') + wire("_sip._tcp.a.test");
  const Answer naptr = parse_answer(message("a.test", 35, {record(kPointer, 35, 300, data)}), "a.test", Type::Naptr);
  ASSERT_EQ(naptr.records.size(), 1U);
  EXPECT_EQ(naptr.records[0].services, "SIP+D2T");
  EXPECT_EQ(naptr.records[0].name, "_sip._tcp.a.test");
  EXPECT_EQ(naptr.records[0].regexp, "");
}

TEST(DnsMessage, NothingThere) {
  EXPECT_EQ(parse_answer(message("a.test", 1, {}), "a.test", Type::A).status, Status::NoData);
  EXPECT_EQ(parse_answer(message("a.test", 1, {}, 0x8183), "a.test", Type::A).status, Status::NoName);
  EXPECT_EQ(parse_answer(message("a.test", 1, {}, 0x8182), "a.test", Type::A).status, Status::Failed);
}

TEST(DnsMessage, BadBytesAreNoAnswer) {
  const std::string good = message("a.test", 1, {record(kPointer, 1, 300, kIp)});
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(parse_answer(std::string_view(good).substr(0, length), "a.test", Type::A).status, Status::Failed) << length;
  EXPECT_EQ(parse_answer(good, "b.test", Type::A).status, Status::Failed);
  EXPECT_EQ(parse_answer(good, "a.test", Type::Aaaa).status, Status::Failed);
  const std::string loop("\xc0\x18", 2);      // a name that points at itself
  EXPECT_EQ(parse_answer(message("a.test", 1, {record(loop, 1, 300, kIp)}), "a.test", Type::A).status, Status::Failed);
  EXPECT_EQ(parse_answer(message("a.test", 1, {record(kPointer, 1, 300, "xyz")}), "a.test", Type::A).status, Status::Failed);
  EXPECT_EQ(parse_answer(message("a.test", 33, {record(kPointer, 33, 300, two(1))}), "a.test", Type::Srv).status, Status::Failed);
}

// A fuzzer found one of 254 characters.
TEST(DnsMessage, NamesEndWhereTheRfcEndsThem) {
  const auto found = [](std::size_t last) {
    const std::string label(63, 'x'), name = label + "." + label + "." + label + "." + std::string(last, 'y');
    return parse_answer(message("a.test", 33, {record(kPointer, 33, 9, two(1) + two(1) + two(5060) + wire(name))}), "a.test", Type::Srv).records.size();
  };
  EXPECT_EQ(found(61), 1U) << "253 characters, 255 octets (RFC 1035 3.1)";
  EXPECT_EQ(found(62), 0U);
}

TEST(DnsMessage, TooManyRecordsAreCut) {
  std::string bytes = two(7) + two(0x8180) + two(1) + two(500) + two(0) + two(0) + wire("a.test") + two(1) + two(1);
  for (int i = 0; i < 500; ++i) bytes += record(kPointer, 1, 300, kIp);
  EXPECT_EQ(parse_answer(bytes, "a.test", Type::A).records.size(), kMaxRecords);
}

TEST(DnsMessage, Names) {
  EXPECT_EQ(normal_name("SIP.Example.COM."), "sip.example.com");
  EXPECT_EQ(normal_name("_sip._udp.a.test"), "_sip._udp.a.test");
  for (const char* bad : {"", ".", "a..b", ".a", "a b", "a/b", "\xc3\xa4.test"}) EXPECT_EQ(normal_name(bad), "") << bad;
  EXPECT_EQ(normal_name(std::string(64, 'a') + ".test"), "");
  EXPECT_EQ(normal_name(std::string(300, 'a')), "");
}

}  // namespace
}  // namespace strowger::dns
