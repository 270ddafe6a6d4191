// IP addresses in texts: what they are, what kind of network they belong to, whether they are the same.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ipops.interface.h"
#include "runtime/script/call.h"

namespace strowger {
namespace {

using sip::Address;

enum Form : Code { kNone = -1, kIpv4 = 1, kIpv6 = 2, kReference = 3 };

struct Read {
  Form form = kNone;
  Address address;
};

/// "01.2.3.4": some read such numbers as octal.
bool has_leading_zero(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '0' && text[i + 1] != '.' && (i == 0 || text[i - 1] == '.')) return true;
  return false;
}

/// An IPv4 address, an IPv6 address, or one in brackets (RFC 3261 §25.1 IPv6reference).
Read read(Text text) {
  const auto address = text.empty() ? std::nullopt : sip::parse_ip(text.view());
  if (!address) return {};
  const bool bracketed = text.ptr[0] == '[';
  if (address->family == 4) return bracketed || has_leading_zero(text.view()) ? Read{} : Read{kIpv4, *address};
  return {bracketed ? kReference : kIpv6, *address};
}

struct Block {
  std::string_view network;
  unsigned prefix;
  std::string_view name;
};

/// IANA's special-purpose registries (RFC 6890), the first match counts.
constexpr Block kBlocks4[] = {
    {"255.255.255.255", 32, "BROADCAST"}, {"0.0.0.0", 8, "PRIVATE"},      {"10.0.0.0", 8, "PRIVATE"},
    {"100.64.0.0", 10, "SHARED"},         {"127.0.0.0", 8, "LOOPBACK"},   {"169.254.0.0", 16, "LINK-LOCAL"},
    {"172.16.0.0", 12, "PRIVATE"},        {"192.0.0.0", 24, "RESERVED"},  {"192.0.2.0", 24, "TEST-NET"},
    {"192.88.99.0", 24, "6TO4-RELAY"},    {"192.168.0.0", 16, "PRIVATE"}, {"198.18.0.0", 15, "RESERVED"},
    {"198.51.100.0", 24, "TEST-NET"},     {"203.0.113.0", 24, "TEST-NET"}, {"224.0.0.0", 4, "MULTICAST"},
    {"240.0.0.0", 4, "RESERVED"},
};
constexpr Block kBlocks6[] = {
    {"::", 128, "UNSPECIFIED"},      {"::1", 128, "LOOPBACK"},   {"::ffff:0:0", 96, "IPV4MAP"},
    {"100::", 64, "DISCARD"},        {"2001::", 32, "TEREDO"},   {"2001:2::", 48, "BMWG"},
    {"2001:10::", 28, "ORCHID"},     {"2001:db8::", 32, "DOCUMENTATION"}, {"2002::", 16, "6TO4"},
    {"2000::", 3, "GLOBAL-UNICAST"}, {"fc00::", 7, "UNIQUE-LOCAL-UNICAST"}, {"fe80::", 10, "LINK-LOCAL-UNICAST"},
    {"ff00::", 8, "MULTICAST"},
};

template <std::size_t N>
std::string_view kind_in(const Block (&blocks)[N], const Address& address, std::string_view otherwise) {
  for (const Block& block : blocks)
    if (const auto network = sip::parse_ip(block.network); address.in_network(*network, block.prefix)) return block.name;
  return otherwise;
}

std::string_view kind_of(const Address& address) {
  return address.family == 4 ? kind_in(kBlocks4, address, "PUBLIC") : kind_in(kBlocks6, address, "RESERVED");
}

Code store_kind(Call& call, const Read& read, const VariableRef& target) {
  if (read.form == kNone || !target.set) return -1;
  return target.set(&call, Value::of(Text(kind_of(read.address)))) < 0 ? -1 : 1;
}

Code outcome(bool yes) { return yes ? 1 : -1; }

/// "NETWORK", "NETWORK/LENGTH": does it hold the address? Of a length only the digits in front count, none are 0.
bool holds(Text item, const Address& address) {
  std::string_view network = item.view();
  std::optional<unsigned> prefix;
  if (const std::size_t slash = network.rfind('/'); slash != network.npos) {
    std::string_view digits = network.substr(slash + 1);
    digits = digits.substr(0, std::min(digits.find_first_not_of("0123456789"), std::size_t{4}));
    if (network.substr(slash + 1).starts_with('-')) return false;
    prefix = digits.empty() ? 0 : sip::parse_number(Text(digits)).value_or(999);
    network = network.substr(0, slash);
  }
  const Read read_network = read(Text(network));
  if (read_network.form != kIpv4 && read_network.form != kIpv6) return false;
  if (read_network.address.family != address.family) return false;
  const unsigned bits = address.family == 4 ? 32 : 128;
  return prefix.value_or(bits) <= bits && address.in_network(read_network.address, prefix.value_or(bits));
}

}  // namespace

Code Ipops::is_ip(Call&, Text ip) { return outcome(read(ip).form != kNone); }
Code Ipops::is_pure_ip(Call&, Text ip) {
  const Form form = read(ip).form;
  return outcome(form == kIpv4 || form == kIpv6);
}
Code Ipops::is_ipv4(Call&, Text ip) { return outcome(read(ip).form == kIpv4); }
Code Ipops::is_ipv6(Call&, Text ip) { return outcome(read(ip).form == kIpv6); }
Code Ipops::is_ipv6_reference(Call&, Text ip) { return outcome(read(ip).form == kReference); }
Code Ipops::ip_type(Call&, Text ip) { return read(ip).form; }

Code Ipops::detailed_ip_type(Call& call, Text ip, const VariableRef& target) { return store_kind(call, read(ip), target); }
Code Ipops::detailed_ipv4_type(Call& call, Text ip, const VariableRef& target) {
  const Read one = read(ip);
  return one.form == kIpv4 ? store_kind(call, one, target) : -1;
}
Code Ipops::detailed_ipv6_type(Call& call, Text ip, const VariableRef& target) {
  const Read one = read(ip);
  return one.form == kIpv4 ? -1 : store_kind(call, one, target);
}

Code Ipops::compare_ips(Call&, Text a, Text b) {
  const Read one = read(a), other = read(b);
  return outcome(one.form != kNone && other.form != kNone && one.address.same_ip(other.address));
}

// In brackets it is no pure address.
Code Ipops::compare_pure_ips(Call&, Text a, Text b) {
  const Read one = read(a), other = read(b);
  return outcome(one.form != kNone && one.form == other.form && one.form != kReference && one.address.same_ip(other.address));
}

Code Ipops::is_ip_rfc1918(Call&, Text ip) {
  const Read one = read(ip);
  return outcome(one.form == kIpv4 && one.address.ip[0] != 0 && kind_of(one.address) == "PRIVATE");
}

Code Ipops::is_in_subnet(Call&, Text ip, Text networks) {
  const Read one = read(ip);
  if (one.form != kIpv4 && one.form != kIpv6) return -1;
  std::string_view rest = networks.view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const Text item = sip::trim(Text(rest.substr(0, end)));
    if (!item.empty() && holds(item, one.address)) return 1;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return -1;
}

}  // namespace strowger
