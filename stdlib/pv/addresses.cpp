// Where the message came from and to, and where it goes: $si, $su, $Ru, $fs, $snd, $rpl ...
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "stdlib/pv/slow_paths.h"
#include "runtime/sip/host_text.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

Text pv::print_source(Call& call) {
  LiveMessage& live = *call.live;
  if (live.source.family == 0) return Text::null();
  char ip[48];
  const std::size_t length = sip::print_ip(live.source, ip);
  live.source_text = call.arena->copy({ip, length});
  return live.source_text;
}

namespace {

sip::Protocol protocol_of(const LiveMessage& live) { return live.socket ? live.socket->protocol : sip::Protocol::Any; }

Text print_address(Call& call, const sip::Address& address, bool brackets) {
  if (address.family == 0) return Text::null();
  char ip[48];
  const std::size_t length = brackets ? sip::print_ip_bracketed(address, ip) : sip::print_ip(address, ip);
  return call.arena->copy({ip, length});
}

enum class Transport { Always, UnlessUdp };

/// "sip:host:port;transport=x"
Text print_uri(Call& call, Text host, std::uint16_t port, sip::Protocol protocol, Transport transport) {
  pv::Output out(call, host.len + 40);
  out.put("sip:");
  out.put(host);
  out.put(':');
  out.put_number(port);
  if (transport == Transport::Always || protocol != sip::Protocol::Udp) {
    out.put(";transport=");
    out.put(sip::uri_name_of(protocol));
  }
  return out.done();
}

Text source_uri(Call& call, Transport transport) {
  const LiveMessage& live = *call.live;
  if (live.source.family == 0) return Text::null();
  char ip[48];
  const std::size_t length = sip::print_ip_bracketed(live.source, ip);
  return print_uri(call, {ip, length}, live.source.port, protocol_of(live), transport);
}

Text socket_uri(Call& call, bool advertised, Transport transport) {
  const Socket* socket = call.live->socket;
  if (!socket) return Text::null();
  const bool other = advertised && !socket->advertised_host.is_null();
  const std::uint16_t port = other && socket->advertised_port ? socket->advertised_port : socket->address.port;
  return print_uri(call, other ? socket->advertised_host : socket->host, port, socket->protocol, transport);
}

Value family_of(const sip::Address& address) { return Value::of(Int{address.family == 6 ? 10 : 2}); }

Value endpoint_part(Call& call, const sip::Address& address, sip::Protocol protocol, std::string_view name) {
  if (name == "ip") return Value::of(print_address(call, address, false));
  if (name == "port") return Value::of(static_cast<Int>(address.port));
  if (name == "af") return family_of(address);
  if (name == "proto") return Value::of(static_cast<Int>(protocol));
  if (name == "sproto") return Value::of(sip::name_of(protocol));
  if (name == "buf") return Value::of(call.sending_bytes);
  if (name == "len") return Value::of(static_cast<Int>(call.sending_bytes.len));
  return Value::null();
}

Code choose_socket(Call& call, const Socket* socket, Text written) {
  if (socket) {
    call.live->send_socket = socket;
  } else {
    log_line(call, LogLevel::Warn, "pv", {"there is no listen socket \"", written, "\""});
  }
  return 1;
}

}  // namespace

Text Pv::get_siz(Call& call) { return call.live->source.family == 6 ? print_address(call, call.live->source, true) : get_si(call); }
Text Pv::get_su(Call& call) { return source_uri(call, Transport::UnlessUdp); }
Text Pv::get_sut(Call& call) { return source_uri(call, Transport::Always); }
Text Pv::get_sas(Call& call) {
  const LiveMessage& live = *call.live;
  if (live.source.family == 0) return Text::null();
  char ip[48];
  const std::size_t length = sip::print_ip_bracketed(live.source, ip);
  pv::Output out(call, length + 16);
  out.put(sip::name_of(protocol_of(live)));
  out.put(':');
  out.put({ip, length});
  out.put(':');
  out.put_number(live.source.port);
  return out.done();
}

Text Pv::get_pr(Call& call) { return call.live->socket ? sip::name_of(call.live->socket->protocol) : Text::null(); }
Value Pv::get_af(Call& call, Text kind) {
  const sip::Address& source = call.live->source;
  if (source.family == 0) return Value::null();
  if (kind.view() == "name") return Value::of(source.family == 6 ? Text("IPv6") : Text("IPv4"));
  return family_of(source);
}

Text Pv::get_Ru(Call& call) { return socket_uri(call, false, Transport::UnlessUdp); }
Text Pv::get_Rut(Call& call) { return socket_uri(call, false, Transport::Always); }
Text Pv::get_RAi(Call& call) {
  const Socket* socket = call.live->socket;
  if (!socket) return Text::null();
  return sip::without_brackets(socket->advertised_host.is_null() ? socket->host : socket->advertised_host);
}
Int Pv::get_RAp(Call& call) {
  const Socket* socket = call.live->socket;
  if (!socket) return 0;
  return socket->advertised_port ? socket->advertised_port : socket->address.port;
}
Text Pv::get_RAu(Call& call) { return socket_uri(call, true, Transport::UnlessUdp); }
Text Pv::get_RAut(Call& call) { return socket_uri(call, true, Transport::Always); }

