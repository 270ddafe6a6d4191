// Tests of addresses, trusted peers and rules: what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/test_call.h"
#include "stdlib/permissions/addresses.h"
#include "stdlib/permissions/peers.h"
#include "stdlib/permissions/rules.h"

namespace strowger::permissions {
namespace {

db::Row row(Int group, std::string address, Int mask, Int port, std::string tag) {
  return {group, std::move(address), mask, port, std::move(tag)};
}

/// The tag of the entry for an address or a name, "-" where there is none.
std::string found(const Addresses& table, std::string_view text, std::optional<Int> group, Int port = 5060) {
  const auto address = address_in(text);
  const Entry* const entry = address ? table.find(*address, group, port) : table.find(text, group, port);
  return entry ? entry->tag.value_or("(none)") : "-";
}

Addresses table_of(const db::Rows& rows, std::size_t max_networks = 512) {
  std::string why;
  auto entries = read_addresses(rows, why);
  EXPECT_TRUE(entries) << why;
  return Addresses(std::move(*entries), max_networks);
}

TEST(Addresses, TheLastRowOfAnAddressThenNetworksByGroup) {
  const Addresses table =
      table_of({row(1, "10.0.0.1", 32, 0, "first"), row(1, "10.0.0.1", 32, 0, "last"),
                row(2, "10.0.0.1", 32, 7, "port"), row(9, "10.0.0.0", 8, 0, "nine"), row(3, "10.0.0.9", 24, 0, "three"),
                row(5, "10.0.0.0", 16, 0, "five"), row(3, "10.0.0.0", 8, 5060, "threeb")});
  EXPECT_EQ(found(table, "10.0.0.1", 1), "last");
  EXPECT_EQ(found(table, "10.0.0.1", 2), "-");
  EXPECT_EQ(found(table, "10.0.0.1", 2, 7), "port");
  EXPECT_EQ(found(table, "10.0.0.1", std::nullopt), "last");
  EXPECT_EQ(found(table, "10.0.0.1", 9), "nine") << "an address whose rows are of other groups may be in a network";
  EXPECT_EQ(found(table, "10.0.0.2", std::nullopt), "three");
  EXPECT_EQ(found(table, "10.1.0.2", std::nullopt), "threeb");
  EXPECT_EQ(found(table, "10.1.0.2", std::nullopt, 1), "nine");
  EXPECT_EQ(found(table, "10.0.7.2", 5), "five");
  EXPECT_EQ(found(table, "11.0.0.1", std::nullopt), "-");
}

TEST(Addresses, Masks) {
  const Addresses table = table_of({row(1, "10.0.0.0", 0, 0, "m0"), row(2, "10.3.0.5", 24, 0, "m24"),
                                    row(3, "10.4.0.5", 31, 0, "m31"), row(4, "2001:db8::1", 64, 0, "v64"),
                                    row(5, "[2001:db9::2]", 128, 0, "v128"), row(6, "2001:dba::", 33, 0, "v33")});
  EXPECT_EQ(found(table, "10.0.0.0", 1), "m0") << "0 is one address";
  EXPECT_EQ(found(table, "10.0.0.1", 1), "-");
  EXPECT_EQ(found(table, "10.3.0.77", 2), "m24") << "the bits of the table's address behind the mask do not count";
  EXPECT_EQ(found(table, "10.3.1.5", 2), "-");
  EXPECT_EQ(found(table, "10.4.0.4", 3), "m31");
  EXPECT_EQ(found(table, "10.4.0.6", 3), "-");
  EXPECT_EQ(found(table, "2001:db8::99", 4), "v64");
  EXPECT_EQ(found(table, "2001:db8:0:1::", 4), "-");
  EXPECT_EQ(found(table, "2001:DB9::2", 5), "v128");
  EXPECT_EQ(found(table, "2001:dba:7fff::1", 6), "v33");
  EXPECT_EQ(found(table, "2001:dba:8000::1", 6), "-");
  EXPECT_EQ(found(table, "32.1.13.184", 4), "-") << "the first bytes of an IPv6 network";
}

TEST(Addresses, WhatIsNoAddressIsAName) {
  const Addresses table = table_of({row(1, "SIP.Test", 16, 0, "any"), row(1, "SIP.Test", 0, 7, "port"),
                                    row(2, "10.0.0.3/32", 32, 0, "slash"), row(3, "::ffff:10.0.0.9", 128, 0, "mapped"),
                                    row(4, "10.0.0", 99, 0, "three")});
  EXPECT_EQ(found(table, "SIP.Test", 1), "any");
  EXPECT_EQ(found(table, "SIP.Test", 1, 7), "port");
  EXPECT_EQ(found(table, "sip.test", 1), "-") << "letters count as they are";
  EXPECT_EQ(found(table, "10.0.0.3", 2), "-");
  EXPECT_EQ(found(table, "::ffff:10.0.0.9", 3), "mapped");
  EXPECT_EQ(found(table, "10.0.0", 4), "three");
  EXPECT_TRUE(table.hosts().empty());
}

TEST(Addresses, SlotsAreKamailios) {
  const Addresses table =
      table_of({row(6, "::1", 128, 0, ""), row(1, "127.0.0.11", 32, 0, ""), row(1, "10.0.0.5", 32, 0, ""),
                row(1, "2001:db8::1", 128, 0, ""), row(5, "sip.test", 32, 0, "")});
  std::string slots;
  for (const Entry& entry : table.hosts()) slots += entry.name + " " + std::to_string(entry.slot) + " ";
  EXPECT_EQ(slots, "::1 0 10.0.0.5 27 2001:db8::1 37 127.0.0.11 107 ");
  EXPECT_EQ(table.names().front().slot, 108u);
}

TEST(Addresses, NetworksAboveTheMostAreLeftOut) {
  const Addresses table =
      table_of({row(1, "10.0.0.0", 8, 0, "a"), row(1, "11.0.0.0", 8, 0, "b"), row(1, "12.0.0.1", 32, 0, "c")}, 1);
  EXPECT_EQ(table.left_out(), 1u);
  EXPECT_EQ(found(table, "10.0.0.1", 1), "a");
  EXPECT_EQ(found(table, "11.0.0.1", 1), "-");
  EXPECT_EQ(found(table, "12.0.0.1", 1), "c");
}

TEST(Addresses, OneFaultyRowSpoilsTheTable) {
  std::string why;
  EXPECT_TRUE(read_addresses({}, why));
  for (const db::Row& bad :
       {row(0, "10.0.0.1", 32, 0, ""), row(-1, "10.0.0.1", 32, 0, ""), row(1, "10.0.0.1", 33, 0, ""),
        row(1, "10.0.0.1", -1, 0, ""), row(1, "::1", 129, 0, ""), db::Row{Int{1}, db::Field(), Int{32}, Int{0}, "x"},
        db::Row{Int{1}, "10.0.0.1", db::Field(), Int{0}, "x"}, db::Row{Int{1}, "10.0.0.1", Int{32}, db::Field(), "x"},
        db::Row{"1", "10.0.0.1", Int{32}, Int{0}, "x"}})
    EXPECT_FALSE(read_addresses({row(1, "10.0.0.2", 32, 0, ""), bad}, why));
  EXPECT_TRUE(why.starts_with("row 2")) << why;
}

std::string parsed(std::string_view content) {
  std::string why, out;
  const auto entries = parse_addresses(content, why);
  if (!entries) return why.substr(0, why.find(':'));
  for (const Entry& e : *entries)
    out += std::to_string(e.group) + " " + e.name + "/" + std::to_string(e.mask) + " " + std::to_string(e.port) + " " +
           e.tag.value_or("-") + ";";
  return out;
}

TEST(Addresses, Files) {
  EXPECT_EQ(parsed("# comment\n\n  # c2\n1 127.0.0.11 32 0 first tag\n2\t127.0.0.0\t8\t5060\ttwo # tail\n"),
            "1 127.0.0.11/32 0 first;2 127.0.0.0/8 5060 two;");
  EXPECT_EQ(parsed("3 10.0.0.1 32 7\r\n4 10.0.0.2 24\r\n5 10.0.0.3\r\n6 [::1]#x\n7 10.0.0.4 32 0 a#b"),
            "3 10.0.0.1/32 7 -;4 10.0.0.2/24 0 -;5 10.0.0.3/0 0 -;6 ::1/0 0 -;7 10.0.0.4/32 0 a;");
  EXPECT_EQ(parsed("8,10.0.0.8,32\nx 10.0.0.1 32\n0 10.0.0.1 24x 0\n"),
            "8 ,10.0.0.8,32/0 0 -;0 x/10 0 .0.0.1;0 10.0.0.1/24 0 x;");
  EXPECT_EQ(parsed("1 10.0.0.1\n5\n"), "line 2 is faulty");
  EXPECT_EQ(parsed("1 # none\n"), "line 1 is faulty");
  EXPECT_EQ(parsed("1 10.0.0.1 33\n"), "line 1 is faulty");
  EXPECT_EQ(parsed("99999999999 10.0.0.1\n"), "line 1 is faulty");
  EXPECT_EQ(parsed(""), "");
}

/// Does the file have a rule for "sip:alice@sip.test" and "sip:bob@h.test"? What was told, where a line is faulty.
std::string matched(std::string_view content) {
  std::string told;
  const Rules rules = Rules::parse(content, [&](const std::string& why) { told += why + ";"; });
  return (rules.match("sip:alice@sip.test", "sip:bob@h.test") ? "yes" : "no") +
         (told.empty() ? "" : " " + told.substr(0, told.find(':')));
}

TEST(Rules, Lists) {
  EXPECT_EQ(matched("ALL : ALL"), "yes");
  EXPECT_EQ(matched("  \"^sip:ALICE\"\t: \"^sip:bob@h\\.test$\" # c\r\n"), "yes");
  EXPECT_EQ(matched("\"^sip:carol\" : ALL\n"), "no");
  EXPECT_EQ(matched("\"x\", \"a#b|alice\" , \"y\" : \"z\",\"sip:bob|a,b\"\n"), "yes");
  EXPECT_EQ(matched("alice : bob\n"), "yes");
  EXPECT_EQ(matched("all : all\n"), "no") << "ALL is written in capitals";
  EXPECT_EQ(matched("ALL, \"x\" : ALL\n"), "no") << "and stands alone";
  EXPECT_EQ(matched("\"alice\" : \"bob\" : \"x\"\n"), "no");
}

TEST(Rules, Exceptions) {
  EXPECT_EQ(matched("ALL EXCEPT \"alice\" : ALL\n"), "no");
  EXPECT_EQ(matched("ALL   EXCEPT   \"carol\", \"dave\" : ALL EXCEPT \"eve\"\n"), "yes");
  EXPECT_EQ(matched("\"alice\" EXCEPT \"carol\", \"sip\" : ALL\n"), "no");
  EXPECT_EQ(matched("ALL EXCEPT ALL : ALL\n"), "yes");
  EXPECT_EQ(matched("ALL except \"carol\" : ALL\n"), "no");
}

TEST(Rules, FaultyLinesAreLeftOut) {
  for (const std::string_view bad :
       {"\"alice\"", ": \"bob\"", "\"alice\" :", "\"alice : bob", "\"alice\",, : ALL", "\"alice\", : ALL",
        "\"ali(\" : ALL", "\"al\\\"|alice\" : ALL", "ALL EXCEPT  : ALL", "\"\" : ALL", "\"alice| EXCEPT \" : ALL"})
    EXPECT_EQ(matched(std::string(bad) + "\n"), "no line 1") << bad;
  EXPECT_EQ(matched("\"ali(\" : ALL\nALL : ALL\n"), "yes line 1");
  EXPECT_EQ(matched("\n   \t\n"), "no");
}

db::Row peer(std::string source, std::string protocol, db::Field from, db::Field ruri, std::string tag,
             db::Field priority) {
  return {std::move(source), std::move(protocol), std::move(from),
          std::move(ruri),   std::move(tag),      std::move(priority)};
}

TEST(Peers, ByPriorityThenRow) {
  std::string why, tags;
  const auto peers =
      Peers::build({peer("10.0.0.1", "any", {}, {}, "a", Int{1}), peer("10.0.0.1", "UDP", {}, {}, "b", Int{3}),
                    peer("10.0.0.1", "wss", {}, {}, "c", Int{3}), peer("10.0.0.1", "Any", {}, {}, "d", {}),
                    peer("10.0.0.2", "none", {}, {}, "e", Int{9}), peer("host.test", "tls", "*(", {}, "f", Int{9})},
                   why);
  ASSERT_TRUE(peers) << why;
  ASSERT_TRUE(peers->find("10.0.0.1"));
  for (const std::uint32_t i : *peers->find("10.0.0.1")) tags += *peers->all()[i].tag;
  EXPECT_EQ(tags, "bcad");
  EXPECT_EQ(peers->find("10.0.0.2"), nullptr);
  EXPECT_EQ(peers->all().front().slot, 31u);
  ASSERT_TRUE(peers->find("host.test"));
  EXPECT_FALSE(peers->all()[peers->find("host.test")->front()].from_pattern) << "a faulty pattern matches nothing";
}

TEST(Peers, FaultyRows) {
  std::string why;
  EXPECT_FALSE(Peers::build({peer("10.0.0.1", "bogus", {}, {}, "a", Int{1})}, why));
  EXPECT_FALSE(Peers::build({peer("10.0.0.1", "", {}, {}, "a", Int{1})}, why));
  EXPECT_FALSE(Peers::build({db::Row{db::Field(), "any", {}, {}, {}, Int{1}}}, why));
  EXPECT_FALSE(Peers::build({db::Row{"10.0.0.1", db::Field(), {}, {}, {}, Int{1}}}, why));
}

}  // namespace
}  // namespace strowger::permissions
