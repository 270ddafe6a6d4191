// What a failed send tells the sender of the request: the reply of sl_reply_error() and of tm at the end of a script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"

namespace strowger {

struct ErrorReply {
  Int code = 500;
  Text reason;      ///< "Unresolvable destination (478/SL)"
};

/// `error` is a code as -478 (0: unknown); `signature` says who replies: "SL", "TM".
ErrorReply error_reply(Int error, Text signature, sip::Arena& arena);

}  // namespace strowger
