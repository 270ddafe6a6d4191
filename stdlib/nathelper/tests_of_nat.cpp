// Is there a NAT? nat_uac_test(), is_rfc1918(); and registering with the address seen.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/nathelper/nat.h"

namespace strowger {
namespace nathelper {
namespace {

enum Test : Int {
  kContactPrivate = 1,
  kViaIsNotSource = 2,
  kViaPrivate = 4,
  kSdpPrivate = 8,
  kViaPort = 16,
  kSourcePrivate = 32,
  kWebSocket = 64,
  kContactPort = 128,
  kSdpIsNotSource = 256,
  kKnown = 511,
};

bool is_wide() { return Nathelper::Param::nat_addr_mode != 0; }

bool via_is_not_source(Call& call) {
  const sip::Via* const via = call.message().via();
  if (!via) return false;
  const auto address = sip::parse_ip(via->host.view());
  return !address || !address->same_ip(call.live->source);
}

bool via_port_differs(Call& call) {
  const sip::Via* const via = call.message().via();
  return via && (via->port ? via->port : 5060) != call.live->source.port;
}

/// Does `f` hold for the URI of any Contact?
template <class F>
bool any_contact(sip::Message& message, F f) {
  for (const sip::Header* h = message.first(sip::HeaderId::Contact); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (!sip::trim(rest).empty()) {
      const auto contact = sip::next_name_addr(rest);
      if (!contact) break;
      const auto uri = sip::parse_uri(contact->uri);
      if (uri && f(*uri)) return true;
    }
  }
  return false;
}

bool any_sdp(Call& call, bool (*f)(Call&, const sip::Address&)) {
  bool found = false;
  each_sdp_address(body_of(call.message()), 'c', [&](Text text) {
    const auto address = sip::parse_ip(text.view());
    found |= address && f(call, *address);
  });
  return found;
}

bool test(Call& call, Int flags) {
  LiveMessage& live = *call.live;
  if ((flags & kViaIsNotSource) && via_is_not_source(call)) return true;
  if ((flags & kViaPort) && via_port_differs(call)) return true;
  if ((flags & kContactPrivate) &&
      any_contact(live.message, [](const sip::Uri& uri) { return is_private(uri.host, is_wide()); }))
    return true;
  if ((flags & kViaPrivate) && live.message.via() && is_private(live.message.via()->host, is_wide())) return true;
  if ((flags & kSourcePrivate) && is_private(live.source, is_wide())) return true;
  if ((flags & kWebSocket) && live.socket &&
      (live.socket->protocol == sip::Protocol::Ws || live.socket->protocol == sip::Protocol::Wss))
    return true;
  if ((flags & kContactPort) &&
      any_contact(live.message, [&](const sip::Uri& uri) { return uri.port_or_default() != live.source.port; }))
    return true;
  if ((flags & kSdpPrivate) && any_sdp(call, [](Call&, const sip::Address& a) { return is_private(a, is_wide()); }))
    return true;
  return (flags & kSdpIsNotSource) &&
         any_sdp(call, [](Call& c, const sip::Address& a) { return !a.same_ip(c.live->source); });
}

}  // namespace

bool is_private(const sip::Address& address, bool wide) {
  if (address.family != 4) return false;
  const auto& ip = address.ip;
  if (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168)) return true;
  return wide && ((ip[0] == 100 && (ip[1] & 0xc0) == 64) || (ip[0] == 192 && ip[1] == 0 && ip[2] == 0));
}

bool is_private(Text host, bool wide) {
  const auto address = host.is_null() ? std::nullopt : sip::parse_ip(host.view());
  return address && is_private(*address, wide);
}

Text source_host_port(Call& call) {
  constexpr std::size_t kRoom = 64;
  char* const buffer = static_cast<char*>(call.arena->allocate(kRoom));
  if (!buffer) return Text::failed();
  const std::size_t n = sip::print_ip_bracketed(call.live->source, buffer);
  sip::Writer out(buffer + n, kRoom - n);
  out.put(':');
  out.put_number(call.live->source.port);
  return {buffer, n + out.size()};
}

Text source_uri(Call& call) {
  constexpr std::size_t kRoom = 96;
  const Text host_port = source_host_port(call);
  char* const buffer = static_cast<char*>(call.arena->allocate(kRoom));
  if (!buffer || host_port.is_null()) return Text::failed();
  sip::Writer out(buffer, kRoom);
  out.put("sip:");
  out.put(host_port);
  if (call.live->socket && call.live->socket->protocol != sip::Protocol::Udp) {
    out.put(";transport=");
    out.put(sip::uri_name_of(call.live->socket->protocol));
  }
  return out.text();
}

Text body_of(const sip::Message& message) {
  Text body = message.body();
  const Int length = message.content_length();
  if (length >= 0 && static_cast<std::size_t>(length) < body.len) body.len = static_cast<std::size_t>(length);
  return body;
}

}  // namespace nathelper

Code Nathelper::nat_uac_test(Call& call, Int flags) {
  if (flags & ~Int{nathelper::kKnown})
    log_line(call, LogLevel::Err, "nathelper",
             {"nat_uac_test(): there are no such tests: ", flags & ~Int{nathelper::kKnown}});
  return nathelper::test(call, flags) ? 1 : -1;
}

Code Nathelper::is_rfc1918(Call&, Text ip) { return nathelper::is_private(ip, true) ? 1 : -1; }

Code Nathelper::fix_nated_register(Call& call) {
  const VariableRef* const avp = Param::received_avp;
  if (!avp || !avp->set) {
    log_line(call, LogLevel::Err, "nathelper", {"fix_nated_register() needs modparam received_avp"});
    return -1;
  }
  const Text uri = nathelper::source_uri(call);
  return !uri.is_null() && avp->set(&call, Value::of(uri)) > 0 ? 1 : -1;
}

Int Nathelper::get_rr_count(Call& call) {
  sip::Message& message = call.message();
  Int count = 0;
  for (const sip::Header* h = message.first(sip::HeaderId::RecordRoute); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (!sip::trim(rest).empty() && sip::next_name_addr(rest)) ++count;
  }
  return count;
}

/// 2 where the two topmost values are one proxy's (r2=on), 1 where there is a single one, else 0.
Int Nathelper::get_rr_top_count(Call& call) {
  const sip::Header* const h = call.message().first(sip::HeaderId::RecordRoute);
  if (!h) return 0;
  Text rest = call.message().value(*h);
  const auto first = sip::next_name_addr(rest);
  if (!first) return 0;
  const auto uri = sip::parse_uri(first->uri);
  return uri && uri->param("r2").view() == "on" ? 2 : 1;
}

}  // namespace strowger
