// What our Record-Route tells of a changed From or To: one of its two URIs gives the other (Kamailio's format). Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/arena.h"

namespace strowger::uac {

/// The URIs byte by byte exclusive-or (the shorter one ends in zeros), the password over and over on top of it, in base64 with '-' for
/// '='. In the arena; null when it is full.
Text make_cookie(Text one, Text other, Text password, sip::Arena& arena);

/// The other URI. Null where the cookie does not fit the one, or no URI comes out: what came may be anything.
Text read_cookie(Text cookie, Text one, Text password, sip::Arena& arena);

}  // namespace strowger::uac
