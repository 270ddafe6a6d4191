// Via values as this proxy writes them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/via.h"

namespace strowger {
namespace {

/// "name" or "name=value" within a parameter list, without the ';'. Null when it is not there.
Text find_param(Text params, std::string_view name) {
  if (params.is_null()) return params;
  const char* at = params.ptr;
  const char* const end = params.ptr + params.len;
  while (at < end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
    const char* stop = at;
    for (bool quoted = false; stop < end && (quoted || *stop != ';'); ++stop) quoted ^= *stop == '"';
    const std::size_t length = stop - at;
    if (length >= name.size() && (*at | 32) == name[0] && sip::equal_ignore_case({at, name.size()}, name)) {
      const Text whole = sip::trim({at, length});
      const char* behind = at + name.size();
      while (behind < whole.ptr + whole.len && (*behind == ' ' || *behind == '\t')) ++behind;
      if (behind >= whole.ptr + whole.len || *behind == '=') return whole;
    }
    at = stop + 1;
  }
  return Text::null();
}

/// Behind sent-by: before the ';' of the first parameter.
const char* params_start(const sip::Via& via) {
  if (via.params.is_null()) return via.whole.ptr + via.whole.len;
  const char* at = via.params.ptr;
  while (at > via.whole.ptr && at[-1] != ';') --at;
  return at > via.whole.ptr ? at - 1 : via.params.ptr;
}

template <class Writer>
void put_rport(Writer& out, const LiveMessage& live) {
  out.put("rport=");
  out.put_port(live.source.port);
}

}  // namespace

ViaMarks marks_of(LiveMessage& live, const sip::Via& via) {
  ViaMarks marks;
  marks.ip_len = sip::print_ip(live.source, marks.ip);
  if (via.has_rport) {
    marks.rport_param = has_usual_marks(via) ? Text(via.rport.ptr - 5, 5) : find_param(via.params, "rport");
  }
  if (!via.received.is_null()) marks.received_param = find_param(via.params, "received");
  marks.rport = via.has_rport || live.force_rport;
  Text host = via.host;
  if (host.len > 2 && host.ptr[0] == '[') host = {host.ptr + 1, host.len - 2};
  bool same = host.view() == marks.source().view();
  if (!same && live.source.family == 6) {
    const auto address = sip::parse_ip(host.view());
    same = address && address->same_ip(live.source);
  }
  marks.received = !same || via.has_rport || !via.received.is_null();   // the sender's own says nothing
  return marks;
}

template <class Writer>
void print_sent_by(Writer& out, const LiveMessage& live, const Socket& socket) {
  if (live.advertised_host.is_null() && live.advertised_port == 0 && socket.advertised_port != 5060) {
    out.put(socket.via_sent_by);
    return;
  }
  Text host = socket.via_sent_by, port;
  std::size_t digits = host.len;
  while (digits > 0 && host.ptr[digits - 1] >= '0' && host.ptr[digits - 1] <= '9') --digits;
  if (digits > 0 && digits < host.len && host.ptr[digits - 1] == ':') {   // no bare IPv6 address stands there
    port = {host.ptr + digits, host.len - digits};
    host.len = digits - 1;
  }
  out.put(!live.advertised_host.is_null() ? live.advertised_host : host);
  const std::uint16_t advertised = live.advertised_port ? live.advertised_port : socket.advertised_port;
  if (advertised == 0 && port.empty()) return;
  out.put(':');
  advertised ? out.put_port(advertised) : out.put(port);
}

void print_route_address(sip::Writer& out, const LiveMessage& live, const Socket& socket) {
  if (socket.advertised_host.is_null()) return print_sent_by(out, live, socket);
  out.put(socket.advertised_host);
  out.put(':');
  out.put_number(socket.advertised_port ? socket.advertised_port : socket.address.port);
}

void print_own_address(sip::Writer& out, const Socket& socket) {
  if (!socket.advertised_host.is_null()) return out.put(socket.via_sent_by);
  out.put(socket.host);
  const bool plain = socket.address.port == 5060 && socket.protocol != sip::Protocol::Tls && socket.protocol != sip::Protocol::Wss;
  if (plain) return;
  out.put(':');
  out.put_number(socket.address.port);
}

std::size_t room_for_own_via(const LiveMessage& live, const Socket& socket, Text branch) {
  constexpr std::size_t kOthers = 128;      // names and numbers
  const auto length = [](Text text) { return text.is_null() ? 0 : text.len; };
  return length(live.advertised_host) + length(socket.advertised_host) + socket.host.len + socket.via_sent_by.len + length(branch) + kOthers;
}

template <class Writer>
void print_own_via(Writer& out, const LiveMessage& live, const Socket& socket, sip::Protocol protocol, Text branch) {
  out.put("Via: SIP/2.0/");
  out.put(sip::via_name_of(protocol));
  out.put(' ');
  print_sent_by(out, live, socket);
  out.put(";branch=");
  out.put(branch);
  if (live.connection) {
    out.put(";i=");
    out.put_hex(live.connection);
  }
  if (live.local_rport) out.put(";rport");
  if (live.via_srvid >= 0) {
    out.put(";srvid=");
    out.put_number(live.via_srvid);
  }
  out.put("\r\n");
}

template <class Writer>
bool print_usual_via(Writer& out, const LiveMessage& live, const sip::Via& via, const sip::Header& line) {
  if (!has_usual_marks(via)) return false;
  const char* const start = params_start(via);
  const char* const begin = live.message.base() + line.at;
  out.put({begin, static_cast<std::size_t>(start - begin)});
  out.put(";received=");
  out.put_ip(live.source);
  out.put({start, static_cast<std::size_t>(via.rport.ptr - start)});
  out.put('=');
  out.put_port(live.source.port);
  out.put({via.rport.ptr, static_cast<std::size_t>(via.whole.ptr + via.whole.len - via.rport.ptr)});
  return true;
}

#define STROWGER_VIA_BY(Writer)                                                                                            \
  template void print_sent_by(Writer&, const LiveMessage&, const Socket&);                                                 \
  template void print_own_via(Writer&, const LiveMessage&, const Socket&, sip::Protocol, Text);                            \
  template bool print_usual_via(Writer&, const LiveMessage&, const sip::Via&, const sip::Header&)
STROWGER_VIA_BY(sip::Writer);
STROWGER_VIA_BY(sip::SureWriter);

void add_marks(LiveMessage& live, sip::Edits& edits, sip::Arena& arena) {
  const sip::Via* via = live.message.via();
  if (!via) return;
  const ViaMarks marks = marks_of(live, *via);
  if (!marks.received && !marks.rport) return;
  constexpr std::size_t kRoom = 96;
  char* const room = static_cast<char*>(arena.allocate(kRoom));
  if (!room) return;
  const char* const base = live.message.base();
  // In front of the parameters, those that were not there: ";rport=5" ";received=1.2.3.4".
  sip::Writer front(room, kRoom);
  if (marks.rport && marks.rport_param.is_null()) {
    front.put(';');
    put_rport(front, live);
  }
  if (marks.received && marks.received_param.is_null()) {
    front.put(";received=");
    front.put(marks.source());
  }
  if (front.size()) edits.insert(arena, static_cast<std::uint32_t>(params_start(*via) - base), front.text(), sip::kRankOwnVia);
  if (marks.rport && !marks.rport_param.is_null()) {
    sip::Writer text(room + front.size(), kRoom - front.size());
    put_rport(text, live);
    edits.replace(arena, static_cast<std::uint32_t>(marks.rport_param.ptr - base),
                  static_cast<std::uint32_t>(marks.rport_param.len), text.text());
  }
  if (marks.received && !marks.received_param.is_null()) {
    char* const value = static_cast<char*>(arena.allocate(kRoom));
    if (!value) return;
    sip::Writer text(value, kRoom);
    text.put("received=");
    text.put(marks.source());
    edits.replace(arena, static_cast<std::uint32_t>(marks.received_param.ptr - base),
                  static_cast<std::uint32_t>(marks.received_param.len), text.text());
  }
}

void print_marked_via(sip::SureWriter& out, LiveMessage& live, const sip::Via& via, const char* from) {
  const char* at = from;
  const char* const end = via.whole.ptr + via.whole.len;
  if (has_usual_marks(via)) return print_usual_marked_via(out, live, via, from);
  const ViaMarks marks = marks_of(live, via);
  const auto copy_to = [&](const char* stop) {
    if (stop > at) out.put({at, static_cast<std::size_t>(stop - at)});
  };
  const auto rport = [&] {
    copy_to(marks.rport_param.ptr);
    put_rport(out, live);
    at = marks.rport_param.ptr + marks.rport_param.len;
  };
  const auto received = [&] {
    copy_to(marks.received_param.ptr);
    out.put("received=");
    out.put(marks.source());
    at = marks.received_param.ptr + marks.received_param.len;
  };
  const bool rport_there = marks.rport && !marks.rport_param.is_null();
  const bool received_there = marks.received && !marks.received_param.is_null();
  if (rport_there && received_there && marks.received_param.ptr < marks.rport_param.ptr) {
    received();
    rport();
  } else {
    if (rport_there) rport();
    if (received_there) received();
  }
  copy_to(end);
  if (marks.rport && !rport_there) {
    out.put(';');
    put_rport(out, live);
  }
  if (marks.received && !received_there) {
    out.put(";received=");
    out.put(marks.source());
  }
}

}  // namespace strowger
