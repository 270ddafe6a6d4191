// Moving a message out of the frame that handles it, into memory that stays.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Copies the bytes of `live` into `arena`, unless they are there already (`in_arena`), and makes every text of it that
/// pointed into the old bytes point into the copy; the edits get memory of their own. False when the arena is full.
bool keep_message(LiveMessage& live, sip::Arena& arena, bool in_arena);

/// The transaction gets the call's request, arena and attributes; the call goes on working with them.
bool take_over(Transaction& transaction, Call& call);

/// The request as the script has it now, for later legs.
bool update_request(Transaction& transaction, Call& call);

/// The branch's final failure stays until the transaction ends.
bool keep_reply(Branch& branch, Call& call);

}  // namespace strowger::tm
