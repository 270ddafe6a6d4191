// t_relay(), t_forward_nonack(), t_replicate() and their variants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <charconv>

#include "stdlib/tm/relay.h"
#include "tm.interface.h"

namespace strowger {
namespace {

using tm::RelayPlan;
using sip::Protocol;

/// Where the script said; nothing (logged) when that cannot be resolved.
std::optional<RelayPlan> plan_to(Call& call, Text host, Int port, Protocol protocol) {
  RelayPlan plan;
  if (port >= 0 && port <= 65535) plan.hop = resolve_host(*call.worker, host, static_cast<std::uint16_t>(port), protocol);
  if (!plan.hop) {
    call.log(LogLevel::Err, "tm: the destination cannot be resolved\n");
    return std::nullopt;
  }
  return plan;
}

RelayPlan plan_over(Protocol protocol) {
  RelayPlan plan;
  plan.force = protocol;
  return plan;
}

Protocol arrival_protocol(const Call& call) { return call.live->socket ? call.live->socket->protocol : Protocol::Udp; }

/// "host:port", "host", "[::1]:5060".
std::optional<RelayPlan> plan_to(Call& call, Text host_port, Protocol protocol) {
  std::string_view host = host_port.view(), port;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && (host.find(':') == colon || host[colon - 1] == ']')) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  Int number = 0;
  if (!port.empty()) {
    const auto parsed = sip::parse_number(Text(port));
    number = parsed ? static_cast<Int>(*parsed) : -1;
  }
  return plan_to(call, Text(host), number, protocol);
}

/// "udp:host:port"; without the protocol it is the arrival's.
std::optional<RelayPlan> plan_to_proxy(Call& call, Text proxy) {
  const std::string_view text = proxy.view();
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos)
    if (const auto protocol = sip::parse_protocol(text.substr(0, colon)))
      return plan_to(call, Text(text.substr(colon + 1)), *protocol);
  return plan_to(call, proxy, arrival_protocol(call));
}

std::optional<RelayPlan> plan_to_named(Call& call, Text protocol, Text host_port) {
  const auto parsed = sip::parse_protocol(protocol.view());
  if (!parsed) {
    call.log(LogLevel::Err, "tm: unknown protocol\n");
    return std::nullopt;
  }
  return plan_to(call, host_port, *parsed);
}

Code relay_with(Call& call, const std::optional<RelayPlan>& plan) { return plan ? tm::relay(call, *plan) : -1; }
Code forward_with(Call& call, const std::optional<RelayPlan>& plan) { return plan ? tm::forward_nonack(call, *plan) : -1; }
Code replicate_with(Call& call, const std::optional<RelayPlan>& plan) { return plan ? tm::replicate(call, *plan) : -1; }

/// The flags of t_relay_to(), decimal or 0x and hexadecimal.
std::optional<Int> parse_flags(Text text) {
  if (text.len > 2 && text.len < 10 && text.ptr[0] == '0' && (text.ptr[1] | 0x20) == 'x') {
    std::uint32_t flags = 0;
    const char* const end = text.ptr + text.len;
    if (std::from_chars(text.ptr + 2, end, flags, 16).ptr != end) return std::nullopt;
    return static_cast<Int>(flags);
  }
  const auto number = sip::parse_number(text);
  return number ? std::optional<Int>(static_cast<Int>(*number)) : std::nullopt;
}

void set_flags(RelayPlan& plan, Int flags) {   // 4: no DNS failover, which there is none of
  plan.no_100 = flags & 1;
  plan.no_error_reply = flags & 2;
}

}  // namespace

