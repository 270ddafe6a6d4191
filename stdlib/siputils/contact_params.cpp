// The URI of Contact kept in a parameter: contact_param_encode() and back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   <sip:al@1.2.3.4:99>   <->   <ADDRESS;PARAM=BASE64URL-OF-THE-URI>
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/base64.h"
#include "siputils.interface.h"
#include "stdlib/siputils/contacts.h"

namespace strowger {
namespace {

/// base64url without padding.
Text encode(Call& call, Text text) {
  const std::size_t length = sip::base64_length(text.len, false);
  char* const out = static_cast<char*>(call.arena->allocate(length));
  if (!out) return Text::failed();
  sip::print_base64(sip::Base64::Url, false, text.ptr, text.len, out);
  return {out, length};
}

Text decode(Call& call, Text text) {
  char* const out = static_cast<char*>(call.arena->allocate(text.len + 1));
  if (!out) return Text::failed();
  std::size_t used = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text.view()) {
    if (c == '=') break;
    const int value = sip::base64_value(sip::Base64::Url, c == '+' ? '-' : c == '/' ? '_' : c);
    if (value < 0) return Text::failed();
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[used++] = static_cast<char>(bits >> held);
    }
  }
  return {out, used};
}

/// The URI kept in the parameter; null where there is no such parameter, failed where it is no URI.
Text kept_uri(Call& call, Text text, Text param) {
  const auto uri = sip::parse_uri(text);
  if (!uri) return Text::failed();
  const Text value = uri->param(param.view());
  if (value.is_null()) return Text::null();
  const Text original = decode(call, value);
  return sip::parse_uri(original) ? original : Text::failed();
}

}  // namespace

Code Siputils::contact_param_encode(Call& call, Text param, Text address) {
  return siputils::rewrite_contacts(call, [&](const sip::NameAddr& contact) -> Text {
    if (param.empty() || !sip::parse_uri(address)) return Text::failed();
    const Text parts[] = {address, ";", param, "=", encode(call, contact.uri)};
    return Operators::concat(&call, parts, 5, 4096);
  });
}

Code Siputils::contact_param_decode(Call& call, Text param) {
  return siputils::rewrite_contacts(call, [&](const sip::NameAddr& contact) { return kept_uri(call, contact.uri, param); });
}

Code Siputils::contact_param_decode_ruri(Call& call, Text param) {
  const Text uri = kept_uri(call, call.live->uri(), param);
  if (uri.is_null()) return -1;
  call.live->set_uri(uri);
  return 1;
}

Code Siputils::contact_param_rm(Call& call, Text param) {
  return siputils::rewrite_contacts(call, [&](const sip::NameAddr& contact) -> Text {
    const auto uri = sip::parse_uri(contact.uri);
    if (!uri) return Text::failed();
    if (uri->param(param.view()).is_null()) return Text::null();
    return remove_uri_param(*uri, param.view(), Occurrences::All, *call.arena);
  });
}

}  // namespace strowger
