// Next hops: numeric addresses and names of the hosts file at once, others by DNS.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/forward.h"

#include "runtime/dns/select.h"
#include "runtime/script/resolver.h"

namespace strowger {
namespace {

constexpr Int kUnresolvable = -478;

/// The hop to a host that is an address, or a name of the hosts file. Nothing when DNS has to be asked.
inline std::optional<NextHop> known_hop(Worker& worker, Text host, std::uint16_t port, sip::Protocol protocol) {
  std::optional<sip::Address> address = sip::parse_ip(host.view());
  if (!address) {
    const sip::Address* named = worker.process.find_host(host);
    if (!named) return std::nullopt;
    address = *named;
  }
  NextHop hop;
  hop.protocol = protocol == sip::Protocol::Any ? sip::Protocol::Udp : protocol;
  hop.address = *address;
  hop.address.port = port ? port : hop.protocol == sip::Protocol::Tls || hop.protocol == sip::Protocol::Wss ? 5061 : 5060;
  return hop;
}

}  // namespace

bool is_known_host(Worker& worker, Text host) { return known_hop(worker, host, 0, sip::Protocol::Udp).has_value(); }

std::optional<NextHop> resolve_host(Worker& worker, Text host, std::uint16_t port, sip::Protocol protocol) {
  if (host.empty()) return std::nullopt;
  if (auto hop = known_hop(worker, host, port, protocol)) return hop;
  return resolve_name(worker, host, port, protocol, false, nullptr);
}

std::optional<NextHop> resolve(Worker& worker, Text text, sip::Protocol force, Int& why) {
  why = kUnresolvable;
  const std::optional<sip::Uri> uri = sip::parse_uri(text);
  if (!uri) return std::nullopt;
  return resolve(worker, *uri, force, why, nullptr);
}

std::optional<NextHop> resolve(Worker& worker, const sip::Uri& uri, sip::Protocol force, Int& why) {
  return resolve(worker, uri, force, why, nullptr);
}

std::optional<NextHop> resolve(Worker& worker, const sip::Uri& uri, sip::Protocol force, Int& why,
                               std::unique_ptr<dns::Targets>* others) {
  why = kUnresolvable;
  if ((uri.scheme != sip::Scheme::Sip && uri.scheme != sip::Scheme::Sips) || uri.host.empty()) return std::nullopt;
  sip::Protocol protocol = force;
  if (protocol == sip::Protocol::Any) {
    // A transport that nobody knows counts for nothing.
    protocol = uri.protocol().value_or(uri.scheme == sip::Scheme::Sips ? sip::Protocol::Tls : sip::Protocol::Udp);
  }
  std::optional<NextHop> hop = known_hop(worker, uri.host, uri.port, protocol);
  if (!hop) {
    const bool secure = uri.scheme == sip::Scheme::Sips;
    const bool said = force != sip::Protocol::Any || !uri.transport().is_null();
    hop = resolve_name(worker, uri.host, uri.port, said ? protocol : sip::Protocol::Any, secure, others);
  }
  if (hop) why = 0;
  return hop;
}

std::optional<NextHop> reply_hop(const sip::Via& via) {
  std::optional<sip::Address> address;
  if (!via.received.empty()) address = sip::parse_ip(via.received.view());
  if (!address) address = sip::parse_ip(via.host.view());
  if (!address) return std::nullopt;
  NextHop hop;
  hop.protocol = via.protocol == sip::Protocol::Any ? sip::Protocol::Udp : via.protocol;
  hop.address = *address;
  hop.address.port = via.port ? via.port : dns::default_port(hop.protocol);
  if (!via.rport.empty()) {
    const auto port = sip::parse_number(via.rport);
    if (port && *port > 0 && *port < 65536) hop.address.port = static_cast<std::uint16_t>(*port);
  }
  return hop;
}

}  // namespace strowger
