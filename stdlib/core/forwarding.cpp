// forward() and its kin, sockets and addresses of the message, branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/streams.h"

namespace strowger {
namespace {

constexpr std::string_view kUriHost = "uri:host", kUriPort = "uri:port";

/// The URI whose host and port "uri:host" and "uri:port" mean: $du, else the request URI.
std::optional<sip::Uri> next_uri(Call& call) {
  const LiveMessage& live = *call.live;
  return sip::parse_uri(live.dst_uri.is_null() ? live.uri() : live.dst_uri);
}

Code forward_to(Call& call, Text host, Text port, sip::Protocol protocol) {
  const bool by_uri = host.view() == kUriHost;
  const bool port_by_uri = port.view() == kUriPort || (by_uri && port.is_null());
  if (by_uri && port_by_uri) return forward_stateless(call, nullptr, protocol);
  std::optional<sip::Uri> uri;
  if (by_uri || port_by_uri) {
    uri = next_uri(call);
    if (!uri) {
      log_line(call, LogLevel::Err, "<core>", {"forward(): the next hop's URI cannot be parsed"});
      return -1;
    }
  }
  std::uint16_t number = 0;
  if (port_by_uri) {
    number = uri->port;
  } else if (!port.empty()) {
    const auto parsed = sip::parse_number(port);
    if (!parsed || *parsed > 65535) {
      log_line(call, LogLevel::Err, "<core>", {"forward(): \"", port, "\" is no port"});
      return -1;
    }
    number = static_cast<std::uint16_t>(*parsed);
  }
  // A host that is written in the script says nothing of transports: what the request came by counts.
  if (!by_uri && protocol == sip::Protocol::Any && call.live->socket) protocol = call.live->socket->protocol;
  const Text name = by_uri ? uri->host : host;
  const std::optional<NextHop> hop = resolve_host(*call.worker, name, number, protocol);
  if (!hop) {
    log_line(call, LogLevel::Err, "<core>", {"forward(): \"", name, "\" cannot be resolved"});
    return -1;
  }
  return forward_stateless(call, &*hop, protocol);
}

}  // namespace

Code Core::forward(Call& call) { return forward_stateless(call, nullptr, sip::Protocol::Any); }
Code Core::forward(Call& call, Text host) { return forward_to(call, host, Text::null(), sip::Protocol::Any); }
Code Core::forward(Call& call, Text host, Text port) { return forward_to(call, host, port, sip::Protocol::Any); }
Code Core::forward_udp(Call& call, Text host) { return forward_to(call, host, Text::null(), sip::Protocol::Udp); }
Code Core::forward_udp(Call& call, Text host, Text port) { return forward_to(call, host, port, sip::Protocol::Udp); }
Code Core::forward_tcp(Call& call, Text host) { return forward_to(call, host, Text::null(), sip::Protocol::Tcp); }
Code Core::forward_tcp(Call& call, Text host, Text port) { return forward_to(call, host, port, sip::Protocol::Tcp); }
Code Core::forward_tls(Call& call, Text host) { return forward_to(call, host, Text::null(), sip::Protocol::Tls); }
Code Core::forward_tls(Call& call, Text host, Text port) { return forward_to(call, host, port, sip::Protocol::Tls); }

Code Core::force_send_socket(Call& call, Text socket) {
  const Socket* found = call.process().find_socket(socket);
  if (!found) {
    log_line(call, LogLevel::Err, "<core>", {"force_send_socket(): \"", socket, "\" is no listen socket"});
    return -1;
  }
  call.live->send_socket = found;
  return 1;
}

Code Core::set_advertised_address(Call& call, Text host) {
  if (host.empty()) return -1;
  call.live->advertised_host = host;   // a constant
  return 1;
}

Code Core::set_advertised_port(Call& call, Int port) {
  if (port < 1 || port > 65535) return -1;
  call.live->advertised_port = static_cast<std::uint16_t>(port);
  return 1;
}

Code Core::udp_mtu_try_proto(Call& call, Text protocol) {
  std::string word(protocol.view());
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  const auto named = sip::parse_protocol(word);
  if (!named) return -1;
  call.live->mtu_protocol = *named == sip::Protocol::Udp ? sip::Protocol::Any : *named;
  return 1;
}

Code Core::force_tcp_alias(Call& call) {
  const sip::Via* via = call.message().via();
  return via ? force_tcp_alias(call, via->port ? via->port : 5060) : -1;
}

Code Core::force_tcp_alias(Call& call, Int port) {
  const LiveMessage& live = *call.live;
  if (port < 1 || port > 65535) return -1;
  if (live.connection == 0 || !call.process().streams) return 1;   // nothing to be named over UDP
  sip::Address alias = live.source;
  alias.port = static_cast<std::uint16_t>(port);
  call.process().streams->add_alias(live.connection, alias, live.socket->protocol);
  return 1;
}

Code Core::remove_branch(Call& call) { return remove_branch(call, 0); }

Code Core::remove_branch(Call& call, Int index) {
  LiveMessage& live = *call.live;
  if (index < 0 || index >= live.branch_count) return 1;   // as Kamailio 5.6.3 has it: what is not there is no failure
  for (Int i = index; i + 1 < live.branch_count; ++i) live.branches[i] = live.branches[i + 1];
  --live.branch_count;
  return 1;
}

Code Core::clear_branches(Call& call) {
  call.live->branch_count = 0;
  call.live->branch_flags = 0;
  call.live->uri_is_new = false;   // the request URI is no branch either, until the script sets it again
  return 1;
}

}  // namespace strowger
