// Which hosts and sockets are ours (language.md 5.4, core.md 1.3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/own_domains.h"
#include "runtime/script/process.h"
#include "runtime/script/streams.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"
#include "runtime/sip/host_text.h"

namespace strowger {
namespace {

/// The loopback interface's own address; others of 127.0.0.0/8 count as any other, as in Kamailio.
bool is_loopback(const sip::Address& address) {
  if (address.family == 4) return address.same_ip({4, 0, {127, 0, 0, 1}});
  for (std::size_t i = 0; i < 15; ++i)
    if (address.ip[i] != 0) return false;
  return address.ip[15] == 1;
}

bool is_ipv6(Text host) { return host.len >= 2 && std::memchr(host.ptr, ':', host.len) != nullptr; }

/// A host text, with its address when it is IPv6 (which has several spellings).
struct Host {
  Text text;
  sip::Address ip6;

  explicit Host(Text host) : text(sip::without_brackets(host)) {
    if (!is_ipv6(text)) return;
    if (const auto address = sip::parse_ip(text.view())) ip6 = *address;
  }
  bool is(Text name) const {
    if (sip::equal_ignore_case(text, sip::without_brackets(name))) return true;
    if (ip6.family == 0) return false;
    const auto other = sip::parse_ip(name.view());
    return other && other->same_ip(ip6);
  }
  bool is(const Alias& alias) const {
    const std::string_view name = alias.host;
    if (is(Text(name))) return true;
    if (!alias.subdomains || text.len <= name.size() + 1) return false;
    const std::size_t at = text.len - name.size();
    return text.ptr[at - 1] == '.' && sip::equal_ignore_case({text.ptr + at, name.size()}, Text(name));
  }
  bool is(const Socket& socket) const {
    return ip6.family ? ip6.same_ip(socket.address) : sip::equal_ignore_case(text, socket.host);
  }
};

std::uint16_t default_port_of(sip::Protocol protocol) {
  return protocol == sip::Protocol::Tls || protocol == sip::Protocol::Wss ? 5061 : 5060;
}

bool protocols_meet(sip::Protocol a, sip::Protocol b) {
  return sip::same_in_uris(a, b) || a == sip::Protocol::Any || b == sip::Protocol::Any;
}

/// "[proto:]host[:port]"; false when it is not of that form.
bool split_spec(Text spec, sip::Protocol& protocol, Text& host, std::uint16_t& port) {
  protocol = sip::Protocol::Any;
  port = 0;
  std::string_view rest = spec.view();
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos && rest[0] != '[') {
    if (const auto named = sip::parse_protocol(rest.substr(0, colon))) {
      protocol = *named;
      rest.remove_prefix(colon + 1);
    }
  }
  std::size_t end = rest.find(':');
  if (!rest.empty() && rest[0] == '[') {
    end = rest.find(']');
    if (end == std::string_view::npos) return false;
    ++end;
    if (end == rest.size()) end = std::string_view::npos;
  }
  host = rest.substr(0, end);
  if (end == std::string_view::npos) return !host.empty();
  if (rest[end] != ':') return false;
  const auto number = sip::parse_number(Text(rest.substr(end + 1)));
  if (!number || *number > 65535) return false;
  port = static_cast<std::uint16_t>(*number);
  return !host.empty();
}

}  // namespace

/// By all that sockets and aliases say. (On its own, since it needs a frame that the usual case does not.)
[[gnu::noinline]] static bool is_one_of_ours(const Process& process, Text host, std::uint16_t effective, sip::Protocol protocol) {
  const auto& sockets = process.sockets;
  const auto& aliases = process.aliases;
  const auto has_port = [&](const auto& socket) {
    return effective == socket->address.port || (socket->advertised_port != 0 && effective == socket->advertised_port);
  };
  if (aliases.empty() && std::none_of(sockets.begin(), sockets.end(), has_port)) return false;
  const Host wanted(host);
  const bool carried = sip::same_in_uris(protocol, sip::Protocol::Ws);     // WebSockets begin on what listens for TCP
  for (const auto& socket : sockets) {
    if (!protocols_meet(protocol, socket->protocol) && !(carried && socket->protocol == sip::Protocol::Tcp)) continue;
    const bool named = !socket->advertised_host.is_null();
    if (effective != socket->address.port && (!named || effective != socket->advertised_port)) continue;
    if (wanted.is(*socket) || (named && wanted.is(socket->advertised_host))) return true;
  }
  for (const Alias& alias : aliases) {
    if (alias.port != 0 && alias.port != effective) continue;
    if (protocols_meet(protocol, alias.protocol) && wanted.is(alias)) return true;
  }
  return false;
}

