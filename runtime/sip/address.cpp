// IP addresses: parsing, printing, networks; names of the transport protocols.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/address.h"

#include <arpa/inet.h>

namespace strowger::sip {
namespace {

struct ProtocolName {
  Protocol protocol;
  std::string_view lower, upper;
};

constexpr std::array<ProtocolName, 7> kProtocols = {{
    {Protocol::Any, "any", "ANY"},
    {Protocol::Udp, "udp", "UDP"},
    {Protocol::Tcp, "tcp", "TCP"},
    {Protocol::Tls, "tls", "TLS"},
    {Protocol::Sctp, "sctp", "SCTP"},
    {Protocol::Ws, "ws", "WS"},
    {Protocol::Wss, "wss", "WSS"},
}};

const ProtocolName& entry_of(Protocol protocol) {
  const auto index = static_cast<std::size_t>(protocol);
  return kProtocols[index < kProtocols.size() ? index : 0];
}

// Dotted decimal: four numbers of one to three digits, at most 255. Leading zeros are read as decimal.
bool parse_ipv4(std::string_view text, std::uint8_t* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  unsigned digit;
  const auto has_digit = [&] { return p < end && (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) <= 9; };
#pragma clang loop unroll(full)
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (p == end || *p++ != '.')) return false;
    if (!has_digit()) return false;
    unsigned value = digit;
    if (++p; has_digit()) {
      value = value * 10 + digit;
      if (++p; has_digit()) {
        value = value * 10 + digit;
        if (++p; value > 255) return false;
      }
    }
    out[part] = static_cast<std::uint8_t>(value);
  }
  return p == end;
}

// The numbers to 255 with a dot behind them, and how long that is.
struct Octet {
  char text[4];
  std::uint8_t length;
};
constexpr std::array<Octet, 256> kOctets = [] {
  std::array<Octet, 256> octets{};
  for (unsigned v = 0; v < 256; ++v) {
    char* p = octets[v].text;
    if (v >= 100) *p++ = static_cast<char>('0' + v / 100);
    if (v >= 10) *p++ = static_cast<char>('0' + v / 10 % 10);
    *p++ = static_cast<char>('0' + v % 10);
    *p++ = '.';
    octets[v].length = static_cast<std::uint8_t>(p - octets[v].text);
  }
  return octets;
}();

// Into at least 46 bytes, so that four may always be written.
std::size_t print_ipv4(const std::uint8_t* ip, char* out) {
  char* p = out;
  for (int i = 0; i < 4; ++i) {
    const Octet& octet = kOctets[ip[i]];
    std::memcpy(p, octet.text, 4);
    p += octet.length;
  }
  return static_cast<std::size_t>(p - out) - 1;
}

}  // namespace

Text name_of(Protocol protocol) { return entry_of(protocol).lower; }
Text uri_name_of(Protocol protocol) { return name_of(protocol == Protocol::Wss ? Protocol::Ws : protocol); }
bool same_in_uris(Protocol a, Protocol b) {
  return a == b || (a == Protocol::Ws && b == Protocol::Wss) || (a == Protocol::Wss && b == Protocol::Ws);
}
Text via_name_of(Protocol protocol) { return entry_of(protocol).upper; }

std::optional<Protocol> parse_protocol(std::string_view text) {
  for (const ProtocolName& entry : kProtocols) {
    if (entry.protocol == Protocol::Any || entry.lower.size() != text.size()) continue;
    std::size_t i = 0;
    while (i < text.size() && (text[i] == entry.lower[i] || text[i] == entry.upper[i])) ++i;
    if (i == text.size()) return entry.protocol;
  }
  return std::nullopt;
}

bool Address::in_network(const Address& network, unsigned prefix) const {
  if (family == 0 || family != network.family) return false;
  const unsigned bits = family == 4 ? 32 : 128;
  if (prefix > bits) prefix = bits;
  if (std::memcmp(ip.data(), network.ip.data(), prefix / 8) != 0) return false;
  if (prefix % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - prefix % 8));
  return ((ip[prefix / 8] ^ network.ip[prefix / 8]) & mask) == 0;
}

std::optional<Address> parse_ip(std::string_view text) {
  Address address;
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  } else if (parse_ipv4(text, address.ip.data())) {
    address.family = 4;
    return address;
  }
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  if (inet_pton(AF_INET6, buffer, address.ip.data()) != 1) return std::nullopt;
  address.family = 6;
  return address;
}

std::size_t print_ip(const Address& address, char* out) {
  if (address.family == 4) return print_ipv4(address.ip.data(), out);
  if (address.family != 6) return 0;
  char buffer[INET6_ADDRSTRLEN];
  if (!inet_ntop(AF_INET6, address.ip.data(), buffer, sizeof buffer)) return 0;
  const std::size_t length = std::strlen(buffer);
  std::memcpy(out, buffer, length);
  return length;
}

std::size_t print_ip_bracketed(const Address& address, char* out) {
  if (address.family != 6) return print_ip(address, out);
  out[0] = '[';
  const std::size_t length = print_ip(address, out + 1);
  out[length + 1] = ']';
  return length + 2;
}

}  // namespace strowger::sip
