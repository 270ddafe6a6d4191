// Telling those who follow transactions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/watch.h"

#include "stdlib/tm/table.h"

namespace strowger::tm {

std::uint8_t tell_made(const Watchers& watchers, Call& call, Transaction& transaction) {
  std::uint8_t wanted = 0;
  for (const Watcher* watcher : watchers)
    if (watcher->made) wanted |= watcher->made(call, transaction);
  return wanted;
}

std::uint32_t tell_leg_failed(Transaction& transaction, Branch& chosen) {
  std::uint32_t cleared = 0;
  for (const Watcher* watcher : *transaction.table->watchers)
    if (watcher->leg_failed) cleared |= watcher->leg_failed(transaction, chosen);
  return cleared;
}

void tell_replied(Transaction& transaction, int status, LiveMessage* relayed) {
  for (const Watcher* watcher : *transaction.table->watchers)
    if (watcher->replied) watcher->replied(transaction, status, relayed);
}

void tell_acknowledged(const Watchers& watchers, Call& ack, Transaction& invite) {
  for (const Watcher* watcher : watchers)
    if (watcher->acknowledged) watcher->acknowledged(ack, invite);
}

}  // namespace strowger::tm
