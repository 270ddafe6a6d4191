// Sockets and addresses of a message, sending of raw bytes, and $cfg and {sock.*}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstring>

#include <string>

#include "corex.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace {

/// "proto:host:port" taken apart; what is missing is "".
struct SocketParts {
  Text protocol = "", host = "", port = "";
};

std::optional<SocketParts> split(Text text) {
  SocketParts parts;
  std::string_view rest = text.is_null() ? std::string_view() : text.view();
  if (rest.empty()) return std::nullopt;
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos && rest[0] != '[') {
    const std::string_view word = rest.substr(0, colon);
    if (sip::parse_protocol(word)) {
      parts.protocol = word;
      rest.remove_prefix(colon + 1);
    }
  }
  std::size_t end = rest.find(':');
  if (!rest.empty() && rest[0] == '[') {
    const std::size_t bracket = rest.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    end = bracket + 1 < rest.size() ? bracket + 1 : std::string_view::npos;
    if (end != std::string_view::npos && rest[end] != ':') return std::nullopt;
  }
  parts.host = rest.substr(0, end);
  if (end != std::string_view::npos) parts.port = rest.substr(end + 1);
  if (!parts.port.empty() && !sip::parse_number(parts.port)) return std::nullopt;
  if (parts.host.empty()) return std::nullopt;
  return parts;
}

/// "udp:1.2.3.4:5060"; null where nothing is advertised.
Text advertised(Call& call, const Socket& socket) {
  if (socket.advertised_host.empty()) return Text::null();
  const Int port = socket.advertised_port ? socket.advertised_port : socket.address.port;
  const Text parts[] = {sip::name_of(socket.protocol), ":", socket.advertised_host, ":", Operators::int_to_text(&call, port)};
  return Operators::concat(&call, parts, 5, 0);
}

std::uint16_t port_of(const SocketParts& parts) {
  const auto port = sip::parse_number(parts.port);
  return port && *port < 65536 ? static_cast<std::uint16_t>(*port) : 0;
}

Code no_socket(Call& call, Text wanted) {
  log_line(call, LogLevel::Warn, "corex", {"\"", wanted, "\" is no listen socket"});
  return 1;   // as Kamailio has it: the script goes on, nothing is changed
}

/// "[proto:]host[:port]"; without a port the first socket of that host.
const Socket* socket_of(const Process& process, Text spec) {
  if (const Socket* found = process.find_socket(spec)) return found;
  for (const auto& socket : process.sockets)
    if (const Socket* found = process.find_socket(Text(std::string(spec.view()) + ":" + std::to_string(socket->address.port)))) return found;
  return nullptr;
}

/// Raw bytes to a next hop, past all routes.
Code send_bytes(Call& call, const Socket* preferred, NextHop hop, Text bytes) {
  const Socket* out = call.process().socket_for(hop.address, hop.protocol, preferred);
  if (!out || bytes.empty()) return -1;
  Departure departure;
  departure.from = out;
  departure.to = hop.address;
  departure.protocol = hop.protocol;
  call.worker->outbox.push(departure, bytes);
  ++call.worker->counters.sent;
  return 1;
}

Code send_as_received(Call& call, Text destination, sip::Protocol protocol) {
  LiveMessage& live = *call.live;
  std::optional<NextHop> hop;
  if (destination.empty()) {
    Int why = 0;
    hop = resolve(*call.worker, live.dst_uri.is_null() ? live.uri() : live.dst_uri, protocol, why);
  } else if (const auto parts = split(destination)) {
    hop = resolve_host(*call.worker, parts->host, port_of(*parts), protocol);
  }
  if (!hop) {
    log_line(call, LogLevel::Err, "corex", {"the destination \"", destination, "\" cannot be resolved"});
    return -1;
  }
  return send_bytes(call, live.send_socket ? live.send_socket : live.socket, *hop, live.message.buffer());
}

}  // namespace

Code Corex::send_udp(Call& call) { return send_as_received(call, Text::null(), sip::Protocol::Udp); }
Code Corex::send_udp(Call& call, Text destination) { return send_as_received(call, destination, sip::Protocol::Udp); }
Code Corex::send_tcp(Call& call) { return send_as_received(call, Text::null(), sip::Protocol::Tcp); }
Code Corex::send_tcp(Call& call, Text destination) { return send_as_received(call, destination, sip::Protocol::Tcp); }

Code Corex::send_data(Call& call, Text uri, Text data) {
  Int why = 0;
  const auto hop = resolve(*call.worker, uri, sip::Protocol::Any, why);
  return hop ? send_bytes(call, call.live->socket, *hop, data) : -1;
}

