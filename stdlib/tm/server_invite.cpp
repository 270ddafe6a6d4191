// The INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1).
//
//   Proceeding --300..699--> Completed --ACK--> Confirmed --wait--> gone
//        |                     G: send again     H: no ACK came --> gone
//        +------2xx--------> Accepted: further 2xx pass, repetitions get the 2xx --wait--> gone
//                              a 2xx made here is sent again until its ACK comes (§13.3.1.4)
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

void arm_retransmit(Transaction& transaction) {
  transaction.retransmit.fire = [](Worker&, Timer& timer) {
    ServerInvite::on_retransmit(*static_cast<OwnedTimer<Transaction>&>(timer).owner);
  };
  transaction.interval = transaction.wishes.retr1;
  transaction.worker->timers.arm(transaction.retransmit, transaction.worker->now.mono + transaction.interval);
}

}  // namespace

void ServerInvite::sent(Transaction& transaction, int status) {
  if (status < 200) {
    transaction.state = ServerState::Proceeding;
    return;
  }
  if (status < 300) {
    if (transaction.state == ServerState::Completed || transaction.state == ServerState::Confirmed) return;   // a late 2xx
    transaction.state = ServerState::Accepted;
    if (!transaction.local_final) {
      wait_and_free(transaction);
    } else if (!transaction.retransmit.armed()) {
      arm_retransmit(transaction);
      arm_end(transaction, transaction.wishes.fr);
    }
    return;
  }
  transaction.state = ServerState::Completed;
  if (!reliable(transaction.reply_hop.protocol)) arm_retransmit(transaction);
  arm_end(transaction, transaction.wishes.fr);   // timer H
}

void ServerInvite::acknowledged(Transaction& transaction) {
  if (transaction.state == ServerState::Completed)
    transaction.state = ServerState::Confirmed;
  else if (transaction.state != ServerState::Accepted || !transaction.retransmit.armed())
    return;
  wait_and_free(transaction);   // timer I
}

void ServerInvite::on_retransmit(Transaction& transaction) {
  server_repeat_reply(transaction);
  transaction.interval = std::min(transaction.interval * 2, std::max(transaction.wishes.retr2, transaction.interval));
  transaction.worker->timers.arm(transaction.retransmit, transaction.retransmit.due + transaction.interval);
}

void ServerInvite::on_end(Transaction& transaction) {
  transaction.worker->timers.cancel(transaction.retransmit);
  if (transaction.status < 200 && !transaction.released && !transaction.dropping) {
    on_lifetime_end(transaction);
    return;
  }
  free_when_quiet(transaction);
}

}  // namespace strowger::tm
