// Making an ended transaction small: one block with the head of its request, the last reply, and its branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/remains.h"

#include <algorithm>
#include <array>
#include <new>

#include "runtime/sip/print.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/watch.h"

namespace strowger::tm {
namespace {

constexpr Millis kTogether = 8;   // a power of two
constexpr Millis kAgain = 500;   // when it cannot let go yet
constexpr std::array kHeadLines{sip::HeaderId::Via, sip::HeaderId::From, sip::HeaderId::To, sip::HeaderId::CallId, sip::HeaderId::CSeq};

bool is_timed(const Branch& branch) { return branch.cancel && (branch.cancel->retransmit.armed() || branch.cancel->final.armed()); }

/// Will nothing but repetitions and late replies come?
bool may_let_go(const Transaction& transaction) {
  if (transaction.local || transaction.waiter || transaction.holds > 0 || transaction.creator != 0 || transaction.concluding) return false;
  if (transaction.status < 200 || transaction.pending()) return false;
  if ((transaction.watched & kWatchAck) && transaction.status < 300) return false;   // its ACK is told with its attributes
  bool routes = false;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    const Branch& branch = *transaction.branches[i];
    if (is_timed(branch)) return false;
    routes = routes || branch.on_reply;
  }
  // A reply route may still run for a late reply, and read what the script has left.
  return !routes || (!transaction.avps.first && !transaction.avps.xavps && !transaction.avps.xavis && !transaction.avps.xavus);
}

/// Does an ACK to a late failure have to be made from the INVITE?
bool needs_request(const Branch& branch) {
  return branch.transaction->invite && branch.ack.is_null() && !branch.bytes.empty() && branch.status >= 300;
}

std::size_t padded(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

/// Where a part of a line of the message lies in `line`, which was copied to `at`.
Remains::Piece piece_of(Text part, Text line, std::size_t at) {
  if (part.ptr < line.ptr || part.ptr + part.len > line.ptr + line.len) return {};
  return {static_cast<std::uint16_t>(at + static_cast<std::size_t>(part.ptr - line.ptr)), static_cast<std::uint16_t>(part.len)};
}

Remains* keep_head(LiveMessage& request, std::size_t length, sip::Arena& arena) {
  auto* const kept = arena.make<Remains>();
  auto* const out = static_cast<char*>(arena.allocate(length));
  if (!kept || !out) return nullptr;
  sip::Message& message = request.message;
  sip::Writer writer(out, length);
  const Text first = message.first_line();
  kept->method = piece_of(message.method(), first, 0);
  kept->uri = piece_of(message.ruri(), first, 0);
  writer.put(first);
  writer.put("\r\n");
  for (const sip::HeaderId id : kHeadLines) {
    const sip::Header* const header = message.first(id);
    if (!header) return nullptr;
    const Text line = message.line(*header);
    const std::size_t at = writer.size();
    writer.put(line);
    switch (id) {
      case sip::HeaderId::Via:
        if (const sip::Via* const via = message.via()) {
          kept->branch = piece_of(via->branch, line, at);
          kept->host = piece_of(via->host, line, at);
          kept->port = via->port;
        }
        break;
      case sip::HeaderId::From: kept->from_tag = piece_of(message.from_tag(), line, at); break;
      case sip::HeaderId::To: kept->to_tag = piece_of(message.to_tag(), line, at); break;
      case sip::HeaderId::CallId: kept->call_id = piece_of(sip::trim(message.call_id()), line, at); break;
      default:
        if (const sip::CSeq* const cseq = message.cseq()) kept->cseq = cseq->number;
        break;
    }
  }
  writer.put("\r\n");
  if (!writer.ok()) return nullptr;
  kept->head = writer.text();
  kept->socket = request.socket;
  kept->connection = request.connection;
  kept->flags = request.flags;
  kept->extended_flags = request.extended_flags;
  kept->number = request.number;
  kept->source = request.source;
  kept->force_rport = request.force_rport;
  return kept;
}

void let_go(Transaction& transaction) {
  LiveMessage& request = transaction.request;
  std::size_t head = request.message.first_line().len + 4;
  for (const sip::HeaderId id : kHeadLines) {
    const sip::Header* const header = request.message.first(id);
    if (!header) return;
    head += request.message.line(*header).len;
  }
  if (head > UINT16_MAX) return;
  std::size_t size = padded(sizeof(Remains)) + padded(head) + padded(transaction.last_reply.len) + padded(transaction.to_tag.len) +
                     padded(transaction.branch_count * sizeof(Branch*)) + 32;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    const Branch& branch = *transaction.branches[i];
    size += padded(sizeof(Branch)) + padded(branch.ack.len) + (needs_request(branch) ? padded(branch.bytes.len) : 0);
  }
  if (size >= transaction.arena.bytes()) return;
  sip::Arena small(transaction.arena.pool());
  if (!small.begin(size)) return;
  Remains* const kept = keep_head(request, head, small);
  auto** const branches = small.make_array<Branch*>(std::max<std::size_t>(transaction.branch_count, 1));
  if (!kept || !branches) return;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    Branch& old = *transaction.branches[i];
    void* const place = small.allocate(sizeof(Branch));
    if (!place) return;   // never: the block has room for all
    stop_timers(old);
    auto* const branch = new (place) Branch(transaction, i, small.pool());
    branch->out = old.out;
    branch->hop = old.hop;
    branch->connection = old.connection;
    branch->flags = old.flags;
    branch->status = old.status;
    branch->state = old.state;
    branch->reliable = old.reliable;
    branch->replied = old.replied;
    branch->timed_out = old.timed_out;
    branch->canceling = old.canceling;
    branch->answered_late = old.answered_late || old.cancel;   // cancelled once is enough
    branch->dropped = old.dropped;
    branch->on_reply = old.on_reply;
    branch->ack = small.copy(old.ack);
    branch->bytes = old.bytes.is_null() ? old.bytes : needs_request(old) ? small.copy(old.bytes) : Text("");
    branches[i] = branch;
  }
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) transaction.branches[i]->~Branch();
  transaction.last_reply = small.copy(transaction.last_reply);
  transaction.reply_buffer = nullptr;
  transaction.reply_capacity = 0;
  transaction.to_tag = small.copy(transaction.to_tag);
  transaction.branches = branches;
  transaction.branch_room = transaction.branch_count;
  transaction.avps = {};
  transaction.request.drop();
  transaction.remains = kept;
  transaction.arena = std::move(small);
  transaction.avps.arena = &transaction.arena;
}

}  // namespace

