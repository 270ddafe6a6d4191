// Record-Route: the header is written when the request leaves, because it names the outgoing socket (RFC 3261 §16.6 step 4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "rr.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/via.h"
#include "runtime/sip/print.h"
#include "stdlib/rr/route_set.h"

namespace strowger {
namespace {

constexpr std::size_t kHeaderLimit = 1024;    // one Record-Route line

/// What record_route() was told; made when it is called.
struct Recorded {
  Text user;          ///< null: none
  Text params;        ///< record_route(params)
  Text from_tag;      ///< null: no ftag
  Text preset, preset2;   ///< record_route_preset(): addresses with parameters, instead of sockets
  Text advertised;        ///< record_route_advertised_address()
  bool sips = false;
};

void put_user(sip::Writer& w, const Recorded& r) {
  w.put("Record-Route: <");
  w.put(r.sips ? Text("sips:") : Text("sip:"));
  if (!r.user.empty()) {
    w.put(r.user);
    w.put('@');
  }
}

void put_lr(sip::Writer& w) { w.put(Rr::Param::enable_full_lr != 0 ? Text(";lr=on") : Text(";lr")); }

void put_from_tag(sip::Writer& w, const Recorded& r) {
  if (r.from_tag.empty()) return;
  w.put(";ftag=");
  w.put(r.from_tag);
}

void put_transport(sip::Writer& w, sip::Protocol protocol) {
  if (protocol == sip::Protocol::Udp || protocol == sip::Protocol::Any) return;
  w.put(";transport=");
  w.put(sip::uri_name_of(protocol));
}

/// `sent_as`: the host and port as it leaves with that message; null: the socket's own.
void put_socket_line(sip::Writer& w, const Recorded& r, const Socket& socket, const LiveMessage* sent_as, bool doubled, Text added) {
  put_user(w, r);
  sent_as ? print_route_address(w, *sent_as, socket) : print_own_address(w, socket);
  put_transport(w, socket.protocol);
  if (Rr::Param::sockname_mode != 0 && !socket.name.empty()) {
    w.put(";sn=");
    w.put(socket.name);
  }
  if (doubled) w.put(";r2=on");
  put_lr(w);
  put_from_tag(w, r);
  w.put(r.params);
  w.put(added);
  w.put(">\r\n");
}

void put_preset_line(sip::Writer& w, const Recorded& r, Text address, Text added) {
  put_user(w, r);
  w.put(address);
  put_from_tag(w, r);
  w.put(added);
  put_lr(w);
  w.put(">\r\n");
}

void put_advertised_line(sip::Writer& w, const Recorded& r, sip::Protocol protocol, bool doubled, Text added) {
  put_user(w, r);
  w.put(r.advertised);
  if (doubled) {   // UDP is named, too
    w.put(";transport=");
    w.put(sip::uri_name_of(protocol));
    w.put(";r2=on");
  }
  put_from_tag(w, r);
  put_lr(w);
  w.put(added);
  w.put(">\r\n");
}

/// Edit::make: top line for the outgoing side; a second one for the incoming side where they differ.
Text make_record_route(const void* data, const sip::SendPlan& plan) {
  const Recorded& r = *static_cast<const Recorded*>(data);
  const auto* live = static_cast<const LiveMessage*>(plan.live);
  const Text added = live ? live->record_route_params : Text::null();
  const std::size_t limit = 2 * (kHeaderLimit + r.params.len + added.len);
  char* out = static_cast<char*>(plan.arena->allocate(limit));
  if (!out) return Text::null();
  sip::Writer w(out, limit);
  const bool differ = plan.out && plan.in && plan.out != plan.in;
  const bool doubled = Rr::Param::enable_double_rr == 2 || (Rr::Param::enable_double_rr == 1 && differ);
  if (!r.preset.is_null()) {
    put_preset_line(w, r, r.preset, added);
    if (!r.preset2.is_null()) put_preset_line(w, r, r.preset2, added);
  } else if (!r.advertised.is_null()) {
    // One address stands for all sockets: two lines only where the protocols differ.
    const bool two = doubled && plan.in && (Rr::Param::enable_double_rr == 2 || plan.in->protocol != plan.protocol);
    put_advertised_line(w, r, plan.protocol, two, added);
    if (two) put_advertised_line(w, r, plan.in->protocol, true, added);
  } else if (plan.out) {
    put_socket_line(w, r, *plan.out, doubled ? live : nullptr, doubled, added);
    if (doubled && plan.in) put_socket_line(w, r, *plan.in, nullptr, true, added);
  }
  if (!w.ok()) return Text::null();
  plan.arena->shrink(out, w.size());
  return {out, w.size()};
}

bool is_recorded(const sip::Edits& edits) {
  for (const sip::Edit& edit : edits)
    if (edit.tag == sip::kTagRecordRoute) return true;
  return false;
}

/// The user of the Record-Route URI: what custom_user_avp holds, or the request URI's.
Text user_of(Call& call, Text otherwise) {
  if (!Rr::Param::custom_user_avp) return otherwise;
  const Text user = Operators::value_to_text(&call, Rr::Param::custom_user_avp->get(&call));
  if (user.empty()) return otherwise;
  for (const char c : user.view())
    if (static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '@' || c == 127) {
      log_line(call, LogLevel::Err, "rr", {"\"", user, "\" in custom_user_avp is no user"});
      return otherwise;
    }
  return user;
}

/// Common part of all record_route functions. Fills user, ftag and scheme.
Code record(Call& call, Recorded recorded) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return -1;
  if (is_recorded(live.edits)) {
    call.log(LogLevel::Err, "rr: record_route() was called before for this request");
    return -1;
  }
  const sip::Uri* uri = live.parsed_uri();
  if (uri) {
    recorded.sips = uri->scheme == sip::Scheme::Sips && Rr::Param::ignore_sips == 0;
    if (Rr::Param::add_username != 0) recorded.user = user_of(call, uri->user);
  }
  const Services& services = call.process().services;
  if (services.use_outbound && services.use_outbound(call) > 0) {   // the way back is the flow (RFC 5626 §5.3)
    recorded.user = services.flow_token(call);
    if (recorded.user.is_null()) return -1;
  }
  if (Rr::Param::append_fromtag != 0) recorded.from_tag = rr::is_upstream(call) ? live.message.to_tag() : live.message.from_tag();
  for (Text* text : {&recorded.user, &recorded.params, &recorded.from_tag, &recorded.preset, &recorded.preset2, &recorded.advertised})
    *text = call.arena->copy(*text);
  const auto* kept = call.arena->make<Recorded>(recorded);
  if (!kept) return -1;
  const sip::Edit edit{live.message.headers_at(), 0, Text::null(), sip::kRankRecordRoute, sip::kTagRecordRoute, make_record_route, kept};
  return live.edits.add(*call.arena, edit) ? 1 : -1;
}

}  // namespace

