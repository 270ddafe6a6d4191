// What the branches' replies mean for the caller (RFC 3261 §16.7): which is passed on, when, and what is tried next.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// A reply from the network: false when it belongs to no transaction of this worker.
bool on_reply(Call& call);

/// Timers B, C and F: the branch gets a 408 made here, and a CANCEL when it had rung.
void on_branch_timeout(Branch& branch);
/// The branch fails with a final reply made here.
void fail_branch(Branch& branch, int status, Text reason);
/// The branch's machine has ended without an answer: `status` stands for it.
void end_without_reply(Branch& branch, int status, Text reason);
/// The transaction has lived long enough and nobody answered.
void on_lifetime_end(Transaction& transaction);

/// A branch got its final failure: when all have one, failure_route and the best of them go their way.
void conclude(Transaction& transaction);

/// The rank of a failure, lower is better.
int rank_of(const Branch& branch);
/// The best failure that counts; null when there is none.
Branch* best_failure(const Transaction& transaction);

}  // namespace strowger::tm
