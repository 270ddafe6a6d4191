// t_reply() for whoever has the transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Replies; a final reply ends the branches that still wait. 1, or -1 after a final reply.
Code reply_in(Transaction& transaction, Call& call, Int code, Text reason);

/// The code that t_check_status() and $T_reply_code see; 0 without one.
int visible_status(Call& call);

}  // namespace strowger::tm
