// IP addresses with ports, and their text forms.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "runtime/abi/values.h"

namespace strowger::sip {

enum class Protocol : std::uint8_t { Any = 0, Udp = 1, Tcp = 2, Tls = 3, Sctp = 4, Ws = 5, Wss = 6 };

/// "udp", "tcp", ... lower case.
Text name_of(Protocol protocol);
/// The same for URIs, where "ws" stands for WSS, too (RFC 7118 §5.2.4).
Text uri_name_of(Protocol protocol);
/// Does a URI name them alike?
bool same_in_uris(Protocol a, Protocol b);
/// The transport token of a Via: "UDP", "TCP", ...
Text via_name_of(Protocol protocol);
std::optional<Protocol> parse_protocol(std::string_view text);  ///< any case

struct Address {
  std::uint8_t family = 0;             ///< 0 none, 4, 6
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> ip{};   ///< network order; IPv4 in the first four

  bool operator==(const Address&) const = default;
  bool same_ip(const Address& other) const { return family == other.family && ip == other.ip; }
  bool in_network(const Address& network, unsigned prefix) const;
};

/// "10.0.0.1", "2001:db8::1" or "[2001:db8::1]"; port stays 0.
std::optional<Address> parse_ip(std::string_view text);
/// Without brackets and port; into `out` of at least 46 bytes; returns the length.
std::size_t print_ip(const Address& address, char* out);
/// With brackets for IPv6.
std::size_t print_ip_bracketed(const Address& address, char* out);

}  // namespace strowger::sip
