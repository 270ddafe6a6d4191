// Addresses hidden in the user of Contact: encode_contact() and back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   sip:al:pw@1.2.3.4:99;transport=tcp   <->   sip:PREFIX*al*pw*1.2.3.4*99*tcp@HOST
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "siputils.interface.h"
#include "stdlib/siputils/contacts.h"

namespace strowger {
namespace {

constexpr Code kCannotDecode = -26;

char separator() { return Siputils::Param::contact_flds_separator.empty() ? '*' : Siputils::Param::contact_flds_separator.ptr[0]; }

/// The original of an encoded URI; failed when it is none. Parameters behind the encoded address stay.
Text decode(Call& call, Text text) {
  const auto uri = sip::parse_uri(text);
  if (!uri || uri->user.is_null()) return Text::failed();
  Text fields[6];   // prefix, user, password, host, port, protocol
  std::string_view rest = uri->user.view();
  for (int i = 0; i < 6; ++i) {
    const std::size_t end = i < 5 ? rest.find(separator()) : rest.size();
    if (end == std::string_view::npos) return Text::failed();
    fields[i] = rest.substr(0, end);
    rest.remove_prefix(i < 5 ? end + 1 : end);
  }
  if (fields[3].empty()) return Text::failed();
  const bool user = !fields[1].empty();
  const Text none = "";
  const Text parts[] = {
      uri->scheme_text, ":", fields[1], user && !fields[2].empty() ? Text(":") : none, user ? fields[2] : none,
      user ? Text("@") : none, fields[3], fields[4].empty() ? none : Text(":"), fields[4],
      fields[5].empty() ? none : Text(";transport="), fields[5], uri->params.empty() ? none : Text(";"),
      uri->params.empty() ? none : uri->params};
  return Operators::concat(&call, parts, 13, kMaxRewrittenUri);
}

bool has_contact(Call& call) {
  if (call.live->message.first(sip::HeaderId::Contact)) return true;
  log_line(call, LogLevel::Err, "siputils", {"there is no Contact"});
  return false;
}

}  // namespace

Code Siputils::encode_contact(Call& call, Text prefix, Text host) {
  if (!has_contact(call)) return -1;
  const char mark = separator();
  const Text star(&mark, 1);
  return siputils::rewrite_contacts(call, [&](const sip::NameAddr& contact) -> Text {
    const auto uri = sip::parse_uri(contact.uri);
    if (!uri || uri->host.is_null()) return Text::failed();
    const Text parts[] = {uri->scheme_text, ":", prefix, star, uri->user, star, uri->password, star, uri->host, star,
                          uri->port_text, star, uri->transport(), "@", host};
    return Operators::concat(&call, parts, 15, kMaxRewrittenUri);
  });
}

Code Siputils::decode_contact(Call& call) {
  const Text uri = decode(call, call.live->uri());
  if (uri.is_null()) {
    log_line(call, LogLevel::Err, "siputils", {"decode_contact(): \"", call.live->uri(), "\" holds no address"});
    return kCannotDecode;
  }
  call.live->set_uri(uri);
  return 1;
}

Code Siputils::decode_contact_header(Call& call) {
  if (!has_contact(call)) return -1;
  const Code code = siputils::rewrite_contacts(call, [&](const sip::NameAddr& contact) { return decode(call, contact.uri); });
  return code > 0 ? 1 : kCannotDecode;
}

}  // namespace strowger
