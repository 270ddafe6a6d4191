// Digest credentials (RFC 3261 §25.1, RFC 7616 §3.4): the fields of Authorization and Proxy-Authorization, as views.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger::sip {

/// Without their quotes; what stands in quotes is taken as it is, escapes included. Null where a field is missing; of several the
/// last one counts.
struct DigestCredentials {
  Text username, realm, nonce, uri, response, algorithm, cnonce, nc, qop, opaque;
};

enum class DigestFault : std::uint8_t {
  None,
  OtherScheme,   ///< no Digest credentials
  Bare,          ///< the scheme alone
  Malformed,     ///< an open quote, or no `name=value` at the end
};

/// Reads the value of a header. `out` is undefined but after None.
DigestFault parse_digest(Text value, DigestCredentials& out);

}  // namespace strowger::sip