Code Corex::sendx(Call& call, Text uri, Text socket, Text data) {
  Int why = 0;
  const Socket* const from = call.process().find_socket(socket);   // without one the usual socket, as in Kamailio
  const auto hop = resolve(*call.worker, uri, sip::Protocol::Any, why);
  if (!hop || (from && from->protocol != hop->protocol)) return -1;
  return send_bytes(call, from ? from : call.live->socket, *hop, data);
}

Code Corex::set_send_socket(Call& call, Text socket) {
  if (socket.empty()) return -1;
  const Socket* found = socket_of(call.process(), socket);
  if (!found) return no_socket(call, socket);
  call.live->send_socket = found;
  return 1;
}

Code Corex::set_send_socket_name(Call& call, Text name) {
  if (name.empty()) return -1;
  const Socket* found = call.process().find_socket_named(name);
  if (!found) return no_socket(call, name);
  call.live->send_socket = found;
  return 1;
}

Code Corex::set_recv_socket(Call& call, Text socket) {
  if (socket.empty()) return -1;
  const Socket* found = socket_of(call.process(), socket);
  if (!found) return no_socket(call, socket);
  call.live->socket = found;
  return 1;
}

Code Corex::set_recv_socket_name(Call& call, Text name) {
  if (name.empty()) return -1;
  const Socket* found = call.process().find_socket_named(name);
  if (!found) return no_socket(call, name);
  call.live->socket = found;
  return 1;
}

Code Corex::is_socket_name(Call& call, Text name) { return call.process().find_socket_named(name) ? 1 : -1; }

Code Corex::set_source_address(Call& call, Text address) {
  const auto parts = split(address);
  const auto ip = parts ? sip::parse_ip(parts->host.view()) : std::nullopt;
  if (!ip) {
    log_line(call, LogLevel::Err, "corex", {"set_source_address(): \"", address, "\" is no address"});
    return -1;
  }
  call.live->source = *ip;
  call.live->source.port = port_of(*parts);
  call.live->source_text = Text::null();
  return 1;
}

Value Corex::get_cfg(Call& call, Text part) {
  if (part.view() == "line") return Value::of(static_cast<Int>(call.line));
  if (part.view() == "name" || part.view() == "file") return Value::of(call.process().image.cfg_path);
  return Value::null();
}

Text Corex::sock_host(Call& call, Value in) {
  const auto parts = split(Operators::value_to_text(&call, in));
  return parts ? parts->host : Text::failed();
}

Text Corex::sock_port(Call& call, Value in) {
  const auto parts = split(Operators::value_to_text(&call, in));
  return parts ? parts->port : Text::failed();
}

Text Corex::sock_proto(Call& call, Value in) {
  const auto parts = split(Operators::value_to_text(&call, in));
  return parts ? parts->protocol : Text::failed();
}

Text Corex::sock_touri(Call& call, Value in) {
  const auto parts = split(Operators::value_to_text(&call, in));
  if (!parts) return Text::failed();
  const Text pieces[] = {"sip:", parts->host, parts->port.empty() ? Text("") : Text(":"), parts->port,
                         parts->protocol.empty() ? Text("") : Text(";transport="), parts->protocol};
  return Operators::concat(&call, pieces, 6, 0);
}

Text Corex::get_lsock(Call& call, Text expression) {
  const std::string_view text = expression.view();
  const std::size_t last = text.rfind('/');
  const std::string_view attribute = last == text.npos ? text : text.substr(last + 1);
  const bool wants_advertised = attribute == "adv" || attribute == "advertise";
  if (last == text.npos || last < 2 || text[1] != '/' || !std::strchr("lnai", text[0]) ||
      (!wants_advertised && attribute != "listen" && attribute != "name")) {
    log_line(call, LogLevel::Err, "corex", {"$lsock(", expression, ") has not the form l/proto:address:port/attribute, n/name/attribute or i/number/attribute"});
    return Text::failed();
  }
  const std::string_view wanted = text.substr(2, last - 2);
  const auto& sockets = call.process().sockets;
  const Socket* found = nullptr;
  if (const auto number = static_cast<std::uint64_t>(sip::parse_number(wanted).value_or(0)); text[0] == 'i' && number < sockets.size())
    found = sockets[number].get();
  for (std::size_t i = 0; i < sockets.size() && !found && text[0] != 'i'; ++i) {
    const Text is = text[0] == 'l' ? sockets[i]->as_text : text[0] == 'n' ? sockets[i]->name : advertised(call, *sockets[i]);
    if (is.view() == wanted) found = sockets[i].get();
  }
  if (!found) return Text::null();
  const Text is = attribute == "listen" ? found->as_text : wants_advertised ? advertised(call, *found) : found->name;
  return is.is_null() ? Text("") : is;
}

}  // namespace strowger
