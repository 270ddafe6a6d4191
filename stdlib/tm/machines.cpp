// Carrying out what the state machines say: sending bytes, timers, the end of a transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/machines.h"

#include <algorithm>

#include "runtime/sip/request_builder.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/remains.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/upstream.h"
#include "tm.interface.h"

namespace strowger::tm {

std::uint32_t call_of(const Transaction& transaction) {
  return transaction.request.is_whole() ? call_mark(transaction.request->message.call_id()) : 0;
}

void transmit(Worker& worker, const Socket* from, const NextHop& hop, std::uint32_t connection, Text bytes, std::uint64_t cookie,
              std::uint32_t call) {
  if (bytes.empty()) return;
  Departure departure;
  departure.from = from;
  departure.to = hop.address;
  departure.protocol = hop.protocol;
  departure.connection = connection;
  departure.cookie = cookie;
  departure.call = call;
  worker.outbox.push(departure, bytes);
  ++worker.counters.sent;
}

void transmit_branch(Branch& branch, Text bytes) {
  Worker& worker = *branch.transaction->worker;
  transmit(worker, branch.out, branch.hop, branch.connection, bytes, cookie_of(branch), call_of(*branch.transaction));
  if (const auto wish = worker.process.services.stream_wish; wish && branch.hop.protocol == sip::Protocol::Tls)
    worker.outbox.wish_last(wish(worker, branch.transaction->avps));
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

// ---- client side ----------------------------------------------------------------------------------------------------

namespace {

constexpr Millis kTick = 62;   ///< what a branch gets at least, also behind the lifetime's end: one of Kamailio's ticks

Branch& branch_of(Timer& timer) { return *static_cast<OwnedTimer<Branch>&>(timer).owner; }

void arm_final(Branch& branch, std::int32_t delay) {
  const Transaction& transaction = *branch.transaction;
  const Millis now = now_of(branch);
  branch.final.fire = [](Worker&, Timer& timer) { on_branch_timeout(branch_of(timer)); };
  transaction.worker->timers.arm(branch.final, std::min(now + delay, std::max(transaction.expires, now + kTick)));
}

void arm_repeat(Branch& branch, Millis from, std::int32_t interval) {
  branch.interval = std::max(interval, 1);
  branch.retransmit.fire = [](Worker&, Timer& timer) { client_event(branch_of(timer), ClientEvent::Repeat); };
  branch.transaction->worker->timers.arm(branch.retransmit, from + branch.interval);
}

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
    const bool built = sip::build_ack_negative(invite, reply, writer, Tm::Param::ac_extra_hdrs);
    branch.transaction->arena.shrink(out, built ? writer.size() : 0);
    if (!built) {
      worker.log(LogLevel::Err, "tm: no ACK can be made from the INVITE that was sent\n");
      return;
    }
    branch.ack = writer.text();
  }
  transmit_branch(branch, branch.ack);
}

std::uint16_t carry_out(Branch& branch, ClientEvent event, sip::Message* reply) {
  const Transaction& transaction = *branch.transaction;
  const Preferences& wishes = transaction.wishes;
  const int status = reply ? reply->status() : 0;
  ClientFacts facts;
  facts.reliable = branch.reliable;
  facts.canceling = branch.canceling;
  facts.restart = Tm::Param::restart_fr_on_each_reply != 0;
  const bool ended_by_cancel = Tm::Param::cancel_b_method == 0 && branch.canceling && branch.status == 487 && branch.ack.is_null();
  facts.given_up = (branch.timed_out || ended_by_cancel) && !branch.cancel && !branch.answered_late;
  facts.rises = status >= 180 && status > branch.status;
  facts.cancel_method = transaction.canceled || transaction.refused ? static_cast<std::uint8_t>(Tm::Param::cancel_b_method) : 1;   // not where a 2xx won
  const ClientStep step = transaction.invite ? step_client_invite(branch.state, event, facts)
                                             : step_client_non_invite(branch.state, event, facts);
  if (reply && branch.state != ClientState::Completed) branch.status = static_cast<std::int16_t>(status);
  if (reply && branch.state == ClientState::Completed && status >= 200) branch.answered_late = true;
  branch.state = step.next;
  const std::uint16_t todo = step.actions;
  TimerWheel& timers = transaction.worker->timers;
  if (todo & kStopRepeat) timers.cancel(branch.retransmit);
  if (todo & kStopLimit) timers.cancel(branch.final);
  if (todo & kSendRequest) transmit_branch(branch, branch.bytes);
  if (todo & kStartRepeat) arm_repeat(branch, now_of(branch), wishes.retr1);
  if (todo & kNextRepeat) arm_repeat(branch, branch.retransmit.due, next_interval(branch.interval, wishes.retr2));
  if (todo & kSlowRepeat) arm_repeat(branch, now_of(branch), wishes.retr2);
  if (todo & kStartLimit) arm_final(branch, wishes.fr);
  if (todo & kStartRinging) arm_final(branch, wishes.fr_inv);
  if (todo & kSendCancel) {
    branch.canceling = true;
    cancel_now(branch);
  }
  if ((todo & kSendAck) && reply) acknowledge(branch, *reply);
  return todo;
}

}  // namespace

