// The non-INVITE server transaction (RFC 3261 §17.2.2): after the final reply it waits for repetitions (timer J).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"

namespace strowger::tm {

void ServerNonInvite::sent(Transaction& transaction, int status) {
  if (transaction.state == ServerState::Completed) return;
  transaction.state = status < 200 ? ServerState::Proceeding : ServerState::Completed;
  if (status >= 200) wait_and_free(transaction);
}

void ServerNonInvite::on_end(Transaction& transaction) {
  if (transaction.status < 200 && !transaction.released && !transaction.dropping) {
    on_lifetime_end(transaction);
    return;
  }
  free_when_quiet(transaction);
}

}  // namespace strowger::tm
