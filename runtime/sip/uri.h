// SIP, SIPS, TEL and URN URIs (RFC 3261 §19.1, RFC 3966), as views.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::sip {

enum class Scheme : std::uint8_t { Sip, Sips, Tel, Tels, Urn };

/// Parts that are absent are null texts; present but empty ones are "". For tel: `user` is the number, no host.
/// For urn:service:sos `user` is "service" and `host` is "sos".
struct Uri {
  Scheme scheme = Scheme::Sip;
  Text whole, scheme_text, user, password, host, port_text, params, headers;
  Text number_params;            ///< of tel: behind the first ';' (RFC 3966); `params` stays null there, as in Kamailio
  std::uint16_t port = 0;        ///< 0 when absent

  /// The value of a parameter ("" when it has none), null when absent. Names ignore case; the last one wins.
  Text param(std::string_view name) const;
  Text transport() const { return param("transport"); }
  /// The port to use: the written one, else 5060 or 5061 by scheme.
  std::uint16_t port_or_default() const { return port ? port : scheme == Scheme::Sips ? 5061 : 5060; }
  /// The protocol to use by scheme and transport parameter; nothing for an unknown transport.
  std::optional<Protocol> protocol() const;
  bool has_user() const { return !user.is_null() && user.len > 0; }
};

/// Nothing when it is not such a URI (unknown scheme, bad port, control bytes, no host).
std::optional<Uri> parse_uri(Text text);

/// One `name[=value]` of a `;`-separated list; quotes around values are removed.
struct Param { Text name, value; bool has_value = false; };
/// Walks a list such as "a=1;b;c=\"x;y\"". `rest` moves behind the parameter read.
bool next_param(Text& rest, Param& out, char separator = ';');

/// RFC 3261 §19.1.4 comparison, as cmp_uri() of siputils needs it.
bool same_uri(const Uri& a, const Uri& b);

}  // namespace strowger::sip