Code Tm::t_relay(Call& call) { return tm::relay(call, {}); }
Code Tm::t_relay(Call& call, Text host, Int port) { return relay_with(call, plan_to(call, host, port, arrival_protocol(call))); }
Code Tm::t_relay_to_udp(Call& call) { return tm::relay(call, plan_over(Protocol::Udp)); }
Code Tm::t_relay_to_udp(Call& call, Text host, Int port) { return relay_with(call, plan_to(call, host, port, Protocol::Udp)); }
Code Tm::t_relay_to_tcp(Call& call) { return tm::relay(call, plan_over(Protocol::Tcp)); }
Code Tm::t_relay_to_tcp(Call& call, Text host, Int port) { return relay_with(call, plan_to(call, host, port, Protocol::Tcp)); }
Code Tm::t_relay_to_tls(Call& call) { return tm::relay(call, plan_over(Protocol::Tls)); }
Code Tm::t_relay_to_tls(Call& call, Text host, Int port) { return relay_with(call, plan_to(call, host, port, Protocol::Tls)); }
Code Tm::t_relay_to_avp(Call& call, Text protocol, Text host_port) {
  return relay_with(call, plan_to_named(call, protocol, host_port));
}

Code Tm::t_relay_to(Call& call) { return tm::relay(call, {}); }

Code Tm::t_relay_to(Call& call, Text proxy) {
  if (parse_flags(proxy)) return tm::relay(call, {});   // flags alone have no effect, as in Kamailio
  return relay_with(call, plan_to_proxy(call, proxy));
}

Code Tm::t_relay_to(Call& call, Text proxy, Text flags) {
  auto plan = plan_to_proxy(call, proxy);
  const auto number = parse_flags(flags);
  if (plan && number) set_flags(*plan, *number);
  return relay_with(call, plan);
}

Code Tm::t_forward_nonack(Call& call, Text host, Int port) {
  return forward_with(call, plan_to(call, host, port, arrival_protocol(call)));
}
Code Tm::t_forward_nonack_uri(Call& call) { return tm::forward_nonack(call, {}); }
Code Tm::t_forward_nonack_udp(Call& call, Text host, Int port) { return forward_with(call, plan_to(call, host, port, Protocol::Udp)); }
Code Tm::t_forward_nonack_tcp(Call& call, Text host, Int port) { return forward_with(call, plan_to(call, host, port, Protocol::Tcp)); }
Code Tm::t_forward_nonack_tls(Call& call, Text host, Int port) { return forward_with(call, plan_to(call, host, port, Protocol::Tls)); }
Code Tm::t_forward_nonack_to(Call& call, Text protocol, Text host_port) {
  return forward_with(call, plan_to_named(call, protocol, host_port));
}

Code Tm::t_replicate(Call& call) { return tm::replicate(call, {}); }

Code Tm::t_replicate(Call& call, Text uri) {
  Int why = 0;
  RelayPlan plan;
  plan.hop = resolve(*call.worker, uri, Protocol::Any, why);
  if (!plan.hop) {
    call.log(LogLevel::Err, "tm: t_replicate(): the destination cannot be resolved\n");
    return -1;
  }
  return tm::replicate(call, plan);
}

Code Tm::t_replicate(Call& call, Text host, Int port) {
  return replicate_with(call, plan_to(call, host, port, arrival_protocol(call)));
}
Code Tm::t_replicate_udp(Call& call, Text host, Int port) { return replicate_with(call, plan_to(call, host, port, Protocol::Udp)); }
Code Tm::t_replicate_tcp(Call& call, Text host, Int port) { return replicate_with(call, plan_to(call, host, port, Protocol::Tcp)); }
Code Tm::t_replicate_tls(Call& call, Text host, Int port) { return replicate_with(call, plan_to(call, host, port, Protocol::Tls)); }
Code Tm::t_replicate_to(Call& call, Text protocol, Text host_port) {
  return replicate_with(call, plan_to_named(call, protocol, host_port));
}

Code Tm::t_relay_cancel(Call& call) {
  if (call.message().method_bit() != kCancel) return 1;
  const int done = tm::relay_known_cancel(call);
  return done >= 0 ? 0 : done == -1 ? 1 : -1;
}

}  // namespace strowger
