// Who follows transactions from outside of tm: accounting, dialogs. tm asks nobody where no module watches: one test when a
// transaction is made; and nothing is told of a transaction that no watcher wanted.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <vector>

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// What Watcher::made() wants to hear of a transaction; a set. From kWatcherBit on they are acc's own, kept for it. What one watcher
/// wants all are told: each looks whether the transaction is of interest to it.
enum WatchBit : std::uint8_t { kWatchReplies = 1, kWatchAck = 2, kWatcherBit = 4 };

/// None of them may answer, relay or end the transaction. What is null is not called.
struct Watcher {
  /// A transaction was made for the call's request, also for a CANCEL. A set of WatchBit; 0: it is of no interest.
  std::uint8_t (*made)(Call& call, Transaction& transaction);
  /// All branches of the running leg have failed; `chosen` is the failure that failure_route sees next. Gives message flags that
  /// are to be cleared: failure_route finds them cleared, but a reply that it sends still goes by the old ones.
  std::uint32_t (*leg_failed)(Transaction& transaction, Branch& chosen);
  /// A reply was sent: the first final one, or a provisional one that was passed on. `relayed` is what came; null: made here.
  void (*replied)(Transaction& transaction, int status, LiveMessage* relayed);
  /// The first ACK of a dialog whose 2xx was passed on came to t_relay().
  void (*acknowledged)(Call& ack, Transaction& invite);
};

/// For a module's start(). Watchers are told in the order in which they came.
void watch(Process& process, const Watcher& watcher);

/// Of a process; Table has them, null where there are none.
using Watchers = std::vector<const Watcher*>;

// Tell all watchers.
std::uint8_t tell_made(const Watchers& watchers, Call& call, Transaction& transaction);
std::uint32_t tell_leg_failed(Transaction& transaction, Branch& chosen);
void tell_replied(Transaction& transaction, int status, LiveMessage* relayed);
void tell_acknowledged(const Watchers& watchers, Call& ack, Transaction& invite);

}  // namespace strowger::tm
