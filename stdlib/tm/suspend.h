// Transactions that wait for t_continue(): a branch that nothing is sent for keeps them open, so that timers, CANCEL and
// replies of the script end them like others.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// $T(id_index): worker and slot. With the label it names the transaction in the whole process.
inline Int index_of(const Transaction& transaction) { return Int{transaction.worker->index} << 24 | Int{transaction.slot}; }

/// t_suspend(): makes the call's transaction where it is missing, answers an INVITE with 100, and adds a waiting branch, which
/// fr_timer ends. A repetition of the request changes nothing. False when it cannot.
bool suspend(Call& call);
/// Does it wait, and has nobody answered meanwhile?
bool is_suspended(const Transaction& transaction);
/// Ends the waiting branches. False when there were none, or the transaction is answered.
bool end_suspension(Transaction& transaction);
/// t_continue(): runs the route over the stored request, as a failure_route. Where nothing was sent or answered then, the
/// request is answered with 500. False when the transaction does not wait.
bool continue_with(Transaction& transaction, RouteFunction route);
/// continue_with() in so many milliseconds; a second call replaces the first.
void continue_later(Transaction& transaction, RouteFunction route, Millis delay);

}  // namespace strowger::tm
