// The INVITE client transaction (RFC 3261 §17.1.1): retransmissions until a reply, ACK to failures.
//
//   Calling --1xx--> Proceeding --final--> Completed
//      |                  |
//      A: send again      C: give up, CANCEL
//      B: give up
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/sip/request_builder.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

void arm_final(Branch& branch, std::int32_t delay) {
  const Transaction& transaction = *branch.transaction;
  const Millis now = now_of(branch);
  transaction.worker->timers.arm(branch.final, std::min(now + delay, std::max(transaction.expires, now + 1)));
}

/// Timer A.
void on_retransmit(Worker& worker, Timer& timer) {
  Branch& branch = *static_cast<OwnedTimer<Branch>&>(timer).owner;
  if (branch.state != ClientState::Calling) return;
  transmit_branch(branch, branch.bytes);
  branch.interval = std::min(branch.interval * 2, std::max(branch.transaction->wishes.retr2, branch.interval));
  worker.timers.arm(timer, timer.due + branch.interval);
}

/// Timers B and C.
void on_final(Worker&, Timer& timer) { on_branch_timeout(*static_cast<OwnedTimer<Branch>&>(timer).owner); }

/// The ACK to a failure goes where the INVITE went (§17.1.1.3).
void acknowledge(Branch& branch, sip::Message& reply) {
  Worker& worker = *branch.transaction->worker;
  if (branch.ack.is_null()) {
    sip::Arena scratch(worker.pool);
    sip::Message invite = sip::Message::parse(branch.bytes, scratch);
    const std::size_t room = branch.bytes.len + reply.value_of(sip::HeaderId::To).len + 64;
    auto* out = static_cast<char*>(branch.transaction->arena.allocate(room));
    if (!out) return;
    sip::Writer writer(out, room);
    const bool built = sip::build_ack_negative(invite, reply, writer);
    branch.transaction->arena.shrink(out, built ? writer.size() : 0);
    if (!built) {
      worker.log(LogLevel::Err, "tm: no ACK can be made from the INVITE that was sent\n");
      return;
    }
    branch.ack = writer.text();
  }
  transmit_branch(branch, branch.ack);
}

}  // namespace

void ClientInvite::sent(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  branch.retransmit.fire = on_retransmit;
  branch.final.fire = on_final;
  branch.interval = transaction.wishes.retr1;
  if (!branch.reliable) transaction.worker->timers.arm(branch.retransmit, now_of(branch) + branch.interval);
  arm_final(branch, transaction.wishes.fr);
}

bool ClientInvite::provisional(Branch& branch, int status) {
  if (branch.is_final()) return false;
  Transaction& transaction = *branch.transaction;
  transaction.worker->timers.cancel(branch.retransmit);
  const bool first = branch.state == ClientState::Calling;
  branch.state = ClientState::Proceeding;
  const bool further = status > branch.status;
  branch.status = static_cast<std::int16_t>(status);
  if (branch.canceling) return true;   // its end is near, and timed by the CANCEL
  if (first || Tm::Param::restart_fr_on_each_reply || (further && status >= 180)) arm_final(branch, transaction.wishes.fr_inv);
  return true;
}

bool ClientInvite::final(Branch& branch, sip::Message& reply) {
  const bool first = !branch.is_final();
  if (first) {
    stop_timers(branch);
    branch.state = ClientState::Completed;
    branch.status = static_cast<std::int16_t>(reply.status());
  }
  if (reply.status() >= 300) acknowledge(branch, reply);
  return first;
}

}  // namespace strowger::tm
