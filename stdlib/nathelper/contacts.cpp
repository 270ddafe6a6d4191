// Contacts of phones behind NAT: the address seen in place of the one written, or as the parameter alias.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/contact_uri.h"
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
    Text rest = sip::trim(message.value(*h));
    if (rest.view() == "*") continue;
    do {
      const auto contact = sip::next_name_addr(rest);
      if (!contact || (!contact->bracketed && contact->uri.view().find(':') == std::string_view::npos)) return kFailed;
      if (const Code code = f(*contact); code != kDone) return code;
    } while (!sip::trim(rest).empty());
  }
  return kDone;
}

/// Calls `f(contact, uri)` for the contact that can be rewritten; `without` is the result where there is no Contact.
template <class F>
Code the_contact(Call& call, Code without, F f) {
  if (!call.message().first(sip::HeaderId::Contact)) return without;
  const auto contact = nathelper::the_contact(call.message());
  const auto uri = contact ? sip::parse_uri(contact->uri) : std::nullopt;
  return uri && !uri->host.empty() ? f(*contact, *uri) : kFailed;
}

bool is_rewritten(Call& call, const sip::NameAddr& contact) {
  return !rewritten_contact_uri(*call.live, contact.uri).is_null();
}

/// Copies of the parts, one behind the other, in the arena, and where they lie; null when it is full.
const Text* joined(sip::Arena& arena, std::initializer_list<Text> parts) {
  std::size_t room = 0;
  for (const Text part : parts) room += part.len;
  char* const buffer = static_cast<char*>(arena.allocate(room));
  Text* const text = static_cast<Text*>(arena.allocate(sizeof(Text)));
  if (!buffer || !text) return nullptr;
  sip::Writer out(buffer, room);
  for (const Text part : parts) out.put(part);
  return new (text) Text(out.text());
}

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

/// The value of a parameter, and from where to where the parameter stands, with the ';' in front.
struct Found {
  Text value;
  const char* from = nullptr;
  const char* to = nullptr;
};

/// The first parameter of that name, or the last one; nothing without.
std::optional<Found> find_param(const sip::Uri& uri, std::string_view name, bool last, bool any_case) {
  std::optional<Found> found;
  Text rest = uri.params;
  while (!rest.empty()) {
    const char* const start = rest.ptr;
    sip::Param param;
    if (!sip::next_param(rest, param)) break;
    if (any_case ? !sip::equal_ignore_case(param.name, name) : param.name.view() != name) continue;
    found = Found{param.value, start - 1, rest.empty() ? uri.params.ptr + uri.params.len : rest.ptr - 1};
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
Code insert_into(Call& call, const sip::NameAddr& contact, const char* at, Text param, const Text* rewritten = nullptr) {
  if (param.is_failed()) return kFailed;
  sip::Edits& edits = call.live->edits;
  sip::Arena& arena = *call.arena;
  const std::uint32_t end = offset(call, end_of(contact.uri));
  bool good = true;
  if (!contact.bracketed) good &= edits.insert(arena, offset(call, contact.uri.ptr), "<", -1);
  good &= edits.add(arena, {offset(call, at), 0, param, 0, rewritten ? kTagContactUri : std::uint8_t{0}, nullptr, rewritten});
  if (!contact.bracketed) good &= edits.insert(arena, end, ">", 1);
  return good ? kDone : kFailed;
}

}  // namespace

// The parameter maddr goes: it would lead past the address that was seen.
Code Nathelper::fix_nated_contact(Call& call) {
  const Text source = nathelper::source_host_port(call);
  if (source.is_failed()) return kFailed;
  return the_contact(call, kFailed, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    if (is_rewritten(call, contact)) return kFailed;
    const char* const behind = end_of_host_port(uri);
    const char* const end = end_of(contact.uri);
    const auto maddr = find_param(uri, "maddr", true, true);
    const char* const from = maddr ? maddr->from : end;
    const char* const to = maddr ? maddr->to : end;
    const Text* const now = joined(*call.arena, {between(uri.whole.ptr, uri.host.ptr), source, between(behind, from), between(to, end)});
    if (!now) return kFailed;
    const auto at = static_cast<std::size_t>(uri.host.ptr - uri.whole.ptr);
    return call.live->edits.add(*call.arena, {offset(call, uri.host.ptr), static_cast<std::uint32_t>(end - uri.host.ptr),
                                              {now->ptr + at, now->len - at}, 0, kTagContactUri, nullptr, now})
               ? kDone
               : kFailed;
  });
}

