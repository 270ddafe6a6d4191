// Contacts of phones behind NAT: the address seen in place of the one written, or as the parameter alias.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/flow_text.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/print.h"
#include "stdlib/nathelper/nat.h"

namespace strowger {
namespace {

constexpr Code kDone = 1, kNotNeeded = 2, kFailed = -1;

/// Calls `f(contact)` for each Contact until it returns something else than kDone. `*` is left alone.
template <class F>
Code each_contact(Call& call, F f) {
  sip::Message& message = call.message();
  for (const sip::Header* h = message.first(sip::HeaderId::Contact); h; h = message.next(h)) {
    Text rest = message.value(*h);
    if (sip::trim(rest).view() == "*") continue;
    while (!sip::trim(rest).empty()) {
      const auto contact = sip::next_name_addr(rest);
      if (!contact) return kFailed;
      if (const Code code = f(*contact); code != kDone) return code;
    }
  }
  return kDone;
}

/// Calls `f(contact, uri)` for the last contact of the first Contact header, the only one that Kamailio changes.
template <class F>
Code the_contact(Call& call, F f) {
  const sip::Message& message = call.message();
  const sip::Header* const header = message.first(sip::HeaderId::Contact);
  if (!header) return kDone;
  Text rest = message.value(*header);
  std::optional<sip::NameAddr> contact;
  while (!sip::trim(rest).empty())
    if (contact = sip::next_name_addr(rest); !contact) return kFailed;
  const auto uri = contact && contact->uri.view() != "*" ? sip::parse_uri(contact->uri) : std::nullopt;
  return uri && !uri->host.empty() ? f(*contact, *uri) : kFailed;
}

/// The value of the alias parameter, and from where to where the parameter stands, with the ';' in front.
struct Alias {
  Text value;
  const char* from = nullptr;
  const char* to = nullptr;
};

/// The first one, or the last one; nothing without.
std::optional<Alias> find_alias(const sip::Uri& uri, bool last) {
  std::optional<Alias> found;
  Text rest = uri.params;
  while (!rest.empty()) {
    const char* const start = rest.ptr;
    sip::Param param;
    if (!sip::next_param(rest, param)) break;
    if (!sip::equal_ignore_case(param.name, Nathelper::Param::alias_name)) continue;
    found = Alias{param.value, start - 1, rest.empty() ? uri.params.ptr + uri.params.len : rest.ptr - 1};
    if (!last) break;
  }
  return found;
}

std::uint32_t offset(Call& call, const char* at) { return static_cast<std::uint32_t>(at - call.message().base()); }
const char* end_of(Text text) { return text.ptr + text.len; }
const char* end_of_host_port(const sip::Uri& uri) {
  return uri.port_text.is_null() ? end_of(uri.host) : end_of(uri.port_text);
}

/// ";alias=IP~PORT~NUMBER"
Text alias_param(Call& call, Text ip, Int port, sip::Protocol protocol) {
  const std::size_t room = Nathelper::Param::alias_name.len + ip.len + 32;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return Text::failed();
  sip::Writer out(buffer, room);
  out.put(';');
  out.put(Nathelper::Param::alias_name);
  out.put('=');
  out.put(ip);
  out.put('~');
  out.put_number(port);
  out.put('~');
  out.put_number(static_cast<Int>(protocol));
  return out.text();
}

Text source_ip(Call& call) {
  char* const buffer = static_cast<char*>(call.arena->allocate(48));
  return buffer ? Text(buffer, sip::print_ip_bracketed(call.live->source, buffer)) : Text::failed();
}

sip::Protocol source_protocol(Call& call) {
  return call.live->socket ? call.live->socket->protocol : sip::Protocol::Udp;
}

/// Puts `param` at `at` into a Contact's URI; a URI without brackets gets them, so that the parameter is the URI's.
Code insert_into(Call& call, const sip::NameAddr& contact, const char* at, Text param) {
  if (param.is_failed()) return kFailed;
  sip::Edits& edits = call.live->edits;
  sip::Arena& arena = *call.arena;
  const std::uint32_t end = offset(call, end_of(contact.uri));
  bool good = true;
  if (!contact.bracketed) good &= edits.insert(arena, offset(call, contact.uri.ptr), "<", -1);
  good &= edits.insert(arena, offset(call, at), param);
  if (!contact.bracketed) good &= edits.insert(arena, end, ">", 1);
  return good ? kDone : kFailed;
}

}  // namespace

Code Nathelper::fix_nated_contact(Call& call) {
  const Text source = nathelper::source_host_port(call);
  if (source.is_failed()) return kFailed;
  return the_contact(call, [&](const sip::NameAddr&, const sip::Uri& uri) {
    const std::uint32_t at = offset(call, uri.host.ptr);
    return call.live->edits.replace(*call.arena, at, offset(call, end_of_host_port(uri)) - at, source) ? kDone
                                                                                                       : kFailed;
  });
}

Code Nathelper::add_contact_alias(Call& call) {
  const sip::Address& source = call.live->source;
  bool any = false;
  const Code code = the_contact(call, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    const auto ip = sip::parse_ip(uri.host.view());
    // Without a transport of its own the contact is not known to be the same.
    if (ip && ip->same_ip(source) && uri.port_or_default() == source.port && !uri.param("transport").is_null() &&
        uri.protocol() == source_protocol(call))
      return kDone;
    any = true;
    return insert_into(call, contact, end_of_host_port(uri),
                       alias_param(call, source_ip(call), source.port, source_protocol(call)));
  });
  return code == kDone && !any ? kNotNeeded : code;
}

