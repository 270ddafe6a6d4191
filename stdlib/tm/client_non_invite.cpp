// The non-INVITE client transaction (RFC 3261 §17.1.2).
//
//   Trying --1xx--> Proceeding --final--> Completed
//      E: send again, at retr_timer2 once there was a 1xx;  F: give up
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"

namespace strowger::tm {
namespace {

/// Timer E.
void on_retransmit(Worker& worker, Timer& timer) {
  Branch& branch = *static_cast<OwnedTimer<Branch>&>(timer).owner;
  if (branch.is_final()) return;
  transmit_branch(branch, branch.bytes);
  const std::int32_t longest = std::max(branch.transaction->wishes.retr2, branch.interval);
  branch.interval = branch.state == ClientState::Proceeding ? longest : std::min(branch.interval * 2, longest);
  worker.timers.arm(timer, timer.due + branch.interval);
}

/// Timer F.
void on_final(Worker&, Timer& timer) { on_branch_timeout(*static_cast<OwnedTimer<Branch>&>(timer).owner); }

}  // namespace

void ClientNonInvite::sent(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  branch.retransmit.fire = on_retransmit;
  branch.final.fire = on_final;
  branch.interval = transaction.wishes.retr1;
  const Millis now = now_of(branch);
  if (!branch.reliable) transaction.worker->timers.arm(branch.retransmit, now + branch.interval);
  transaction.worker->timers.arm(branch.final, std::min(now + transaction.wishes.fr, std::max(transaction.expires, now + 1)));
}

bool ClientNonInvite::provisional(Branch& branch, int status) {
  if (branch.is_final()) return false;
  branch.status = static_cast<std::int16_t>(status);
  if (branch.state == ClientState::Calling) {
    branch.state = ClientState::Proceeding;
    if (branch.retransmit.armed()) {
      branch.interval = std::max(branch.transaction->wishes.retr2, 1);
      branch.transaction->worker->timers.arm(branch.retransmit, now_of(branch) + branch.interval);
    }
  }
  return true;
}

bool ClientNonInvite::final(Branch& branch, sip::Message& reply) {
  if (branch.is_final()) return false;
  stop_timers(branch);
  branch.state = ClientState::Completed;
  branch.status = static_cast<std::int16_t>(reply.status());
  return true;
}

}  // namespace strowger::tm