Code Nathelper::add_contact_alias(Call& call) {
  const sip::Address& source = call.live->source;
  return the_contact(call, kNotNeeded, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    const auto ip = sip::parse_ip(uri.host.view());
    // Without a transport of its own the contact is not known to be the same.
    if (ip && ip->same_ip(source) && uri.port_or_default() == source.port && !uri.param("transport").is_null() &&
        uri.protocol() == source_protocol(call))
      return kNotNeeded;
    if (is_rewritten(call, contact)) return kFailed;
    return insert_into(call, contact, end_of_host_port(uri),
                       alias_param(call, source_ip(call), source.port, source_protocol(call)));
  });
}

Code Nathelper::add_contact_alias(Call& call, Text ip, Text port, Text protocol) {
  if (!call.message().first(sip::HeaderId::Contact)) return kNotNeeded;
  const auto address = ip.is_null() ? std::nullopt : sip::parse_ip(ip.view());
  const auto number = port.is_null() ? std::nullopt : sip::parse_number(port);
  const auto transport = protocol.is_null() ? std::nullopt : sip::parse_protocol(protocol.view());
  if (!address || !number || *number == 0 || *number > 65535 || !transport) {
    log_line(call, LogLevel::Err, "nathelper", {"add_contact_alias(): bad address, port or protocol"});
    return kFailed;
  }
  return the_contact(call, kNotNeeded, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    if (is_rewritten(call, contact)) return kFailed;
    return insert_into(call, contact, end_of_host_port(uri), alias_param(call, ip, *number, *transport));
  });
}

Code Nathelper::set_contact_alias(Call& call) { return set_contact_alias(call, 0); }

Code Nathelper::set_contact_alias(Call& call, Int trim) {
  return the_contact(call, kFailed, [&](const sip::NameAddr& contact, const sip::Uri& uri) {
    if (is_rewritten(call, contact)) return kFailed;
    const Text param = alias_param(call, source_ip(call), call.live->source.port, source_protocol(call));
    if (param.is_failed()) return kFailed;
    const char* const end = end_of(contact.uri);
    const auto old = trim != 0 ? find_param(uri, Param::alias_name.view(), false, false) : std::nullopt;
    const char* const from = old ? old->from : end;
    const char* const to = old ? old->to : end;
    if (old && !call.live->edits.remove(*call.arena, offset(call, from), static_cast<std::uint32_t>(to - from))) return kFailed;
    const Text* const now = joined(*call.arena, {between(contact.uri.ptr, from), between(to, end), param});
    return now ? insert_into(call, contact, end, param, now) : kFailed;
  });
}

Code Nathelper::set_alias_to_pv(Call& call, const VariableRef& target) {
  if (!target.set) return kFailed;
  return the_contact(call, kFailed, [&](const sip::NameAddr&, const sip::Uri& uri) {
    const auto alias = find_param(uri, Param::alias_name.view(), false, false);
    const Text as_uri = alias ? uri_of_flow(*call.arena, alias->value, true) : Text::failed();
    return !as_uri.is_failed() && target.set(&call, Value::of(as_uri)) > 0 ? kDone : kFailed;
  });
}

Code Nathelper::handle_ruri_alias(Call& call) { return handle_ruri_alias(call, 0); }

// Of several the first one counts; the last one where the mode is not 0.
Code Nathelper::handle_ruri_alias(Call& call, Int mode) {
  LiveMessage& live = *call.live;
  const sip::Uri* const uri = live.parsed_uri();
  if (!uri) return kFailed;
  const auto alias = find_param(*uri, Param::alias_name.view(), mode != 0, false);
  if (!alias || alias->value.empty()) return kNotNeeded;
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
    if (flag != 0 && is_rewritten(call, contact)) return kFailed;
    const char* const at = end_of(flag == 0 ? contact.whole : contact.uri);
    return call.live->edits.insert(*call.arena, offset(call, at), out.text(), 2) ? kDone : kFailed;
  });
}

}  // namespace strowger
