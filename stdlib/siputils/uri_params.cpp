// Parameters of the request URI, URIs in variables, tel: to sip:.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "siputils.interface.h"

namespace strowger {
namespace {

/// The parameter of the request URI, the last one of the name; `found` tells whether it is there at all.
/// `exact`: the case of the name counts.
Text ruri_param(Call& call, Text name, bool exact, bool& found) {
  found = false;
  const sip::Uri* uri = call.live->parsed_uri();
  if (!uri) {
    log_line(call, LogLevel::Err, "siputils", {"the request URI cannot be parsed"});
    return Text::null();
  }
  Text rest = uri->params, value = Text::null();
  for (sip::Param param; sip::next_param(rest, param);) {
    if (exact ? param.name.view() != name.view() : !sip::equal_ignore_case(param.name, name)) continue;
    found = true;
    value = param.value.is_null() ? Text("") : param.value;
  }
  return value;
}

Text read(Call& call, const VariableRef& variable) { return Operators::value_to_text(&call, variable.get(&call)); }

Code write(Call& call, const VariableRef& variable, Text text) {
  if (text.is_null() || !variable.set) return -1;
  return variable.set(&call, Value::of(text)) > 0 ? 1 : -1;
}

/// Where the URI stands in a text that may be a name-addr: behind "scheme:".
std::size_t behind_scheme(Text text) {
  const std::size_t angle = text.view().find('<');
  const std::size_t colon = text.view().find(':', angle == std::string_view::npos ? 0 : angle);
  return colon == std::string_view::npos ? colon : colon + 1;
}

/// The '@' of the URI at `start`, or npos; it ends before '>' , ';' and '?' of a URI without user.
std::size_t at_sign(std::string_view text, std::size_t start) {
  const std::size_t end = text.find('>', start);
  const std::size_t at = text.substr(0, end).find('@', start);
  return at;
}

}  // namespace

Code Siputils::uri_param(Call& call, Text name) { return uri_param(call, name, ""); }

/// With the value given; an empty one means that the parameter has none.
Code Siputils::uri_param(Call& call, Text name, Text value) {
  bool found = false;
  const Text is = ruri_param(call, name, true, found);
  return found && Operators::text_eq(is, value) ? 1 : -1;
}

Code Siputils::uri_param_any(Call& call, Text name) {
  bool found = false;
  ruri_param(call, name, false, found);
  return found ? 1 : -1;
}

Code Siputils::get_uri_param(Call& call, Text name, const VariableRef& target) {
  bool found = false;
  const Text value = ruri_param(call, name, true, found);
  return found ? write(call, target, value) : -1;
}

Code Siputils::add_uri_param(Call& call, Text param) {
  if (param.empty()) return 1;
  const sip::Uri* uri = call.live->parsed_uri();
  if (!uri) return -1;
  const Text text = append_uri_param(*uri, param, *call.arena);
  if (text.is_null()) return -1;
  call.live->set_uri(text);
  return 1;
}

Code Siputils::uri_param_rm(Call& call, Text name) {
  const sip::Uri* uri = call.live->parsed_uri();
  if (!uri) return -1;
  if (uri->param(name.view()).is_null()) return 1;
  const Text text = remove_uri_param(*uri, name.view(), Occurrences::Last, *call.arena);
  if (text.is_null()) return -1;
  call.live->set_uri(text);
  return 1;
}

/// 2 for what is no tel: URI, which leaves the variable alone.
Code Siputils::tel2sip(Call& call, Text uri, Text host, const VariableRef& target) {
  if (uri.is_null()) return -1;
  if (uri.len < 4 || !sip::equal_ignore_case({uri.ptr, 4}, "tel:")) return 2;
  char* const number = static_cast<char*>(call.arena->allocate(uri.len));
  if (!number || host.empty()) return -1;
  std::size_t used = 0;
  bool in_number = true, global = false;
  for (char c : uri.view().substr(4)) {
    if (c == ';') in_number = false;
    if (in_number && (c == '-' || c == '.' || c == '(' || c == ')')) continue;   // RFC 3966 visual separators
    global = global || (in_number && c == '+' && used == 0);
    number[used++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  }
  const Text parts[] = {"sip:", {number, used}, "@", host, ";user=phone"};
  return write(call, target, Operators::concat(&call, parts, 5, kMaxRewrittenUri));
}

Code Siputils::set_uri_user(Call& call, const VariableRef& target, const VariableRef& source) {
  const Text user = read(call, source);
  if (user.is_null()) return -1;
  const Text uri = read(call, target);
  const std::size_t start = uri.is_null() ? std::string_view::npos : behind_scheme(uri);
  if (start == std::string_view::npos) {
    log_line(call, LogLevel::Err, "siputils", {"set_uri_user(): \"", uri, "\" is no URI"});
    return -1;
  }
  const std::size_t at = at_sign(uri.view(), start);
  const std::size_t host = at == std::string_view::npos ? start : at + 1;
  const Text parts[] = {{uri.ptr, start}, user, user.empty() ? Text("") : Text("@"), {uri.ptr + host, uri.len - host}};
  return write(call, target, Operators::concat(&call, parts, 4, kMaxRewrittenUri));
}

Code Siputils::set_uri_host(Call& call, const VariableRef& target, const VariableRef& source) {
  const Text host = read(call, source);
  const Text uri = read(call, target);
  const std::size_t start = uri.is_null() ? std::string_view::npos : behind_scheme(uri);
  if (start == std::string_view::npos || host.empty()) {
    log_line(call, LogLevel::Err, "siputils", {"set_uri_host(): \"", uri, "\" is no URI, or the host is empty"});
    return -1;
  }
  const std::string_view view = uri.view();
  const std::size_t at = at_sign(view, start);
  const std::size_t host_at = at == std::string_view::npos ? start : at + 1;
  std::size_t end = host_at;
  if (end < view.size() && view[end] == '[') end = std::min(view.find(']', end), view.size());
  end = std::min(view.find_first_of(":;?>", end), view.size());
  const Text parts[] = {{uri.ptr, host_at}, host, {uri.ptr + end, uri.len - end}};
  return write(call, target, Operators::concat(&call, parts, 3, kMaxRewrittenUri));
}

}  // namespace strowger