Code Rr::record_route(Call& call) { return record(call, {}); }

Code Rr::record_route(Call& call, Text params) {
  Recorded r;
  r.params = params;
  return record(call, r);
}

Code Rr::record_route_preset(Call& call, Text address) {
  Recorded r;
  r.preset = address;
  return record(call, r);
}

Code Rr::record_route_preset(Call& call, Text address, Text address2) {
  Recorded r;
  r.preset = address;
  r.preset2 = address2;
  return record(call, r);
}

Code Rr::record_route_advertised_address(Call& call, Text address) {
  Recorded r;
  r.advertised = address;
  return record(call, r);
}

Code Rr::remove_record_route(Call& call) {
  call.live->edits.withdraw(sip::kTagRecordRoute);
  return 1;
}

Code Rr::add_rr_param(Call& call, Text param) {
  LiveMessage& live = *call.live;
  const Text before = live.record_route_params;
  if (param.is_null() || before.len + param.len > kHeaderLimit) return -1;
  char* out = static_cast<char*>(call.arena->allocate(before.len + param.len));
  if (!out) return -1;
  if (before.len) std::memcpy(out, before.ptr, before.len);
  std::memcpy(out + before.len, param.ptr, param.len);
  live.record_route_params = {out, before.len + param.len};
  return 1;
}

}  // namespace strowger
