// What the inlined variables call when there is more to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::pv {

/// Prints $si and keeps it in the message.
Text print_source(Call& call);
/// Logs that the request URI in force cannot be parsed; null.
Text bad_request_uri(Call& call);
/// A text, or a number with a text of its own, into a $var.
Code keep_in_slot(SlotVariable& variable, Value value);

}  // namespace strowger::pv
