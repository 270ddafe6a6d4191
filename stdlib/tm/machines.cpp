// What the state machines share: sending bytes, timers, the end of a transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/machines.h"

#include <algorithm>

#include "stdlib/tm/response_context.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger::tm {

void transmit(Worker& worker, const Socket* from, const NextHop& hop, std::uint32_t connection, Text bytes, std::uint64_t cookie) {
  if (bytes.empty()) return;
  Departure departure;
  departure.from = from;
  departure.to = hop.address;
  departure.protocol = hop.protocol;
  departure.connection = connection;
  departure.cookie = cookie;
  worker.outbox.push(departure, bytes);
  ++worker.counters.sent;
}

void transmit_branch(Branch& branch, Text bytes) {
  transmit(*branch.transaction->worker, branch.out, branch.hop, branch.connection, bytes, cookie_of(branch));
}

std::uint64_t cookie_of(const Branch& branch) {
  const Transaction& transaction = *branch.transaction;
  return std::uint64_t{transaction.slot & 0xffffff} << 40 | std::uint64_t{transaction.label} << 8 | branch.index;
}

Branch* branch_of(Table& table, std::uint64_t cookie) {
  Transaction* transaction =
      table.at(static_cast<std::uint32_t>(cookie >> 40), static_cast<std::uint32_t>(cookie >> 8));
  const std::size_t index = cookie & 0xff;
  return transaction && index < transaction->branch_count ? transaction->branches[index] : nullptr;
}

void stop_timers(Branch& branch) {
  TimerWheel& timers = branch.transaction->worker->timers;
  timers.cancel(branch.retransmit);
  timers.cancel(branch.final);
}

void abandon_branches(Transaction& transaction) {
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    stop_timers(*transaction.branches[i]);
    transaction.branches[i]->bytes = Text::null();
  }
}

// ---- choices by method ----------------------------------------------------------------------------------------------

void client_sent(Branch& branch) {
  branch.transaction->invite ? ClientInvite::sent(branch) : ClientNonInvite::sent(branch);
}

bool client_provisional(Branch& branch, int status) {
  return branch.transaction->invite ? ClientInvite::provisional(branch, status) : ClientNonInvite::provisional(branch, status);
}

bool client_final(Branch& branch, sip::Message& reply) {
  return branch.transaction->invite ? ClientInvite::final(branch, reply) : ClientNonInvite::final(branch, reply);
}

void restart_final_timer(Branch& branch) {
  if (!branch.pending() || branch.state == ClientState::Completed || !branch.final.armed()) return;
  const Transaction& transaction = *branch.transaction;
  const bool ringing = transaction.invite && branch.state == ClientState::Proceeding;
  const Millis due = now_of(branch) + (ringing ? transaction.wishes.fr_inv : transaction.wishes.fr);
  transaction.worker->timers.arm(branch.final, std::min(due, std::max(transaction.expires, now_of(branch))));
}

void server_sent(Transaction& transaction, int status) {
  transaction.invite ? ServerInvite::sent(transaction, status) : ServerNonInvite::sent(transaction, status);
}

// ---- the end --------------------------------------------------------------------------------------------------------

void arm_end(Transaction& transaction, Millis delay) {
  transaction.end.fire = [](Worker&, Timer& timer) {
    Transaction& it = *static_cast<OwnedTimer<Transaction>&>(timer).owner;
    it.invite ? ServerInvite::on_end(it) : ServerNonInvite::on_end(it);
  };
  transaction.worker->timers.arm(transaction.end, transaction.worker->now.mono + delay);
}

void server_started(Transaction& transaction) {
  const Millis life = transaction.invite ? transaction.wishes.max_invite : transaction.wishes.max_other;
  transaction.expires = transaction.worker->now.mono + (life > 0 ? life : INT32_MAX);
  arm_end(transaction, transaction.expires - transaction.worker->now.mono);
}

void server_repeat_reply(Transaction& transaction) {
  if (transaction.last_reply.is_null() || transaction.dropping) return;
  const LiveMessage& request = transaction.request;
  transmit(*transaction.worker, request.socket, transaction.reply_hop, request.connection, transaction.last_reply);
}

void wait_and_free(Transaction& transaction) {
  transaction.worker->timers.cancel(transaction.retransmit);
  arm_end(transaction, Tm::Param::wt_timer);
}

void free_when_quiet(Transaction& transaction) {
  if (transaction.pending() || transaction.holds > 0) {
    arm_end(transaction, std::max<Int>(Tm::Param::wt_timer, 10));
    return;
  }
  transaction.table->release(transaction);
}

}  // namespace strowger::tm
