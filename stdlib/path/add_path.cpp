// add_path(): a Path header with the outgoing socket, written when the request leaves (RFC 3327).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "path.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/via.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxPart = 512;  // user, parameters

/// What add_path() was told.
struct Recorded {
  Text user, params;
  bool flow = false;  ///< the user is a flow token (RFC 5626)
  Text received;  ///< "sip:1.2.3.4:5060" with its transport escaped; null: none
};

/// "Path: <sip:user@host:port;transport=tcp;lr;received=...;parameters>"; host and port as in our Via to `live`, where it is given
void write_path(sip::Writer& out, const Recorded& r, const Socket& socket, const LiveMessage* live) {
  out.put("Path: <sip:");
  if (!r.user.empty()) {
    out.put(r.user);
    out.put('@');
  }
  if (live)
    print_route_address(out, *live, socket);
  else
    out.put(socket.via_sent_by);
  if (socket.protocol != sip::Protocol::Udp) {
    out.put(";transport=");
    out.put(sip::uri_name_of(socket.protocol));
  }
  out.put(";lr");
  if (!r.received.is_null()) {
    out.put(';');
    out.put(PathModule::Param::received_name);
    out.put('=');
    out.put(r.received);
  }
  if (!r.params.empty()) {
    out.put(';');
    out.put(r.params);
  }
  if (r.flow) out.put(";ob");
  if (PathModule::Param::enable_r2 != 0) out.put(";r2=on");
  if (PathModule::Param::sockname_mode != 0 && !socket.name.empty()) {
    out.put(";sn=");
    out.put(socket.name);
  }
  out.put(">\r\n");
}

/// Edit::make. With enable_r2 the socket that the request came in by follows behind the one it leaves by.
Text make_path(const void* data, const sip::SendPlan& plan) {
  const Recorded& r = *static_cast<const Recorded*>(data);
  if (!plan.out) return Text::null();
  const Socket& socket = *plan.out;
  const Socket* const second = PathModule::Param::enable_r2 != 0 ? plan.in : nullptr;
  const auto* const live = static_cast<const LiveMessage*>(plan.live);
  const std::size_t names = (live ? live->advertised_host.len : 0) + socket.advertised_host.len + 8 + socket.via_sent_by.len + socket.name.len + (second ? second->via_sent_by.len + second->name.len : 0);
  const std::size_t room = 2 * (128 + r.user.len + r.params.len + r.received.len + PathModule::Param::received_name.len) + names;
  char* const buffer = static_cast<char*>(plan.arena->allocate(room));
  if (!buffer) return Text::null();
  sip::Writer out(buffer, room);
  write_path(out, r, socket, live);
  if (second) write_path(out, r, *second, nullptr);
  if (!out.ok()) return Text::null();
  plan.arena->shrink(buffer, out.size());
  return out.text();
}

/// "sip:1.2.3.4:5060%3Btransport%3Dtcp", or "1.2.3.4~5060~2" with received_format 1.
Text received_of(Call& call) {
  constexpr std::size_t kRoom = 96;
  char* const buffer = static_cast<char*>(call.arena->allocate(kRoom));
  if (!buffer) return Text::failed();
  sip::Writer out(buffer, kRoom);
  char ip[48];
  if (PathModule::Param::received_format != 0) {
    out.put({ip, sip::print_ip_bracketed(call.live->source, ip)});
    out.put('~');
    out.put_number(call.live->source.port);
    out.put('~');
    out.put_number(static_cast<Int>(call.live->socket->protocol));
    return out.text();
  }
  out.put("sip:");
  out.put({ip, sip::print_ip_bracketed(call.live->source, ip)});
  out.put(':');
  out.put_number(call.live->source.port);
  if (call.live->socket->protocol != sip::Protocol::Udp) {
    out.put("%3Btransport%3D");
    out.put(sip::uri_name_of(call.live->socket->protocol));
  }
  return out.text();
}

/// Fits into <...>.
bool may_stand(Text text) {
  if (text.len > kMaxPart) return false;
  for (const unsigned char c : text.view())
    if (c <= ' ' || c == '<' || c == '>' || c == 127) return false;
  return true;
}

Code add(Call& call, Text user, Text params, bool with_received) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request() || !live.socket) return -1;
  if (!may_stand(user) || !may_stand(params)) {
    log_line(call, LogLevel::Err, "path", {"user or parameters of Path are too long or have bytes that end the URI"});
    return -1;
  }
  auto* const recorded = call.arena->make<Recorded>();
  if (!recorded) return -1;
  const Services& services = call.process().services;
  if (user.is_null() && services.use_outbound && services.use_outbound(call) > 0) {
    user = services.flow_token(call);
    if (user.is_null()) return -1;
    recorded->flow = true;
  }
  recorded->user = call.arena->copy(user);
  recorded->params = call.arena->copy(params);
  if (with_received) {
    recorded->received = received_of(call);
    if (recorded->received.is_failed()) return -1;
  }
  // The nearest proxy is the topmost value.
  const sip::Header* const first = live.message.first(sip::HeaderId::Path);
  const sip::Edit edit{first ? first->at : live.message.headers_end(), 0, Text::null(), 0, 0, make_path, recorded};
  return live.edits.add(*call.arena, edit) ? 1 : -1;
}

}  // namespace

Code PathModule::add_path(Call& call) { return add(call, Text::null(), Text::null(), false); }
Code PathModule::add_path(Call& call, Text user) { return add(call, user, Text::null(), false); }
Code PathModule::add_path(Call& call, Text user, Text params) { return add(call, user, params, false); }
Code PathModule::add_path_received(Call& call) { return add(call, Text::null(), Text::null(), true); }
Code PathModule::add_path_received(Call& call, Text user) { return add(call, user, Text::null(), true); }
Code PathModule::add_path_received(Call& call, Text user, Text params) { return add(call, user, params, true); }

}  // namespace strowger