void let_go_soon(Transaction& transaction) {
  if (transaction.remains || transaction.next.armed()) return;
  transaction.next.owner = &transaction;
  transaction.next.fire = [](Worker& worker, Timer& timer) {
    Transaction& it = *static_cast<OwnedTimer<Transaction>&>(timer).owner;
    if (may_let_go(it)) {
      let_go(it);
    } else {
      worker.timers.arm(timer, worker.now.mono + kAgain);
    }
  };
  // Not at once: this event may still use it. Those of a few milliseconds go together, so that the worker wakes once for them.
  transaction.worker->timers.arm(transaction.next, (transaction.worker->now.mono | (kTogether - 1)) + 1);
}

bool KeptRequest::make() {
  void* const place = owner_.table ? owner_.table->take_request() : nullptr;
  if (!place) return false;
  live_ = new (place) LiveMessage;
  return true;
}

void KeptRequest::drop() {
  if (live_) owner_.table->give_request(live_);
  live_ = nullptr;
}

LiveMessage& KeptRequest::restore() const {
  if (!const_cast<KeptRequest*>(this)->make()) return owner_.table->no_request = LiveMessage();
  const Remains* const kept = owner_.remains;
  if (!kept) return *live_;
  live_->message = sip::Message::parse(kept->head, owner_.arena);
  live_->socket = kept->socket;
  live_->connection = kept->connection;
  live_->flags = kept->flags;
  live_->extended_flags = kept->extended_flags;
  live_->number = kept->number;
  live_->source = kept->source;
  live_->force_rport = kept->force_rport;
  return *live_;
}

}  // namespace strowger::tm
