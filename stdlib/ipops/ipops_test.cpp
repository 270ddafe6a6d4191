// Tests of ipops: forms, kinds and networks as Kamailio 5.6.3 tells them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ipops.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

Text stored;
Code store(Call*, Value value) {
  stored = value.text();
  return 1;
}
const VariableRef kTarget{nullptr, store, "$var(x)"};

class IpopsTest : public ScriptCall {
 protected:
  void SetUp() override { load(test_request("OPTIONS", "sip:a@sip.test")); }
};

TEST_F(IpopsTest, Forms) {
  for (const char* ip : {"1.2.3.4", "0.0.0.0"}) EXPECT_EQ(Ipops::ip_type(call, std::string_view(ip)), 1) << ip;
  for (const char* ip : {"::1", "::", "2001:DB8:0:0:0:0:0:1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::"})
    EXPECT_EQ(Ipops::ip_type(call, std::string_view(ip)), 2) << ip;
  for (const char* ip : {"[::1]", "[::ffff:10.0.0.1]"}) EXPECT_EQ(Ipops::ip_type(call, std::string_view(ip)), 3) << ip;
  for (const char* ip : {"256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ", "", "x", "[1.2.3.4]", "1::2::3",
                         "12345::", "[::1", "::1]", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9"})
    EXPECT_EQ(Ipops::ip_type(call, std::string_view(ip)), -1) << ip;
  EXPECT_EQ(Ipops::is_ip(call, "[::1]"), 1);
  EXPECT_EQ(Ipops::is_pure_ip(call, "[::1]"), -1);
  EXPECT_EQ(Ipops::is_ipv6(call, "[::1]"), -1);
  EXPECT_EQ(Ipops::is_ip(call, Text::null()), -1);
}

TEST_F(IpopsTest, Kinds) {
  const std::pair<const char*, const char*> kinds[] = {
      {"8.8.8.8", "PUBLIC"}, {"172.31.0.1", "PRIVATE"}, {"0.1.2.3", "PRIVATE"}, {"100.127.1.1", "SHARED"},
      {"255.255.255.255", "BROADCAST"}, {"255.255.255.254", "RESERVED"}, {"[::1]", "LOOPBACK"}, {"2001:1f::1", "ORCHID"},
      {"2001:db9::1", "GLOBAL-UNICAST"}, {"febf::1", "LINK-LOCAL-UNICAST"}, {"fec0::1", "RESERVED"}, {"::ffff:1.2.3.4", "IPV4MAP"}};
  for (const auto& [ip, kind] : kinds) {
    EXPECT_EQ(Ipops::detailed_ip_type(call, std::string_view(ip), kTarget), 1) << ip;
    EXPECT_EQ(stored.view(), kind) << ip;
  }
  EXPECT_EQ(Ipops::detailed_ipv4_type(call, "::1", kTarget), -1);
  EXPECT_EQ(Ipops::detailed_ipv6_type(call, "1.2.3.4", kTarget), -1);
  EXPECT_EQ(Ipops::is_ip_rfc1918(call, "0.0.0.0"), -1);
  EXPECT_EQ(Ipops::is_ip_rfc1918(call, "192.168.1.1"), 1);
}

TEST_F(IpopsTest, Comparing) {
  EXPECT_EQ(Ipops::compare_ips(call, "::1", "[0:0:0:0:0:0:0:1]"), 1);
  EXPECT_EQ(Ipops::compare_pure_ips(call, "::1", "[::1]"), -1);
  EXPECT_EQ(Ipops::compare_pure_ips(call, "[::1]", "[::1]"), -1);
  EXPECT_EQ(Ipops::compare_ips(call, "x", "x"), -1);
}

TEST_F(IpopsTest, Networks) {
  for (const char* networks : {"10.1.2.3", "10.0.0.0/8", "1.1.1.1, 10.1.2.0/24", "x,10.0.0.0/8", ",10.0.0.0/8 ,", "9.9.9.9/0", "9.9.9.9/x"})
    EXPECT_EQ(Ipops::is_in_subnet(call, "10.1.2.3", std::string_view(networks)), 1) << networks;
  for (const char* networks : {"", "10.1.2.4", "11.0.0.0/8", "10.1.2.3/33", "10.1.2.3/99999999999", "10.1.2.3/-1", "::/0", "10.1.2.0/255.255.255.0", "10.0.0.0/8;11.0.0.0/8"})
    EXPECT_EQ(Ipops::is_in_subnet(call, "10.1.2.3", std::string_view(networks)), -1) << networks;
  EXPECT_EQ(Ipops::is_in_subnet(call, "2001:db9::1", "2001:db8::/31"), 1);
  EXPECT_EQ(Ipops::is_in_subnet(call, "[::1]", "::1"), -1);
}

}  // namespace
}  // namespace strowger::testing
