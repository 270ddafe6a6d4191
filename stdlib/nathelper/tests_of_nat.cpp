// Is there a NAT? nat_uac_test(), is_rfc1918(); and registering with the address seen.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/contact_uri.h"
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

/// Does `f` hold for the contact's URI, as it now is?
template <class F>
bool contact_is(LiveMessage& live, F f) {
  const auto contact = the_contact(live.message);
  if (!contact) return false;
  const Text rewritten = rewritten_contact_uri(live, contact->uri);
  const auto uri = sip::parse_uri(rewritten.is_null() ? contact->uri : rewritten);
  return uri && !uri->host.empty() && f(*uri);
}

/// Without an origin it is no session description.
bool has_origin(Text sdp) {
  bool found = false;
  each_line(sdp, "o=", [&](Text line) { found |= !address_in(line).text.empty(); });
  return found;
}

bool any_connection(Text sdp, auto f) {
  if (!has_origin(sdp)) return false;
  bool found = false;
  each_line(sdp, "c=", [&](Text line) {
    const auto address = sip::parse_ip(address_in(line).text.view());
    found |= address && f(*address);
  });
  return found;
}

/// What stands in front of the first "m=": the part that speaks of the whole session.
Text session_part(Text sdp) {
  Text rest = sdp, line;
  while (sip::next_line(rest, line))
    if (line.view().starts_with("m=")) return {sdp.ptr, static_cast<std::size_t>(line.ptr - sdp.ptr)};
  return sdp;
}

bool test(Call& call, Int flags) {
  LiveMessage& live = *call.live;
  if ((flags & kViaIsNotSource) && via_is_not_source(call)) return true;
  if ((flags & kViaPort) && via_port_differs(call)) return true;
  if ((flags & kContactPrivate) &&
      contact_is(live, [](const sip::Uri& uri) { return is_private(uri.host, is_wide()); }))
    return true;
  if ((flags & kViaPrivate) && live.message.via() && is_private(live.message.via()->host, is_wide())) return true;
  if ((flags & kSourcePrivate) && is_private(live.source, is_wide())) return true;
  if ((flags & kWebSocket) && live.socket &&
      (live.socket->protocol == sip::Protocol::Ws || live.socket->protocol == sip::Protocol::Wss))
    return true;
  if ((flags & kContactPort) &&
      contact_is(live, [&](const sip::Uri& uri) { return uri.port_or_default() != live.source.port; }))
    return true;
  if (!(flags & (kSdpPrivate | kSdpIsNotSource))) return false;
  const Text sdp = sdp_of(live.message);
  return ((flags & kSdpPrivate) && any_connection(sdp, [](const sip::Address& a) { return is_private(a, is_wide()); })) ||
         ((flags & kSdpIsNotSource) &&
          any_connection(session_part(sdp), [&](const sip::Address& a) { return !a.same_ip(live.source); }));
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

std::optional<sip::NameAddr> the_contact(sip::Message& message) {
  const sip::Header* const header = message.first(sip::HeaderId::Contact);
  if (!header) return std::nullopt;
  Text rest = message.value(*header);
  std::optional<sip::NameAddr> contact;
  while (!sip::trim(rest).empty())
    if (contact = sip::next_name_addr(rest); !contact) return std::nullopt;
  return contact && contact->uri.view() != "*" ? contact : std::nullopt;
}

Text sdp_of(const sip::Message& message) {
  Text body = message.body();
  const Int length = message.content_length();
  if (length <= 0) return Text();
  if (static_cast<std::size_t>(length) < body.len) body.len = static_cast<std::size_t>(length);
  const Text type = sip::bare_type(message.value_of(sip::HeaderId::ContentType));
  if (sip::equal_ignore_case(type, "application/sdp")) return body;
  const Text boundary = sip::boundary_of(message);
  sip::Part part;
  return !boundary.empty() && sip::find_part(body, boundary, "application/sdp", part) ? part.content : Text();
}

SdpAddress address_in(Text line) {
  const std::string_view text = line.view();
  SdpAddress found;
  std::size_t at = 0;
  while ((at = text.find(" IP", at)) != text.npos && at + 4 < text.size()) {
    at += 3;
    if ((text[at] != '4' && text[at] != '6') || text[at + 1] != ' ') continue;
    found.six = text[at] == '6';
    std::size_t from = at + 1;
    while (from < text.size() && text[from] == ' ') ++from;
    const std::size_t to = std::min(text.find(' ', from), text.size());
    found.text = {line.ptr + from, to - from};
    break;
  }
  return found;
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

/// 2 where the two topmost values are one proxy's (r2), 1 where there is a single one, else 0.
Int Nathelper::get_rr_top_count(Call& call) {
  const sip::Header* const h = call.message().first(sip::HeaderId::RecordRoute);
  if (!h) return 0;
  Text rest = call.message().value(*h);
  const auto first = sip::next_name_addr(rest);
  if (!first) return 0;
  const auto uri = sip::parse_uri(first->uri);
  return uri && !uri->param("r2").is_null() ? 2 : 1;
}

}  // namespace strowger