std::uint16_t client_event(Branch& branch, ClientEvent event) { return carry_out(branch, event, nullptr); }

std::uint16_t client_reply(Branch& branch, sip::Message& reply) {
  const int status = reply.status();
  return carry_out(branch, status < 200 ? ClientEvent::Provisional : status < 300 ? ClientEvent::Success : ClientEvent::Failure, &reply);
}

void restart_final_timer(Branch& branch) {
  if (!branch.pending() || branch.state == ClientState::Completed || !branch.final.armed()) return;
  const Transaction& transaction = *branch.transaction;
  const bool ringing = transaction.invite && branch.state == ClientState::Proceeding;
  const Millis due = now_of(branch) + (ringing ? transaction.wishes.fr_inv : transaction.wishes.fr);
  transaction.worker->timers.arm(branch.final, std::min(due, std::max(transaction.expires, now_of(branch))));
}

// ---- server side ----------------------------------------------------------------------------------------------------

namespace {

Transaction& transaction_of(Timer& timer) { return *static_cast<OwnedTimer<Transaction>&>(timer).owner; }

void server_event(Transaction& transaction, ServerEvent event);

void arm_reply_repeat(Transaction& transaction, Millis from, std::int32_t interval) {
  transaction.interval = std::max(interval, 1);
  transaction.retransmit.fire = [](Worker&, Timer& timer) { server_event(transaction_of(timer), ServerEvent::Repeat); };
  transaction.worker->timers.arm(transaction.retransmit, from + transaction.interval);
}

void server_event(Transaction& transaction, ServerEvent event) {
  Worker& worker = *transaction.worker;
  const Preferences& wishes = transaction.wishes;
  const ServerFacts facts{reliable(transaction.reply_hop.protocol), transaction.retransmit.armed()};
  const ServerStep step = transaction.invite ? step_server_invite(transaction.state, event, facts)
                                             : step_server_non_invite(transaction.state, event, facts);
  transaction.state = step.next;
  const std::uint16_t todo = step.actions;
  if (todo & kStopReplyRepeat) worker.timers.cancel(transaction.retransmit);
  if (todo & kRepeatReply) server_repeat_reply(transaction);
  if (todo & kStartReplyRepeat) arm_reply_repeat(transaction, worker.now.mono, wishes.retr1);
  if (todo & kNextReplyRepeat)
    arm_reply_repeat(transaction, transaction.retransmit.due, next_interval(transaction.interval, wishes.retr2));
  if (todo & kStartAckLimit) arm_end(transaction, wishes.fr);
  if (todo & kStartWait) wait_and_free(transaction);
  if (todo & (kStartAckLimit | kStartWait)) let_go_soon(transaction);
  if (todo & kLifetimeOver) on_lifetime_end(transaction);
  if (todo & kFree) free_when_quiet(transaction);
}

/// Timer H, I, J, L, or the end of the lifetime.
void on_end(Worker&, Timer& timer) {
  Transaction& transaction = transaction_of(timer);
  const bool ends_silently = transaction.released || transaction.dropping;
  ends_silently ? free_when_quiet(transaction) : server_event(transaction, ServerEvent::End);
}

}  // namespace

void server_sent(Transaction& transaction, int status) {
  server_event(transaction, status < 200              ? ServerEvent::Provisional
                            : status >= 300           ? ServerEvent::Failure
                            : transaction.local_final ? ServerEvent::OwnSuccess
                                                      : ServerEvent::Success);
}

void server_acknowledged(Transaction& transaction) { server_event(transaction, ServerEvent::Ack); }

// ---- the end --------------------------------------------------------------------------------------------------------

void arm_end(Transaction& transaction, Millis delay) {
  transaction.end.fire = on_end;
  transaction.worker->timers.arm(transaction.end, transaction.worker->now.mono + delay);
}

void server_started(Transaction& transaction) {
  const Millis life = transaction.invite ? transaction.wishes.max_invite : transaction.wishes.max_other;
  transaction.expires = transaction.worker->now.mono + (life > 0 ? life : INT32_MAX);
  arm_end(transaction, transaction.expires - transaction.worker->now.mono);
}

void server_repeat_reply(Transaction& transaction) {
  if (transaction.last_reply.is_null() || transaction.dropping) return;
  put_on_way(transaction, nullptr, transaction.last_reply);
}

void wait_and_free(Transaction& transaction) {
  transaction.worker->timers.cancel(transaction.retransmit);
  arm_end(transaction, Tm::Param::wt_timer);
}

void free_when_quiet(Transaction& transaction) {
  if (transaction.worker->now.mono >= transaction.expires) abandon_branches(transaction);
  if (transaction.pending() || transaction.holds > 0) {
    arm_end(transaction, std::max<Int>(Tm::Param::wt_timer, 10));
    return;
  }
  transaction.table->release(transaction);
}

}  // namespace strowger::tm
