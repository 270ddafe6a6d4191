// What a session description says: media, transports, codecs, lines.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "sdpops.interface.h"
#include "stdlib/sdpops/codecs.h"

namespace strowger {
namespace {

using sdpops::Description;
using sdpops::Found;
using sdpops::Stream;

/// Is there a stream that `f` says yes to?
template <class F>
Code any_stream(Call& call, F f) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  Stream stream;
  for (Text rest = sdp.text; sdpops::next_stream(rest, stream);)
    if (f(stream)) return 1;
  return -1;
}

/// Only an AVP takes the result.
bool is_avp(Call& call, const VariableRef& target, std::string_view function) {
  if (target.set && target.name.view().starts_with("$avp(")) return true;
  log_line(call, LogLevel::Err, "sdpops", {function, ": ", target.name, " is no AVP"});
  return false;
}

}  // namespace

Code Sdpops::sdp_with_media(Call& call, Text type) {
  return any_stream(call, [&](const Stream& s) { return sip::equal_ignore_case(s.media, type); });
}

Code Sdpops::sdp_with_active_media(Call& call, Text type) {
  return any_stream(call, [&](const Stream& s) {
    return sip::equal_ignore_case(s.media, type) && s.port.view() != "0" && !s.inactive;
  });
}

Code Sdpops::sdp_with_transport(Call& call, Text transport) {
  return any_stream(call, [&](const Stream& s) { return sip::equal_ignore_case(s.transport, transport); });
}

Code Sdpops::sdp_with_transport_like(Call& call, Text part) {
  return any_stream(call, [&](const Stream& s) { return s.transport.view().find(part.view()) != std::string_view::npos; });
}

// No body at all is no failure: the AVP is left alone.
Code Sdpops::sdp_transport(Call& call, const VariableRef& target) {
  if (!is_avp(call, target, "sdp_transport()")) return -1;
  Description sdp;
  const Found found = sdpops::find_description(call.live->message, sdp);
  if (found != Found::Good) return found == Found::Missing ? 1 : -1;
  Stream stream;
  Text transport;
  for (Text rest = sdp.text; sdpops::next_stream(rest, stream);) {
    if (transport.is_null()) transport = stream.transport;
    else if (!sip::equal_ignore_case(transport, stream.transport)) return -2;
  }
  return target.set(&call, Value::of(transport));
}

// 1: every stream has all of them; 2: some are missing somewhere; -1: none is there.
Code Sdpops::sdp_with_codecs_by_id(Call& call, Text list) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -2;
  return sdpops::ask_for(sdp, list);
}

Code Sdpops::sdp_with_codecs_by_name(Call& call, Text list) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  const Text ids = sdpops::ids_of_names(call, sdp, list);
  return ids.empty() ? -1 : sdpops::ask_for(sdp, ids);
}

Code Sdpops::sdp_content(Call& call) {
  Description sdp;
  return sdpops::find_description(call.live->message, sdp) == Found::Good ? 1 : -1;
}

// Only the type is looked at.
Code Sdpops::sdp_content(Call& call, Text) {
  const sip::Message& message = call.live->message;
  if (message.body().len == 0) return -1;
  const Text boundary = sip::boundary_of(message);
  sip::Part part;
  const bool there = boundary.is_null()
                         ? sip::equal_ignore_case(sip::bare_type(message.value_of(sip::HeaderId::ContentType)), "application/sdp")
                         : !boundary.empty() && sip::find_part(message.body(), boundary, "application/sdp", part);
  return there ? 1 : -1;
}

Code Sdpops::sdp_with_ice(Call& call) {
  Text rest = call.live->message.body(), line;
  while (sip::next_line(rest, line))
    if (sdpops::starts_with(line, "a=candidate")) return 1;
  return -1;
}

Code Sdpops::sdp_get_address_family(Call& call) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good || sdp.family == 0) return -1;
  return sdp.family;
}

Code Sdpops::sdp_get(Call& call, const VariableRef& target) {
  if (!is_avp(call, target, "sdp_get()")) return -1;
  Description sdp;
  const Found found = sdpops::find_description(call.live->message, sdp);
  if (found != Found::Good) return found == Found::Missing ? -2 : -1;
  return target.set(&call, Value::of(sdp.text));
}

// The line comes without its CRLF; a lone LF stays.
Code Sdpops::sdp_get_line_startswith(Call& call, const VariableRef& target, Text prefix) {
  if (prefix.empty() || !is_avp(call, target, "sdp_get_line_startswith()")) return -1;
  Description sdp;
  const Found found = sdpops::find_description(call.live->message, sdp);
  if (found != Found::Good) return found == Found::Missing ? -2 : -1;
  Text rest = sdp.text, line;
  while (!rest.empty()) {
    const Text from = rest;
    if (!sip::next_line(rest, line)) break;
    if (!sdpops::starts_with(from, prefix)) continue;
    if (line.view().ends_with("\r\n")) line.len -= 2;
    return target.set(&call, Value::of(line));
  }
  return -1;
}

Code Sdpops::sdp_print(Call& call, Int level) {
  Description sdp;
  const Found found = sdpops::find_description(call.live->message, sdp);
  if (found != Found::Good) return found == Found::Missing ? 1 : -1;
  const auto to = static_cast<LogLevel>(level < -5 ? -5 : level > 3 ? 3 : level);
  log_line(call, to, "sdpops", {"session version ", sdp.version, ", address family ", Int{sdp.family}});
  Stream stream;
  Int number = 0;
  for (Text rest = sdp.text; sdpops::next_stream(rest, stream);)
    log_line(call, to, "sdpops", {"stream ", number++, ": ", stream.media, " port ", stream.port, " ", stream.transport,
                                  " payloads", stream.payloads});
  return 1;
}

Text Sdpops::get_sdp(Call& call, Text key) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return Text::null();
  if (key.view() == "body") return sdp.text;
  if (key.view() != "sess_version" || sdp.version.empty() || sdp.version.len > 11) return Text::null();
  const std::size_t sign = sdp.version.ptr[0] == '-' ? 1 : 0;
  const Text digits{sdp.version.ptr + sign, sdp.version.len - sign};
  if (digits.len == 0) return sdp.version;
  const auto number = sip::parse_number(digits);
  return number && *number <= INT32_MAX ? sdp.version : Text::null();
}

Code Sdpops::set_sdp(Call& call, Text key, Value value) {
  if (key.view() != "sess_version" || !value.is_int()) {
    log_line(call, LogLevel::Err, "sdpops", {"$sdp(", key, ") takes no such value"});
    return -1;
  }
  const Text old = get_sdp(call, key);
  if (old.empty()) return -1;
  const auto was = sip::parse_number(old);
  if (value.number() == -1 && !was) return -1;
  char digits[24];
  sip::Writer out(digits, sizeof digits);
  out.put_number(value.number() == -1 ? Int{*was} + 1 : value.number());
  return replace_text(call, offset_of(call, old), static_cast<std::uint32_t>(old.len), out.text()) ? 1 : -1;
}

}  // namespace strowger
