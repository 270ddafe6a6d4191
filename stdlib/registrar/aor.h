// Addresses of record out of URIs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/arena.h"
#include "runtime/sip/uri.h"

namespace strowger::registrar {

enum class AorFault : std::uint8_t { None, BadUri, TooLong, BadEscape };

struct Aor {
  Text text;  ///< "user", or "user@domain" with modparam("usrloc", "use_domain", 1)
  Text host;  ///< of the URI, for GRUUs
  AorFault fault = AorFault::None;
};

/// The URI's user with escapes resolved, in lower case unless modparam case_sensitive is set.
Aor aor_of(const sip::Uri& uri, sip::Arena& arena);
Aor aor_of(Text uri, sip::Arena& arena);
/// `text` with its escapes resolved; null when one is broken or stands for a control byte, or the arena is full.
Text unescaped(Text text, sip::Arena& arena);

}  // namespace strowger::registrar
