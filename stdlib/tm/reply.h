// t_reply() for whoever has the transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Replies; a final reply ends the branches that still wait. 1, or -1 after a final reply.
Code reply_in(Transaction& transaction, Call& call, Int code, Text reason);

/// A reply that no message asked for: RPC commands and t_reply_callid(). `to_tag` null or empty: that of other replies.
/// False after a final reply.
bool reply_from_outside(Transaction& transaction, Int code, Text reason, Text to_tag = Text::null(), Text headers = Text::null(),
                        Text body = Text::null());

/// The code that t_check_status() and $T_reply_code see; 0 without one.
int visible_status(Call& call);

}  // namespace strowger::tm
