// CANCEL of branches and by the caller.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/cancel.h"

#include <algorithm>

#include "runtime/sip/request_builder.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

void on_retransmit(Worker& worker, Timer& timer) {
  Branch& branch = *static_cast<OwnedTimer<Branch>&>(timer).owner;
  CancelLeg& leg = *branch.cancel;
  transmit_branch(branch, leg.bytes);
  leg.interval = next_interval(leg.interval, branch.transaction->wishes.retr2);
  worker.timers.arm(timer, timer.due + leg.interval);
}

/// The CANCEL had its time: an INVITE that is still open then never ends by itself (§9.1).
void on_final(Worker& worker, Timer& timer) {
  Branch& branch = *static_cast<OwnedTimer<Branch>&>(timer).owner;
  worker.timers.cancel(branch.cancel->retransmit);
  if (branch.pending()) on_branch_timeout(branch);
}

Text reason_lines(sip::Message& cancel, sip::Arena& arena) {
  std::size_t length = 0;
  for (const sip::Header* h = cancel.first(sip::HeaderId::Reason); h; h = cancel.next(h)) length += cancel.line(*h).len;
  if (length == 0) return Text::null();
  auto* out = static_cast<char*>(arena.allocate(length));
  if (!out) return Text::null();
  sip::Writer writer(out, length);
  for (const sip::Header* h = cancel.first(sip::HeaderId::Reason); h; h = cancel.next(h)) writer.put(cancel.line(*h));
  return writer.text();
}

}  // namespace

void cancel_now(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  TimerWheel& timers = transaction.worker->timers;
  if (branch.cancel) {   // again, because the branch still rings
    transmit_branch(branch, branch.cancel->bytes);
    return;
  }
  sip::Arena scratch(transaction.worker->pool);
  sip::Message invite = sip::Message::parse(branch.bytes, scratch);
  const std::size_t room = invite.body_at() + branch.cancel_reason.len + 64;
  auto* leg = transaction.arena.make<CancelLeg>();
  auto* out = static_cast<char*>(transaction.arena.allocate(room));
  const Millis now = now_of(branch);
  // Where no CANCEL can be made, the branch ends all the same.
  if (branch.pending()) timers.arm(branch.final, now + transaction.wishes.fr);
  if (!leg || !out) return;
  sip::Writer writer(out, room);
  if (!sip::build_cancel(invite, branch.cancel_reason, Text::null(), writer, Tm::Param::ac_extra_hdrs)) {
    transaction.worker->log(LogLevel::Err, "tm: no CANCEL can be made from the INVITE that was sent\n");
    return;
  }
  transaction.arena.shrink(out, writer.size());
  leg->bytes = writer.text();
  leg->retransmit.owner = leg->final.owner = &branch;
  leg->retransmit.fire = on_retransmit;
  leg->final.fire = on_final;
  leg->interval = transaction.wishes.retr1;
  branch.cancel = leg;
  transmit_branch(branch, leg->bytes);
  if (!branch.reliable) timers.arm(leg->retransmit, now + leg->interval);
  timers.arm(leg->final, now + transaction.wishes.fr);
}

bool cancel_branch(Branch& branch, Text reason) {
  if (branch.waiting || !branch.transaction->invite || !branch.pending() || branch.canceling) return false;
  branch.canceling = true;
  branch.cancel_reason = reason;
  const bool ended = (client_event(branch, ClientEvent::Cancel) & kFinal) != 0;
  if (!branch.cancel && !branch.transaction->canceled) branch.cancel_reason = Text::null();   // a later one tells what there is then
  if (ended) end_without_reply(branch, 487, "Request Terminated");
  return true;
}

int cancel_branches(Transaction& transaction, const Branch* except, Text reason) {
  int count = 0;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i)
    if (transaction.branches[i] != except) count += cancel_branch(*transaction.branches[i], reason);
  return count;
}

Text reason_for(Transaction& transaction, int status, Text params) {
  if (!Tm::Param::local_cancel_reason) return Text::null();
  auto* out = static_cast<char*>(transaction.arena.allocate(72));
  if (!out) return Text::null();
  sip::Writer writer(out, 72);
  writer.put("Reason: SIP;cause=");
  writer.put_number(status);
  writer.put(params);
  writer.put("\r\n");
  return writer.text();
}

Text reason_for(Transaction& transaction, int status) {
  return reason_for(transaction, status, status < 300 ? Text(";text=\"Call completed elsewhere\"") : Text(""));
}

void on_cancel_reply(Branch& branch, int status) {
  if (!branch.cancel || status < 200) return;
  branch.transaction->worker->timers.cancel(branch.cancel->retransmit);
}

bool cancel_by_caller(Call& call, Transaction& invite) {
  Table& table = *invite.table;
  std::uint32_t hash = 0;
  table.find(call.message(), Text::null(), &hash);
  Transaction* own = table.create(call, hash);
  if (!own) return false;
  call.transaction = own;
  server_started(*own);
  if (table.watchers) own->watched = tell_made(*table.watchers, call, *own);
  own->to_tag = own->arena.copy(to_tag_of(invite));
  const bool first = !invite.canceled && invite.status < 200;
  int canceled = 0;
  if (first) {
    invite.canceled = true;
    const bool copy_reason = Tm::Param::e2e_cancel_reason && !invite.wishes.no_e2e_reason;
    canceled = cancel_branches(invite, nullptr, copy_reason ? reason_lines(call.message(), invite.arena) : Text::null());
    if (canceled == 0) {   // no branch will tell: it was not sent on yet, or its script waits
      end_suspension(invite);
      if (!invite.pending()) reply_locally(invite, invite.request, nullptr, 487, "Request canceled");
    }
  } else if (invite.status < 200) {
    canceled = invite.pending();
  }
  reply_locally(*own, *call.live, &call, 200, canceled ? Text("canceling") : Text("ok -- no more pending branches"));
  if (first && canceled) conclude(invite);   // cancel_b_method 0 may have ended all
  return true;
}

}  // namespace strowger::tm
