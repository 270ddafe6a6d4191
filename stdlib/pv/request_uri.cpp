// $ru, $ou, $du and $nh by their parts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "stdlib/pv/slow_paths.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

Text pv::bad_request_uri(Call& call) {
  log_line(call, LogLevel::Err, "pv", {"the request URI \"", call.live->uri(), "\" is not one"});
  return Text::null();
}

namespace {

const sip::Uri* request_uri(Call& call) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return nullptr;
  const sip::Uri* uri = live.parsed_uri();
  if (!uri) pv::bad_request_uri(call);
  return uri;
}

std::optional<sip::Uri> received_uri(Call& call) {
  const sip::Message& message = call.live->message;
  return message.is_request() ? sip::parse_uri(message.ruri()) : std::nullopt;
}

std::optional<sip::Uri> dst_uri(Call& call) {
  const Text text = call.live->dst_uri;
  if (text.empty()) return std::nullopt;
  std::optional<sip::Uri> uri = sip::parse_uri(text);
  if (!uri) log_line(call, LogLevel::Err, "pv", {"$du \"", text, "\" is no URI"});
  return uri;
}

Text port_of(const sip::Uri& uri) {
  if (!uri.port_text.empty()) return uri.port_text;
  return sip::equal_ignore_case(uri.transport(), Text("tls")) ? Text("5061") : Text("5060");   // the scheme does not count
}

Text transport_of(const sip::Uri& uri) {
  const Text transport = uri.transport();
  return transport.empty() ? Text("UDP") : transport;
}

Text user_of(const sip::Uri& uri) { return uri.user.empty() ? Text::null() : uri.user; }

/// The value as a text; what is not one is refused with a log line.
bool as_text(Call& call, Value value, std::string_view name, Text& out) {
  if (value.kind == Value::kText || value.kind == Value::kIntText) {
    out = value.text();
    return true;
  }
  log_line(call, LogLevel::Err, "pv", {name, " takes a text"});
  return false;
}

Code written(Call& call, Code code, std::string_view name) {
  if (code < 0) log_line(call, LogLevel::Err, "pv", {name, " cannot be set in \"", call.live->uri(), "\""});
  return code;
}

}  // namespace

Text Pv::get_rp(Call& call) {
  const sip::Uri* uri = request_uri(call);
  return uri ? port_of(*uri) : Text::null();
}
Text Pv::get_rP(Call& call) {
  const sip::Uri* uri = request_uri(call);
  return uri ? transport_of(*uri) : Text::null();
}

// A sip: or sips: URI with user=phone counts as tel.
Text Pv::get_rz(Call& call) {
  const sip::Uri* uri = request_uri(call);
  if (!uri) return Text::null();
  const bool is_sip = uri->scheme == sip::Scheme::Sip || uri->scheme == sip::Scheme::Sips;
  if (is_sip && call.process().settings.phone2tel && uri->param("user").view() == "phone") return "tel";
  switch (uri->scheme) {
    case sip::Scheme::Sip: return "sip";
    case sip::Scheme::Sips: return "sips";
    case sip::Scheme::Tel: return "tel";
    case sip::Scheme::Tels: return "tels";
    case sip::Scheme::Urn: return "urn";
  }
  return Text::null();
}

Code Pv::set_ru(Call& call, Value value) {
  Text text;
  if (!as_text(call, value, "$ru", text)) return -1;
  return written(call, set_uri(*call.live, *call.arena, text), "$ru");
}

Code Pv::set_rU(Call& call, Value value) {
  Text text;
  if (!value.is_null() && !as_text(call, value, "$rU", text)) return -1;
  return written(call, set_user(*call.live, *call.arena, text), "$rU");
}

Code Pv::set_rd(Call& call, Value value) {
  Text text;
  if (!as_text(call, value, "$rd", text)) return -1;
  return written(call, set_host(*call.live, *call.arena, text), "$rd");
}

Code Pv::set_rp(Call& call, Value value) {
  return written(call, set_port(*call.live, *call.arena, Operators::value_to_text(&call, value)), "$rp");
}

Text Pv::get_ou(Call& call) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return Text::null();
  const bool good = live.new_uri.is_null() ? live.parsed_uri() != nullptr : received_uri(call).has_value();
  return good ? live.message.ruri() : Text::null();
}
Text Pv::get_oU(Call& call) {
  const std::optional<sip::Uri> uri = received_uri(call);
  return uri ? user_of(*uri) : Text::null();
}
Text Pv::get_od(Call& call) {
  const std::optional<sip::Uri> uri = received_uri(call);
  return uri ? uri->host : Text::null();
}
Text Pv::get_op(Call& call) {
  const std::optional<sip::Uri> uri = received_uri(call);
  return uri ? port_of(*uri) : Text::null();
}
Text Pv::get_oP(Call& call) {
  const std::optional<sip::Uri> uri = received_uri(call);
  return uri ? transport_of(*uri) : Text::null();
}
Value Pv::get_oUl(Call& call) {
  const std::optional<sip::Uri> uri = received_uri(call);
  return uri ? Value::of(static_cast<Int>(uri->user.len)) : Value::null();
}

Code Pv::set_du(Call& call, Value value) {
  Text text;
  if (!value.is_null() && !as_text(call, value, "$du", text)) return -1;
  return set_dst_uri(*call.live, *call.arena, text);
}

Text Pv::get_dd(Call& call) {
  const std::optional<sip::Uri> uri = dst_uri(call);
  return uri ? uri->host : Text::null();
}
Text Pv::get_dp(Call& call) {
  const std::optional<sip::Uri> uri = dst_uri(call);
  return uri ? port_of(*uri) : Text::null();
}
Text Pv::get_dP(Call& call) {
  const std::optional<sip::Uri> uri = dst_uri(call);
  return uri ? transport_of(*uri) : Text::null();
}

namespace {

/// "4", "6", or "0" for a name.
Text family_of(Text host) {
  const auto address = sip::parse_ip(host.view());
  return !address ? Text("0") : address->family == 4 ? Text("4") : Text("6");
}

}  // namespace

Text Pv::get_nh(Call& call, Text part) {
  LiveMessage& live = *call.live;
  if (part.empty()) return Text::null();
  if (!live.message.is_request()) return pv::reply_next_hop(call, part.ptr[0]);
  const Text whole = live.dst_uri.empty() ? live.uri() : live.dst_uri;
  if (part.ptr[0] == 'u') return whole;
  const std::optional<sip::Uri> uri = sip::parse_uri(whole);
  if (!uri) return Text::null();
  switch (part.ptr[0]) {
    case 'U': return user_of(*uri);
    case 'd': return uri->host;
    case 'p': return uri->port_text.empty() ? Text("5060") : uri->port_text;
    case 'P': return transport_of(*uri);
    case 'i': return family_of(uri->host);
    default: return Text::null();
  }
}

}  // namespace strowger