bool Process::is_myself(Text host, std::uint16_t port, sip::Protocol protocol) const {
  if (host.empty()) return false;
  const std::uint16_t effective = port ? port : 5060;
  for (const auto& socket : sockets)   // as a socket has it, as nearly all that is ours
    if (effective == socket->address.port && host.len == socket->host.len && sip::same_bytes(host.ptr, socket->host.ptr, host.len) &&
        (protocol == sip::Protocol::Any || protocol == socket->protocol))
      return true;
  return is_one_of_ours(*this, host, effective, protocol) || (is_own_domain && is_own_domain(*this, host));
}

bool Process::is_socket_uri(Text uri) const {
  if (uri.empty()) return false;
  for (const auto& socket : sockets)
    if (uri.len == socket->uri.len && sip::same_bytes(uri.ptr, socket->uri.ptr, uri.len)) return true;
  return false;
}

bool Process::is_my_host(Text host) const {
  if (host.empty()) return false;
  const Host wanted(host);
  for (const auto& socket : sockets)
    if (wanted.is(*socket) || (!socket->advertised_host.is_null() && wanted.is(socket->advertised_host))) return true;
  for (const Alias& alias : aliases)
    if (wanted.is(alias)) return true;
  return is_own_domain && is_own_domain(*this, host);
}

const Socket* Process::find_socket(sip::Protocol protocol, const sip::Address& address) const {
  for (const auto& socket : sockets)
    if (protocols_meet(protocol, socket->protocol) && socket->address == address) return socket.get();
  return nullptr;
}

const Socket* Process::find_socket(Text spec) const {
  sip::Protocol protocol;
  Text host;
  std::uint16_t port = 0;
  if (spec.empty() || !split_spec(spec, protocol, host, port)) return nullptr;
  const Host wanted(host);
  for (const auto& socket : sockets) {
    if (!protocols_meet(protocol, socket->protocol)) continue;
    const bool any_port = port == 0 && protocol == sip::Protocol::Any;
    const std::uint16_t effective = port ? port : default_port_of(socket->protocol);
    if (!any_port && effective != socket->address.port) continue;
    if (wanted.is(*socket)) return socket.get();
  }
  return nullptr;
}

const Socket* Process::find_socket_named(Text name) const {
  if (name.empty()) return nullptr;
  for (const auto& socket : sockets)
    if (!socket->name.is_null() && socket->name.view() == name.view()) return socket.get();
  return nullptr;
}

const Socket* Process::carried_by(const Socket& base, sip::Protocol protocol) const {
  for (const auto& socket : sockets)
    if (socket->carried && socket->protocol == protocol && socket->address == base.address) return socket.get();
  return nullptr;
}

const Socket* Process::socket_for(const sip::Address& to, sip::Protocol& protocol, const Socket* preferred) const {
  if (sip::same_in_uris(protocol, sip::Protocol::Ws)) {
    const auto has = [&](sip::Protocol one) { return streams != nullptr && streams->find(to, one) != 0; };
    if (has(sip::Protocol::Ws)) protocol = sip::Protocol::Ws;
    else if (has(sip::Protocol::Wss)) protocol = sip::Protocol::Wss;
    else if (preferred && sip::same_in_uris(preferred->protocol, protocol)) protocol = preferred->protocol;
  }
  if (local_address_to) [[unlikely]] {
    if (const auto local = sip::same_in_uris(protocol, sip::Protocol::Ws) ? std::nullopt : local_address_to(to))
      for (const auto& socket : sockets)
        if (socket->protocol == protocol && socket->address.same_ip(*local)) return socket.get();
  }
  if (preferred && preferred->protocol == protocol && preferred->address.family == to.family) return preferred;
  // Otherwise Kamailio's choice: the first socket that is not on the loopback, else the last one that is.
  const Socket* chosen = nullptr;
  for (const auto& socket : sockets) {
    if (socket->protocol != protocol || socket->address.family != to.family) continue;
    chosen = socket.get();
    if (!is_loopback(chosen->address)) break;
  }
  return chosen;
}

const sip::Address* Process::find_host(Text name) const {
  const sip::Address* found = nullptr;
  for (const HostName& host : hosts) {
    if (!sip::equal_ignore_case(name, Text(std::string_view(host.name)))) continue;
    if (host.address.family == 4) return &host.address;
    if (!found) found = &host.address;
  }
  return found;
}

}  // namespace strowger
