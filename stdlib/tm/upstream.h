// Replies to the caller: made here, or passed on from a branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/error_reply.h"
#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Where replies to the request go (RFC 3261 §18.2.2, RFC 3581).
NextHop reply_hop_of(LiveMessage& request, bool force_rport);

/// Makes and sends a reply. `live` is the request as the script has it (append_to_reply(), set_reply_body(), contacts of
/// a 3xx), `call` the running route or null. `extra`: whole header lines. False after a final reply, or when it cannot
/// be made.
bool reply_locally(Transaction& transaction, LiveMessage& live, Call* call, Int code, Text reason, Text extra = Text::null());

/// Passes a branch's reply on, unless onsend_route drops it. `scratch` is for building it. False where it cannot be built.
bool forward_reply(Transaction& transaction, const Branch& branch, LiveMessage& reply, sip::Arena& scratch);

/// Sends bytes of a reply where replies to the request go. `relayed`: the reply they were made of, which onsend_route sees
/// where the script wants that; null for our own.
void put_on_way(Transaction& transaction, LiveMessage* relayed, Text bytes);

/// The To tag of replies made here; the same for a CANCEL and its INVITE.
Text to_tag_of(Transaction& transaction);

/// The words for an internal error: "500 I'm terribly sorry, server error occurred (1/TM)".
ErrorReply error_reply(Int error, sip::Arena& arena);

}  // namespace strowger::tm
