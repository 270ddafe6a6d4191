// Making an ended transaction small: one block with the head of its request, the last reply, and its branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/remains.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

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
  if (transaction.local || transaction.holds > 0 || transaction.creator != 0 || transaction.concluding) return false;
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

/// What of the request stays, as it lies there.
struct Head {
  Text first;                          ///< start line without CRLF
  std::array<Text, kHeadLines.size()> lines;
  std::size_t length = 4;              ///< of all, with the start line's CRLF and an empty line
};

/// False where a line is missing or all are too long.
bool find_head(const sip::Message& message, Head& head) {
  head.first = message.first_line();
  head.length += head.first.len;
  for (std::size_t i = 0; i < kHeadLines.size(); ++i) {
    const sip::Header* const header = message.first(kHeadLines[i]);
    if (!header) return false;
    head.lines[i] = message.line(*header);
    head.length += head.lines[i].len;
  }
  return head.length <= UINT16_MAX;
}

/// Copies it; lines that lie together in one go.
void copy_head(const Head& head, char* out) {
  const auto put = [&out](Text text) {
    std::memcpy(out, text.ptr, text.len);
    out += text.len;
  };
  Text run = head.first;
  if (head.lines[0].ptr == run.ptr + run.len + 2) {
    run.len += 2;
  } else {
    put(run);
    put("\r\n");
    run = {head.lines[0].ptr, 0};
  }
  for (const Text& line : head.lines) {
    if (line.ptr != run.ptr + run.len) {
      put(run);
      run = {line.ptr, 0};
    }
    run.len += line.len;
  }
  put(run);
  put("\r\n");
}

Remains* keep_head(LiveMessage& request, const Head& head, sip::Arena& arena) {
  auto* const kept = arena.make<Remains>();
  auto* const out = static_cast<char*>(arena.allocate(head.length));
  if (!kept || !out) return nullptr;
  copy_head(head, out);
  kept->head = {out, head.length};
  const sip::Message& message = request.message;
  kept->method = piece_of(message.method(), head.first, 0);
  kept->uri = piece_of(message.ruri(), head.first, 0);
  std::size_t at = head.first.len + 2;
  for (std::size_t i = 0; i < kHeadLines.size(); at += head.lines[i++].len) {
    if (kHeadLines[i] == sip::HeaderId::CallId) kept->call_id = piece_of(sip::trim(message.call_id()), head.lines[i], at);
    if (kHeadLines[i] != sip::HeaderId::Via) continue;
    if (const sip::Via* const via = request.message.via()) {
      kept->branch = piece_of(via->branch, head.lines[i], at);
      kept->host = piece_of(via->host, head.lines[i], at);
      kept->port = via->port;
    }
  }
  if (const sip::CSeq* const cseq = request.message.cseq()) kept->cseq = cseq->number;
  kept->socket = request.socket;
  kept->connection = request.connection;
  kept->flags = request.flags;
  kept->extended_flags = request.extended_flags;
  kept->number = request.number;
  kept->source = request.source;
  kept->force_rport = request.force_rport;
  return kept;
}

std::size_t size_of(const SenderParties* parties) {
  return parties ? padded(sizeof(SenderParties)) + padded(parties->from.len) + padded(parties->to.len) : 0;
}

const SenderParties* copy_of(const SenderParties* parties, sip::Arena& arena) {
  return parties ? arena.make<SenderParties>(SenderParties{arena.copy(parties->from), arena.copy(parties->to)}) : nullptr;
}

void let_go(Transaction& transaction) {
  LiveMessage& request = transaction.request;
  Head head;
  if (!find_head(request.message, head)) return;
  std::size_t size = padded(sizeof(Remains)) + padded(head.length) + padded(transaction.last_reply.len) + padded(transaction.to_tag.len) +
                     padded(transaction.branch_count * sizeof(Branch*)) + 32;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    const Branch& branch = *transaction.branches[i];
    size += padded(sizeof(Branch)) + padded(branch.ack.len) + size_of(branch.parties) + (needs_request(branch) ? padded(branch.bytes.len) : 0);
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
    branch->parties = copy_of(old.parties, small);
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

bool KeptRequest::make_from(const LiveMessage& live) {
  void* const place = owner_.table ? owner_.table->take_request() : nullptr;
  if (!place) return false;
  live_ = new (place) LiveMessage(live);
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
