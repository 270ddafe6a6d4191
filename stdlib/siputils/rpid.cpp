// Remote-Party-ID from the attribute that the parameter rpid_avp names: append_rpid_hf(), is_rpid_user_e164().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "siputils.interface.h"
#include "stdlib/siputils/numbers.h"

namespace strowger {
namespace {

/// The attribute's text; null where it has none, is a number, or is empty.
Text identity(Call& call) {
  const VariableRef* const variable = Siputils::Param::rpid_avp;
  if (!variable) {
    log_line(call, LogLevel::Err, "siputils", {"the parameter rpid_avp is not set"});
    return Text::null();
  }
  const Value value = variable->get(&call);
  return value.is_text() && !value.text().empty() ? value.text() : Text::null();
}

}  // namespace

Code Siputils::is_rpid_user_e164(Call& call) {
  const Text text = identity(call);
  if (text.is_null()) return -1;
  Text uri = text;
  if (text.view().find('<') != std::string_view::npos) {
    const auto address = sip::parse_name_addr(text);
    if (!address) return -1;
    uri = address->uri;
  }
  const auto parsed = sip::parse_uri(uri);
  if (!parsed) {
    log_line(call, LogLevel::Err, "siputils", {"\"", uri, "\" of rpid_avp is no URI"});
    return -1;
  }
  return siputils::is_e164_number(parsed->user) ? 1 : -1;
}

Code Siputils::append_rpid_hf(Call& call) { return append_rpid_hf(call, Param::rpid_prefix, Param::rpid_suffix); }

Code Siputils::append_rpid_hf(Call& call, Text prefix, Text suffix) {
  const Text parts[] = {"Remote-Party-ID: ", prefix, identity(call), suffix, "\r\n"};
  if (parts[2].is_null()) return -1;
  const Text line = Operators::concat(&call, parts, 5, 0);
  return !line.is_null() && call.live->edits.insert(*call.arena, call.live->message.headers_end(), line) ? 1 : -1;
}

}  // namespace strowger
