// "ADDRESS~PORT~PROTOCOL NUMBER": how nathelper and path write where a request came from into a URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"

namespace strowger {

/// The flow as a URI, ";transport" only where it is not UDP. Failed when it is none, or the arena is full.
Text uri_of_flow(sip::Arena& arena, Text flow);

}  // namespace strowger
