// "ADDRESS~PORT~PROTOCOL NUMBER": how nathelper and path write where a request came from into a URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"

namespace strowger {

/// The flow as a URI, ";transport=udp" only with `with_udp`. Failed when it is none, or the arena is full.
Text uri_of_flow(sip::Arena& arena, Text flow, bool with_udp = false);

}  // namespace strowger
