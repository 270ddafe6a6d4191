// Addresses of P-Asserted-Identity, P-Preferred-Identity, Remote-Party-ID, Diversion and Refer-To; the credentials.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

/// The address at an index over all lines of the header.
std::optional<sip::NameAddr> address_at(const Message& message, HeaderId id, Index index) {
  if (index == kNoIndex || index < 0) index = 0;   // as in Kamailio 5.6.3
  for (const Header* h = message.first(id); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (const std::optional<sip::NameAddr> address = sip::next_name_addr(rest))
      if (index-- == 0) return address;
  }
  return std::nullopt;
}

Text uri_at(Call& call, HeaderId id, Index index) {
  const std::optional<sip::NameAddr> address = address_at(call.live->message, id, index);
  return address ? address->uri : Text::null();
}

Text diversion_param(Call& call, std::string_view name) {
  const std::optional<sip::NameAddr> address = address_at(call.live->message, HeaderId::Diversion, kNoIndex);
  return address ? address->param(name) : Text::null();
}

/// A parameter of the credentials in Proxy-Authorization or else Authorization; null without credentials, and for those
/// of another scheme than Digest.
Text credential(const Message& message, std::string_view name, bool& found) {
  found = false;
  for (const HeaderId id : {HeaderId::ProxyAuthorization, HeaderId::Authorization}) {
    const Header* h = message.first(id);
    if (!h) continue;
    Text rest = sip::trim(message.value(*h));
    std::size_t scheme = 0;
    while (scheme < rest.len && !sip::is_lws(rest.ptr[scheme])) ++scheme;
    if (!sip::equal_ignore_case(pv::part(rest, 0, scheme), Text("digest"))) continue;
    found = true;
    rest = pv::from(rest, scheme);
    sip::Param param;
    while (sip::next_param(rest, param, ','))
      if (sip::equal_ignore_case(param.name, name)) return param.value;
    return Text::null();
  }
  return Text::null();
}

/// "" where the credentials have no such parameter, null where there are none.
Text credential(Call& call, std::string_view name) {
  bool found = false;
  const Text value = credential(call.live->message, name, found);
  return found && value.is_null() ? Text("") : value;
}

}  // namespace

Text Pv::get_ai(Call& call, Index index) { return uri_at(call, HeaderId::PAssertedIdentity, index); }
Text Pv::get_pu(Call& call, Index index) { return uri_at(call, HeaderId::PPreferredIdentity, index); }
Text Pv::get_pU(Call& call, Index index) {
  const std::optional<sip::Uri> uri = sip::parse_uri(uri_at(call, HeaderId::PPreferredIdentity, index));
  return uri && !uri->user.empty() ? uri->user : Text::null();
}
Text Pv::get_pd(Call& call, Index index) {
  const std::optional<sip::Uri> uri = sip::parse_uri(uri_at(call, HeaderId::PPreferredIdentity, index));
  return uri ? uri->host : Text::null();
}
Text Pv::get_pn(Call& call, Index index) {
  const std::optional<sip::NameAddr> address = address_at(call.live->message, HeaderId::PPreferredIdentity, index);
  return address ? address->display : Text::null();
}
Text Pv::get_re(Call& call) { return uri_at(call, HeaderId::RemotePartyId, kNoIndex); }
Text Pv::get_di(Call& call) { return uri_at(call, HeaderId::Diversion, kNoIndex); }
Text Pv::get_dir(Call& call) { return diversion_param(call, "reason"); }
Text Pv::get_dip(Call& call) { return diversion_param(call, "privacy"); }
Text Pv::get_dic(Call& call) { return diversion_param(call, "counter"); }
Text Pv::get_rt(Call& call) { return uri_at(call, HeaderId::ReferTo, kNoIndex); }

Text Pv::get_aU(Call& call) { return credential(call, "username"); }
Text Pv::get_au(Call& call) {
  Text user = credential(call, "username");
  if (user.is_null()) return user;
  if (user.view().starts_with("sip:")) user = pv::from(user, 4);
  return pv::part(user, 0, pv::find_byte(user, '@'));
}
Text Pv::get_ad(Call& call) {
  const Text user = credential(call, "username");
  if (user.is_null()) return user;
  const std::size_t at = pv::find_byte(user, '@');
  return at < user.len ? pv::from(user, at + 1) : Text("");
}
Text Pv::get_ar(Call& call) { return credential(call, "realm"); }
Text Pv::get_adu(Call& call) {
  const Text uri = credential(call, "uri");
  return uri.empty() ? Text::null() : uri;
}
Text Pv::get_aa(Call& call) { return credential(call, "algorithm"); }
Text Pv::get_adn(Call& call) { return credential(call, "nonce"); }
Text Pv::get_adc(Call& call) { return credential(call, "cnonce"); }
Text Pv::get_adr(Call& call) { return credential(call, "response"); }
Text Pv::get_ado(Call& call) { return credential(call, "opaque"); }

// Credentials count where an auth module has accepted them.
Text Pv::get_AU(Call& call) { return call.live->authorized_user.is_null() ? get_fU(call) : get_au(call); }

Text Pv::get_Au(Call& call) {
  const bool has = !call.live->authorized_user.is_null();
  const Text parts[] = {has ? get_au(call) : get_fU(call), "@", has ? get_ar(call) : get_fd(call)};
  if (parts[0].is_null() || parts[2].is_null()) return Text::null();
  return Operators::concat(&call, parts, 3, 0);
}

}  // namespace strowger