Code Nathelper::add_contact_alias(Call& call, Text ip, Text port, Text protocol) {
  const auto address = ip.is_null() ? std::nullopt : sip::parse_ip(ip.view());
  const auto number = port.is_null() ? std::nullopt : sip::parse_number(port);
  const auto transport = protocol.is_null() ? std::nullopt : sip::parse_protocol(protocol.view());
  if (!address || !number || *number == 0 || *number > 65535 || !transport) {
    log_line(call, LogLevel::Err, "nathelper", {"add_contact_alias(): bad address, port or protocol"});
    return kFailed;
  }
  return the_contact(call, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    return insert_into(call, contact, end_of_host_port(uri), alias_param(call, ip, *number, *transport));
  });
}

Code Nathelper::set_contact_alias(Call& call) { return set_contact_alias(call, 0); }

Code Nathelper::set_contact_alias(Call& call, Int trim) {
  return the_contact(call, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    const auto old = trim != 0 ? find_alias(uri, true) : std::nullopt;
    if (old && old->to == end_of(uri.params) &&
        !call.live->edits.remove(*call.arena, offset(call, old->from), static_cast<std::uint32_t>(old->to - old->from)))
      return kFailed;
    return insert_into(call, contact, end_of(contact.uri),
                       alias_param(call, source_ip(call), call.live->source.port, source_protocol(call)));
  });
}

Code Nathelper::set_alias_to_pv(Call& call, const VariableRef& target) {
  if (!target.set) return kFailed;
  return the_contact(call, [&](const sip::NameAddr&, const sip::Uri& uri) {
    const auto alias = find_alias(uri, false);
    const Text as_uri = alias ? uri_of_flow(*call.arena, alias->value) : Text::failed();
    return !as_uri.is_failed() && target.set(&call, Value::of(as_uri)) > 0 ? kDone : kFailed;
  }) == kDone && call.message().first(sip::HeaderId::Contact) ? kDone : kFailed;
}

Code Nathelper::handle_ruri_alias(Call& call) { return handle_ruri_alias(call, 0); }

// Of several the first one counts; the last one where the mode is not 0.
Code Nathelper::handle_ruri_alias(Call& call, Int mode) {
  LiveMessage& live = *call.live;
  const sip::Uri* const uri = live.parsed_uri();
  if (!uri) return kFailed;
  const auto alias = find_alias(*uri, mode != 0);
  if (!alias) return kNotNeeded;
  const Text target = uri_of_flow(*call.arena, alias->value);
  if (target.is_failed()) {
    log_line(call, LogLevel::Err, "nathelper", {"handle_ruri_alias(): bad alias \"", alias->value, "\""});
    return kFailed;
  }
  const Text whole = uri->whole;
  const std::size_t head = static_cast<std::size_t>(alias->from - whole.ptr),
                    tail = static_cast<std::size_t>(end_of(whole) - alias->to);
  char* const buffer = static_cast<char*>(call.arena->allocate(head + tail));
  if (!buffer) return kFailed;
  std::memcpy(buffer, whole.ptr, head);
  std::memcpy(buffer + head, alias->to, tail);
  live.set_uri({buffer, head + tail});
  return set_dst_uri(live, *call.arena, target);
}

Code Nathelper::add_rcv_param(Call& call) { return add_rcv_param(call, 0); }

// With a flag it is a parameter of the URI, without quotes.
Code Nathelper::add_rcv_param(Call& call, Int flag) {
  const Text uri = nathelper::source_uri(call);
  if (uri.is_failed()) return kFailed;
  const std::size_t room = uri.len + 16;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return kFailed;
  sip::Writer out(buffer, room);
  out.put(";received=");
  if (flag == 0) out.put('"');
  out.put(uri);
  if (flag == 0) out.put('"');
  return each_contact(call, [&](const sip::NameAddr& contact) {
    const char* const at = end_of(flag == 0 ? contact.whole : contact.uri);
    return call.live->edits.insert(*call.arena, offset(call, at), out.text(), 2) ? kDone : kFailed;
  });
}

}  // namespace strowger
