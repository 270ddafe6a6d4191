// Following the Route set (RFC 3261 §16.4 and §16.12), with Kamailio's results.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "rr.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/print.h"
#include "stdlib/rr/route_set.h"

namespace strowger {
namespace {

using rr::RouteSet;
using rr::RouteValue;
using rr::is_ours;

constexpr Code kDriven = 1, kByFlow = 2, kNotDriven = -1, kBadToken = -2, kPreloadedOnlyUs = -3;

/// The socket that a Route URI of ours names, null when none does.
const Socket* socket_of(const Process& process, const sip::Uri& uri) {
  const sip::Protocol protocol = uri.protocol().value_or(sip::Protocol::Udp);
  if (const auto ip = sip::parse_ip(uri.host.view())) {
    sip::Address address = *ip;
    address.port = uri.port_or_default();
    if (const Socket* socket = process.find_socket(protocol, address)) return socket;
  }
  for (const auto& socket : process.sockets) {   // by what it is advertised as
    if (!sip::same_in_uris(socket->protocol, protocol) || socket->advertised_host.is_null()) continue;
    const std::uint16_t port = socket->advertised_port ? socket->advertised_port : socket->address.port;
    if (port == uri.port_or_default() && sip::equal_ignore_case(socket->advertised_host, uri.host)) return socket.get();
  }
  return nullptr;
}

/// Appends "Route: <uri>" behind all headers: the old request URI becomes the last hop for a strict router.
void append_route(Call& call, Text uri) {
  char* out = static_cast<char*>(call.arena->allocate(uri.len + 16));
  if (!out) return;
  sip::Writer w(out, uri.len + 16);
  w.put("Route: <");
  w.put(uri);
  w.put(">\r\n");
  call.live->edits.insert(*call.arena, call.message().headers_end(), Text(out, w.size()));
}

/// Where a Route URI leads: with maddr to that address and the URI's port, whatever else it says.
Text target_of(Call& call, const RouteValue& value) {
  const Text maddr = value.uri.param("maddr");
  if (maddr.empty()) return value.uri_text;
  const std::size_t room = maddr.len + value.uri.port_text.len + 8;
  char* const out = static_cast<char*>(call.arena->allocate(room));
  if (!out) return value.uri_text;
  sip::Writer w(out, room);
  w.put("sip:");
  w.put(maddr);
  if (!value.uri.port_text.empty()) {
    w.put(':');
    w.put(value.uri.port_text);
  }
  return w.text();
}

/// The next hop is a Route value that is not ours.
void follow(Call& call, RouteValue& next) {
  const Text target = target_of(call, next);
  if (next.is_loose()) {
    set_dst_uri(*call.live, *call.arena, target);
    return;
  }
  append_route(call, call.live->uri());
  set_uri(*call.live, *call.arena, target);
  next.removed = true;
}

/// The request URI is ours, and the request is within a dialog: the hop before us routes strictly and has put our
/// Record-Route URI there.
Code after_strict(Call& call, RouteSet& set) {
  LiveMessage& live = *call.live;
  const Process& process = call.process();
  const sip::Uri own = *live.parsed_uri();
  call.rr_params = own.params;
  int next = 0;
  const bool doubled = !own.param("r2").is_null() || !set.values[0].uri.param("r2").is_null();
  if (Rr::Param::enable_double_rr != 0 && doubled && is_ours(process, set.values[0].uri)) {
    live.send_socket = socket_of(process, set.values[0].uri);
    set.values[0].removed = true;
    next = 1;
    if (next == set.count) {
      set.apply(live, *call.arena);
      return kDriven;
    }
  }
  RouteValue& hop = set.values[next];
  if (!hop.is_loose()) {
    set_uri(live, *call.arena, target_of(call, hop));
    hop.removed = true;
  } else {
    // The last Route value is what the request URI was before the strict router moved it.
    RouteValue& last = set.values[set.count - 1];
    set_dst_uri(live, *call.arena, target_of(call, hop));
    set_uri(live, *call.arena, last.uri_text);
    last.removed = true;
  }
  set.apply(live, *call.arena);
  return kDriven;
}

Code after_loose(Call& call, RouteSet& set, bool preloaded) {
  LiveMessage& live = *call.live;
  const Process& process = call.process();
  int next = 0;
  if (is_ours(process, set.values[0].uri)) {
    const RouteValue& own = set.values[0];
    const auto follow_flow = call.process().services.follow_flow;
    const Code flow = follow_flow && !own.uri.user.is_null() ? follow_flow(call, own.uri.user) : 0;
    if (flow < 0) return kBadToken;
    // With the semicolon before them, as Kamailio shows them to check_route_param(); a request URI's come without.
    const Text params = own.uri.params;
    call.rr_params = params.empty() ? Text("") : Text(params.ptr - 1, params.len + 1);
    set.values[next++].removed = true;
    const bool doubled = Rr::Param::enable_double_rr != 0 && !own.uri.param("r2").is_null();
    if (next < set.count && doubled) {
      // Two Record-Route URIs name us once: the second one says which socket the request leaves from. It goes even when it
      // names no socket of ours, as in Kamailio.
      if (flow == 0) live.send_socket = socket_of(process, set.values[next].uri);
      set.values[next++].removed = true;
    } else if (!doubled && flow == 0 && Rr::Param::force_send_socket != 0) {
      live.send_socket = socket_of(process, own.uri);
    }
    if (flow > 0) {               // what the flow's end is to do with the rest, it finds in the message
      set.apply(live, *call.arena);
      return kByFlow;
    }
    if (next == set.count) {
      set.apply(live, *call.arena);
      return preloaded ? kPreloadedOnlyUs : kDriven;
    }
  }
  follow(call, set.values[next]);
  set.apply(live, *call.arena);
  return kDriven;
}

/// Tells modules that a Route of ours was taken.
Code taken(Call& call, Code code) {
  if (code != kByFlow && !call.rr_params.is_null())
    for (auto* const hook : call.process().own_route_taken) hook(call);
  return code;
}

Code route(Call& call, bool strict_allowed) {
  call.rr_params = Text::null();
  if (!call.message().is_request()) return kNotDriven;
  const bool preloaded = call.message().to_tag().empty();
  RouteSet set(call.message());
  if (set.count == 0) return kNotDriven;
  if (set.bad) {
    // Our own header is gone before the one behind it is found to be broken, as in Kamailio.
    const rr::RouteValue& own = set.values[0];
    if (set.count == 1 && own.header->next >= 0 && is_ours(call.process(), own.uri)) {
      set.values[0].removed = true;
      set.apply(*call.live, *call.arena);
    }
    return kNotDriven;
  }
  if (strict_allowed && !preloaded) {
    const sip::Uri* uri = call.live->parsed_uri();
    if (uri && uri->param("gr").is_null() && is_ours(call.process(), *uri)) return taken(call, after_strict(call, set));
  }
  return taken(call, after_loose(call, set, preloaded));
}

}  // namespace

Code Rr::loose_route(Call& call) { return route(call, true); }
// True where nothing but our own Route was there, as in Kamailio; the Routes are followed in any case.
Code Rr::loose_route_preloaded(Call& call) { return route(call, true) == kPreloadedOnlyUs ? 1 : -1; }
Code Rr::loose_route_mode(Call& call, Int mode) { return route(call, mode == 0); }

}  // namespace strowger
