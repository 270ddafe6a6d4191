// What the inlined variables call when there is more to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::pv {

/// Where a reply goes by the Via below ours: u URI, d host, p port, P transport, i IP version. Null for others.
Text reply_next_hop(Call& call, char part);

/// Prints $si and keeps it in the message.
Text print_source(Call& call);
/// Logs that the request URI in force cannot be parsed; null.
Text bad_request_uri(Call& call);
/// A text, or a number with a text of its own, into a $var.
Code keep_in_slot(SlotVariable& variable, Value value);

}  // namespace strowger::pv
