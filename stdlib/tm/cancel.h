// CANCEL: of the caller, and of branches that are no longer wanted (RFC 3261 §9, §16.10).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Ends a branch of an INVITE: a CANCEL now, or once it had a provisional reply (cancel_b_method). `reason`: whole
/// Reason lines or null. False when there is nothing to cancel.
bool cancel_branch(Branch& branch, Text reason);
/// All branches that wait, but `except`; how many.
int cancel_branches(Transaction& transaction, const Branch* except, Text reason);
/// "Reason: SIP;cause=..." for a CANCEL because of a reply that won; null when local_cancel_reason is off.
Text reason_for(Transaction& transaction, int status);
/// The same with other parameters after the cause.
Text reason_for(Transaction& transaction, int status, Text params);
/// A provisional reply came for a branch that shall end.
void cancel_now(Branch& branch);
/// The reply to a CANCEL of ours.
void on_cancel_reply(Branch& branch, int status);

/// A CANCEL from the caller whose INVITE is `invite`: cancels its branches and answers 200. False when there is no
/// memory for its transaction.
bool cancel_by_caller(Call& call, Transaction& invite);

}  // namespace strowger::tm