Text Pv::get_fs(Call& call) { return call.live->send_socket ? call.live->send_socket->as_text : Text::null(); }
Text Pv::get_fsn(Call& call) { return call.live->send_socket ? call.live->send_socket->name : Text::null(); }
Int Pv::get_fsp(Call& call) { return call.live->send_socket ? call.live->send_socket->address.port : 0; }

Code Pv::set_fs(Call& call, Value value) {
  if (value.is_null()) {
    call.live->send_socket = nullptr;
    return 1;
  }
  if (!value.is_text()) return -1;
  return choose_socket(call, call.process().find_socket(value.text()), value.text());
}

Code Pv::set_fsn(Call& call, Value value) {
  if (value.is_null()) {
    call.live->send_socket = nullptr;
    return 1;
  }
  if (!value.is_text()) return -1;
  return choose_socket(call, call.process().find_socket_named(value.text()), value.text());
}

Value Pv::get_snd(Call& call, Text part) {
  if (!call.sending) return Value::null();
  return endpoint_part(call, call.sending->to, call.sending->protocol, part.view());
}

Value Pv::get_sndfrom(Call& call, Text part) {
  if (!call.sending || !call.sending->from) return Value::null();
  const Socket& socket = *call.sending->from;
  return endpoint_part(call, socket.address, socket.protocol, part.view());
}

// Only event_route[core:msg-received] has a packet.
Value Pv::get_rcv(Call& call, Text part) {
  const Arrival* const packet = call.arrival;
  if (!packet) return Value::null();
  const std::string_view name = part.view();
  if (name == "buf") return Value::of(packet->bytes);
  if (name == "len") return Value::of(static_cast<Int>(packet->bytes.len));
  if (name == "proto") return Value::of(static_cast<Int>(packet->socket->protocol));
  if (name == "sproto") return Value::of(sip::name_of(packet->socket->protocol));
  if (name == "af") return Value::of(packet->source.family == 6 ? Int{10} : Int{2});
  if (name == "srcip") return Value::of(print_address(call, packet->source, false));
  if (name == "srcport") return Value::of(static_cast<Int>(packet->source.port));
  if (name == "rcvip") return Value::of(print_address(call, packet->socket->address, false));
  if (name == "rcvport") return Value::of(static_cast<Int>(packet->socket->address.port));
  return Value::null();
}

// The Via below ours says where the reply goes.
Value Pv::get_rpl(Call& call, Text part) {
  const sip::Message& message = call.live->message;
  if (message.is_request()) return Value::null();
  const std::string_view name = part.view();
  std::optional<sip::Via> via;
  Int vias = 0, routes = 0;
  for (const sip::Header* h = message.first(sip::HeaderId::Via); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (const std::optional<sip::Via> next = sip::next_via(rest))
      if (++vias == 2) via = next;
  }
  for (const sip::Header* h = message.first(sip::HeaderId::RecordRoute); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (sip::next_name_addr(rest)) ++routes;
  }
  if (name == "cntvia") return Value::of(vias);
  if (name == "cntrr") return Value::of(routes);
  const std::optional<NextHop> hop = via ? reply_hop(*via) : std::nullopt;
  if (!hop) return Value::null();
  if (name == "dhost") return Value::of(print_address(call, hop->address, false));
  if (name == "dport") return Value::of(static_cast<Int>(hop->address.port));
  if (name == "dproto") return Value::of(sip::name_of(hop->protocol));
  if (name == "dprotoid") return Value::of(static_cast<Int>(hop->protocol));
  if (name != "duri") return Value::null();
  const Text host = print_address(call, hop->address, true);
  return Value::of(print_uri(call, host, hop->address.port, hop->protocol, Transport::Always));
}

Text pv::reply_next_hop(Call& call, char part) {
  const sip::Message& message = call.live->message;
  Int vias = 0;
  std::optional<NextHop> hop;
  for (const sip::Header* h = message.first(sip::HeaderId::Via); h && vias < 2; h = message.next(h)) {
    Text rest = message.value(*h);
    while (const std::optional<sip::Via> via = sip::next_via(rest))
      if (++vias == 2) hop = reply_hop(*via);
  }
  if (!hop) return Text::null();
  const Text host = print_address(call, hop->address, true);
  switch (part) {
    case 'u': return print_uri(call, host, hop->address.port, hop->protocol, Transport::Always);
    case 'd': return host;
    case 'p': return Operators::value_to_text(&call, Value::of(static_cast<Int>(hop->address.port)));
    case 'P': return sip::name_of(hop->protocol);
    case 'i': return hop->address.family == 6 ? Text("6") : Text("4");
    default: return Text::null();
  }
}

Value Pv::get_conid(Call& call) {
  return call.live->connection ? Value::of(static_cast<Int>(call.live->connection)) : Value::null();
}

}  // namespace strowger
