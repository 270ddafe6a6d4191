// Addresses: round trips and networks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/address.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::sip {
namespace {

TEST(Address, prints_what_it_parsed) {
  struct Row { const char *text, *plain, *bracketed; };
  for (const Row& row : {Row{"10.0.0.1", "10.0.0.1", "10.0.0.1"}, Row{"255.255.255.255", "255.255.255.255", "255.255.255.255"},
                         Row{"::1", "::1", "[::1]"}, Row{"[2001:DB8:0::1]", "2001:db8::1", "[2001:db8::1]"},
                         Row{"010.1.1.001", "10.1.1.1", "10.1.1.1"}}) {
    const auto address = parse_ip(row.text);
    ASSERT_TRUE(address) << row.text;
    char out[48];
    EXPECT_EQ(std::string(out, print_ip(*address, out)), row.plain);
    EXPECT_EQ(std::string(out, print_ip_bracketed(*address, out)), row.bracketed);
    EXPECT_EQ(address->port, 0);
  }
}

TEST(Address, refuses_what_is_none) {
  for (const char* text : {"", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ", "a.b.c.d", "[]", "[1.2.3.4]", "1.2.3.", ":::", "[::1",
                           "2001:db8::1::2", "1234.1.1.1", "::1%eth0"})
    EXPECT_FALSE(parse_ip(text)) << text;
  EXPECT_FALSE(parse_ip(std::string_view("::1\0", 4)));
}

TEST(Address, lies_in_networks) {
  struct Row { const char *ip, *network; unsigned prefix; bool in; };
  for (const Row& row : {Row{"10.1.2.3", "10.0.0.0", 8, true}, Row{"11.1.2.3", "10.0.0.0", 8, false}, Row{"10.1.2.3", "10.1.2.0", 23, true},
                         Row{"10.1.4.3", "10.1.2.0", 23, false}, Row{"10.1.2.3", "0.0.0.0", 0, true}, Row{"10.1.2.3", "10.1.2.3", 32, true},
                         Row{"2001:db8::5", "2001:db8::", 32, true}, Row{"2001:db9::5", "2001:db8::", 32, false}, Row{"::1", "0.0.0.0", 0, false}})
    EXPECT_EQ(parse_ip(row.ip)->in_network(*parse_ip(row.network), row.prefix), row.in) << row.ip << "/" << row.prefix;
}

TEST(Protocol, has_names_both_ways) {
  for (Protocol p : {Protocol::Udp, Protocol::Tcp, Protocol::Tls, Protocol::Sctp, Protocol::Ws, Protocol::Wss}) {
    EXPECT_EQ(parse_protocol(name_of(p).view()), p);
    EXPECT_EQ(parse_protocol(via_name_of(p).view()), p);
  }
  EXPECT_EQ(parse_protocol("Udp"), Protocol::Udp);
  EXPECT_EQ(parse_protocol("any"), std::nullopt);
  EXPECT_EQ(parse_protocol(""), std::nullopt);
}

}  // namespace
}  // namespace strowger::sip
