// Rewriting parts of a URI: the core's sethost(), setuser(), strip() ... and the setters of $ru, $rU, $rd, $rp.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/live_message.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/uri.h"

namespace strowger {

/// A rewritten URI part may make the URI at most this long (semantics-verified.md 217).
inline constexpr std::size_t kMaxRewrittenUri = 1023;

// ---- any URI -----------------------------------------------------------------------------------------------------
// Each gives the new URI in `arena`, or a failed text: the URI would be too long, or has no such part.

/// Empty or null removes user and password; otherwise a password stays.
Text replace_user(const sip::Uri& uri, Text user, sip::Arena& arena);
/// "user[:password]" replaces both; empty removes both.
Text replace_user_password(const sip::Uri& uri, Text user_password, sip::Arena& arena);
/// Host only; a tel: URI becomes sip:NUMBER@host;user=phone.
Text replace_host(const sip::Uri& uri, Text host, sip::Arena& arena);
/// "host[:port]": both; parameters stay.
Text replace_host_port(const sip::Uri& uri, Text host_port, sip::Arena& arena);
/// As before, and the transport parameter goes; `host_port` may bring a new one.
Text replace_host_port_transport(const sip::Uri& uri, Text host_port, sip::Arena& arena);
/// Empty or null removes the port. Failed for tel: URIs.
Text replace_port(const sip::Uri& uri, Text port, sip::Arena& arena);
/// Appends ";name[=value]" (given whole, without ';') to the URI parameters.
Text append_uri_param(const sip::Uri& uri, Text param, sip::Arena& arena);
enum class Occurrences : std::uint8_t { All, Last };
/// Drops the parameters of that name, or the last one.
Text remove_uri_param(const sip::Uri& uri, std::string_view name, Occurrences which, sip::Arena& arena);

// ---- the request URI of a message --------------------------------------------------------------------------------
// 1 when done: the URI in force is rewritten and counts as new for forking. -1 when it cannot be parsed or the result is
// refused; nothing is changed then. The texts are copied.

/// The whole URI, unchecked. -1 for null.
Code set_uri(LiveMessage& live, sip::Arena& arena, Text uri);
Code set_user(LiveMessage& live, sip::Arena& arena, Text user);
Code set_user_password(LiveMessage& live, sip::Arena& arena, Text user_password);
Code set_host(LiveMessage& live, sip::Arena& arena, Text host);
Code set_host_port(LiveMessage& live, sip::Arena& arena, Text host_port);
Code set_host_port_transport(LiveMessage& live, sip::Arena& arena, Text host_port);
Code set_port(LiveMessage& live, sip::Arena& arena, Text port);
Code prefix_user(LiveMessage& live, sip::Arena& arena, Text prefix);
/// More than there are removes user and password (`too_many` is set then).
Code strip_user(LiveMessage& live, sip::Arena& arena, Int count, bool& too_many);
Code strip_user_tail(LiveMessage& live, sip::Arena& arena, Int count, bool& too_many);
/// Adds ";user=phone" once; nothing to do for tel: URIs.
Code set_user_phone(LiveMessage& live, sip::Arena& arena);
/// $du and setdsturi(): copied, unchecked, and the request URI counts as new for forking; null or empty clears it.
Code set_dst_uri(LiveMessage& live, sip::Arena& arena, Text uri);

}  // namespace strowger
