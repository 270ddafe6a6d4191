// The response context of a proxy (RFC 3261 §16.7): replies in, at most one final failure out, every 2xx out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/response_context.h"

#include <algorithm>
#include <utility>

#include "runtime/sip/print.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/failover.h"
#include "stdlib/tm/local_request.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/routes.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/take_over.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

/// Nobody upstream waits, and no failure route runs: own requests, dropped transactions.
bool is_silent(const Transaction& transaction) { return transaction.local || transaction.dropping; }

void finish_silent(Transaction& transaction) {
  if (transaction.pending()) return;
  transaction.released = true;
  wait_and_free(transaction);
}

/// The lines of all challenges, when there are several (§16.7 item 7); null otherwise.
Text challenges(const Transaction& transaction, sip::Arena& arena) {
  std::size_t branches = 0, length = 0;
  const auto each_line = [&](auto&& use) {
    for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
      const Branch& branch = *transaction.branches[i];
      if (!branch.reply || branch.dropped || (branch.status != 401 && branch.status != 407)) continue;
      const auto id = branch.status == 401 ? sip::HeaderId::WwwAuthenticate : sip::HeaderId::ProxyAuthenticate;
      const sip::Message& message = branch.reply->message;
      for (const sip::Header* h = message.first(id); h; h = message.next(h)) use(message.line(*h));
    }
  };
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    const Branch& branch = *transaction.branches[i];
    branches += branch.reply && !branch.dropped && (branch.status == 401 || branch.status == 407);
  }
  if (branches < 2) return Text::null();
  each_line([&](Text line) { length += line.len; });
  auto* out = static_cast<char*>(arena.allocate(length + 1));
  if (!out) return Text::null();
  sip::Writer writer(out, length + 1);
  each_line([&](Text line) { writer.put(line); });
  return writer.text();
}

/// Sends the final failure upstream.
void answer(Transaction& transaction, Branch* best) {
  sip::Arena scratch(transaction.worker->pool);
  LiveMessage& request = transaction.request;
  if (!best) {
    const ErrorReply error = error_reply(transaction.error ? transaction.error : -1, scratch);
    reply_locally(transaction, request, nullptr, error.code, error.reason);
    return;
  }
  transaction.relayed_branch = best->index;
  if (!best->reply) {
    if (best->status == 408 && transaction.canceled)
      reply_locally(transaction, request, nullptr, 487, "Request Terminated");
    else
      reply_locally(transaction, request, nullptr, best->status, best->made_reason);
    return;
  }
  const Text reason = best->reply->message.reason();
  if ((best->status == 401 || best->status == 407) && Tm::Param::aggregate_challenges) {
    if (const Text lines = challenges(transaction, scratch); !lines.is_null()) {
      reply_locally(transaction, request, nullptr, best->status, reason, lines);
      return;
    }
  }
  if (best->status == 503 && Tm::Param::remap_503_500) {   // §16.7 item 6: 503 speaks of the next hop, not of us
    reply_locally(transaction, request, nullptr, 500, "Service Unavailable");
    return;
  }
  if (!forward_reply(transaction, *best, *best->reply, scratch))   // without a Via of the caller, say
    reply_locally(transaction, request, nullptr, best->status, reason);
}

void drop_replies_before(Transaction& transaction, std::uint8_t begin, std::uint8_t end) {
  for (std::uint8_t i = begin; i < end; ++i) transaction.branches[i]->dropped = true;
}

bool any_sent(const Transaction& transaction, std::uint8_t first) {
  return std::any_of(transaction.branches + first, transaction.branches + transaction.branch_count,
                     [](const Branch* branch) { return !branch->bytes.is_null(); });
}

bool has_failure_route(const Transaction& transaction) {
  return std::any_of(transaction.branches, transaction.branches + transaction.branch_count,
                     [](const Branch* branch) { return branch->on_failure != nullptr; });
}

void branch_failed(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  if (transaction.status >= 200) return;
  const RouteRef* const route = std::exchange(branch.on_branch_failure, nullptr);
  if (route && route->function && !branch.waiting) {
    transaction.wishes.on_branch_failure = nullptr;   // of a branch that the route starts, if armed again
    run_branch_failure(transaction, branch, route->function);
  }
  fail_over(branch, route);
  branch.ended_last = true;
  conclude(transaction);
  branch.ended_last = false;
}

void on_success(Call& call, Branch& branch, bool first) {
  Transaction& transaction = *branch.transaction;
  if (!transaction.invite && (transaction.status >= 200 || !first)) return;   // RFC 4320 §4.2
  if (!forward_reply(transaction, branch, *call.live, *call.arena) && transaction.status < 200) {
    conclude(transaction);   // it cannot be passed on: the others are waited for, and a failure is sent
    return;
  }
  // Also for a late one, of a branch that was given up: others may have been started since (§16.7 item 10).
  if (transaction.invite) cancel_branches(transaction, &branch, reason_for(transaction, call.message().status()));
}

/// A 6xx: nobody else is asked any more. With cancel_b_method 0 branches end at once, those of other methods, too.
void refuse(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  const bool concluding = std::exchange(transaction.concluding, true);   // the 6xx itself is looked at first
  transaction.refused = true;
  cancel_branches(transaction, &branch, reason_for(transaction, branch.status));
  if (!transaction.invite && Tm::Param::cancel_b_method == 0) {
    for (std::uint8_t i = 0; i < transaction.branch_count; ++i)
      if (Branch& other = *transaction.branches[i]; &other != &branch && other.pending()) fail_branch(other, 487, "Request Terminated");
  }
  transaction.concluding = concluding;
}

void on_failure(Call& call, Branch& branch) {
  Transaction& transaction = *branch.transaction;
  if (transaction.status >= 200) return;
  // A route may wait, and others may ask for the reply meanwhile: it does not stay in this frame then.
  const bool runs_route = has_failure_route(transaction) || branch.on_branch_failure || branch.others;
  if (!runs_route || !keep_reply(branch, call)) branch.reply = call.live;
  const int status = branch.status;
  if (status >= 600 && !transaction.wishes.disable_6xx) refuse(branch);
  branch_failed(branch);
  if (branch.reply_is_kept || (transaction.status < 200 && keep_reply(branch, call))) return;
  branch.reply = nullptr;
  branch.made_reason = "Server Internal Error";   // should it still be wanted: there was no memory for the reply
}

void on_final(Call& call, Branch& branch) {
  Transaction& transaction = *branch.transaction;
  const int status = call.message().status();
  const bool first = (client_reply(branch, call.message()) & kFinal) != 0;
  if (transaction.local) {
    run_reply_route(branch, call);
    if (transaction.invite && status < 300) acknowledge(branch, *call.live);
    if (!first) return;
    tell_waiter(transaction, status, call.message().reason(), &call);
    finish_silent(transaction);
    return;
  }
  const bool was_silent = is_silent(transaction);
  run_reply_route(branch, call);   // a final reply cannot be dropped, nor can t_drop() lose the 2xx that it was called for
  if (is_silent(transaction) && (was_silent || status >= 300)) {
    if (first) finish_silent(transaction);
  } else if (transaction.replicated && status < 300) {   // absorbed, but the copy's receiver needs its ACK
    if (transaction.invite) acknowledge(branch, *call.live);
    if (first && transaction.status < 200) finish_silent(transaction);
  } else if (status < 300) {
    on_success(call, branch, first);
  } else if (first) {
    on_failure(call, branch);
  }
}

/// False where it is only the sign to send a CANCEL that waited for it.
bool on_provisional(Call& call, Branch& branch) {
  Transaction& transaction = *branch.transaction;
  const int status = call.message().status();
  if ((branch.timed_out || branch.canceling) && transaction.status >= 200 && !branch.cancel && branch.cancel_reason.is_null() && transaction.invite)
    branch.cancel_reason = reason_for(transaction, transaction.status, "");
  const bool counts = !branch.is_final();
  const std::uint16_t done = client_reply(branch, call.message());
  if ((done & kSendCancel) || branch.timed_out) return branch.timed_out;   // no route hears of a branch that was given up
  if (transaction.refused && !transaction.invite) return true;   // it was not cancelled, but is no longer wanted
  if (!run_reply_route(branch, call) || transaction.local) return true;
  if (!counts || is_silent(transaction) || transaction.replicated || transaction.status >= 200) return true;
  if (status != 100 || Tm::Param::relay_100) forward_reply(transaction, branch, *call.live, *call.arena);
  return true;
}

}  // namespace

static Text method_of(const Transaction& transaction) {
  const bool ended = !transaction.request.is_whole() && transaction.remains;
  return ended ? transaction.remains->text(transaction.remains->method) : transaction.request->message.method();
}

bool on_reply(Call& call) {
  sip::Message& message = call.message();
  const sip::Via* via = message.via();
  const sip::CSeq* cseq = message.cseq();
  if (!via || !cseq) return false;
  const auto name = parse_branch_name(via->branch);
  if (!name || name->worker != (call.worker->index & 0xff)) return false;
  const Table& table = table_of(*call.worker);
  Transaction* transaction = table.at(name->slot, name->label);
  if (!transaction || name->branch >= transaction->branch_count) return false;
  Branch& branch = *transaction->branches[name->branch];
  if (transaction->invite && cseq->method.view() == "CANCEL") {
    ++transaction->table->stats.received;
    on_cancel_reply(branch, message.status());
    return true;
  }
  if (branch.bytes.is_null() || cseq->method.view() != method_of(*transaction).view()) return false;
  call.transaction = transaction;
  call.branch = &branch;
  call.branch_index = branch.index;
  ++transaction->table->stats.received;
  bool counts = true;
  if (message.status() < 200) counts = on_provisional(call, branch);
  else on_final(call, branch);
  // Counted once it is handled, as in Kamailio: the routes a reply runs see the ones before it. The branch may be gone.
  if (counts && table.at(name->slot, name->label) == transaction) branch.replied = transaction->any_replied = true;
  return true;
}

void end_without_reply(Branch& branch, int status, Text reason) {
  Transaction& transaction = *branch.transaction;
  branch.status = static_cast<std::int16_t>(status);
  branch.made_reason = reason;
  branch.reply = nullptr;
  if (is_silent(transaction)) {
    if (transaction.local) tell_waiter(transaction, status, reason, nullptr);
    finish_silent(transaction);
  } else {
    branch_failed(branch);
  }
}

void fail_branch(Branch& branch, int status, Text reason) {
  if (branch.is_final()) return;
  client_event(branch, ClientEvent::Abandon);
  end_without_reply(branch, status, reason);
}

/// noisy_ctimer 0: the caller of an INVITE that nobody reacted to, and that no failure_route waits for, is told nothing.
static bool may_end_quietly(const Transaction& transaction, const Branch& branch) {
  return transaction.invite && !transaction.local && !transaction.canceled && transaction.branch_count == 1 && !branch.replied &&
         !branch.waiting && !has_failure_route(transaction);
}

void on_branch_timeout(Branch& branch) {
  Transaction& transaction = *branch.transaction;
  if (branch.is_final()) return;
  branch.timed_out = transaction.any_timeout = true;
  if (transaction.worker->now.mono >= transaction.expires) transaction.expired = true;
  client_event(branch, ClientEvent::Limit);
  if (!Tm::Param::noisy_ctimer && may_end_quietly(transaction, branch)) {
    branch.status = 408;
    finish_silent(transaction);
    return;
  }
  end_without_reply(branch, 408, "Request Timeout");
}

void on_lifetime_end(Transaction& transaction) {
  transaction.expired = true;
  const bool waiting = transaction.pending();
  if (waiting) {
    const std::uint8_t count = transaction.branch_count;   // a failure_route may add some
    for (std::uint8_t i = 0; i < count; ++i)
      if (transaction.branches[i]->pending()) on_branch_timeout(*transaction.branches[i]);
    if (transaction.status >= 200 || transaction.released) return;
    if (transaction.pending()) {   // failure_route started anew; it gets one more fr_timer
      arm_end(transaction, std::max(transaction.wishes.fr, 1));
      return;
    }
  }
  if (transaction.holds > 0) {   // a script that waits will answer
    arm_end(transaction, std::max(transaction.wishes.fr, 1));
    return;
  }
  abandon_branches(transaction);
  transaction.released = true;
  free_when_quiet(transaction);
}

int rank_of(const Branch& branch) {
  const int status = branch.status;
  int rank = status % 100;
  switch (status / 100) {
    case 6: rank += 1000; break;   // also where it is no special failure: t_set_disable_6xx() is about the other branches
    case 3: rank += 3000; break;
    case 4:
      rank += status == 401 || status == 407 || status == 415 || status == 420 || status == 484 ? 4000 : 4100;
      break;
    default: rank += 5000; break;
  }
  return rank;
}

static int rank_here(const Branch& branch) {
  const bool made_here = !branch.reply && !branch.ended_last;
  return rank_of(branch) + (made_here ? static_cast<int>(Tm::Param::faked_reply_prio) : 0);
}

Branch* best_failure(const Transaction& transaction) {
  Branch* best = nullptr;
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    Branch* branch = transaction.branches[i];
    if (branch->status < 300 || branch->dropped) continue;
    if (!best || rank_here(*branch) < rank_here(*best)) best = branch;
  }
  return best;
}

void conclude(Transaction& transaction) {
  if (transaction.concluding || is_silent(transaction)) return;
  transaction.concluding = true;
  while (transaction.status < 200 && !transaction.pending()) {
    const std::uint8_t before = transaction.branch_count;
    Branch* const best = best_failure(transaction);
    const RouteRef* const route = best ? best->on_failure : transaction.wishes.on_failure;   // the chosen branch's own
    const std::uint32_t cleared = transaction.watched && best ? tell_leg_failed(transaction, *best) : 0;
    if (!route || !route->function) {
      if (cleared) transaction.request->flags &= ~cleared;
    } else {
      transaction.wishes.on_failure = transaction.wishes.on_branch_failure = nullptr;   // of a new leg, if armed again
      transaction.replies_chosen = false;
      transaction.error = 0;
      run_failure_route(transaction, best, route->function, cleared);
      if (transaction.status >= 200 || is_silent(transaction)) break;
      const bool started = any_sent(transaction, before);
      if (const Int mode = Tm::Param::failure_reply_mode; !transaction.replies_chosen) {
        if (mode == 1 || (mode == 3 && started)) drop_replies_before(transaction, 0, before);
        if (mode == 2) drop_replies_before(transaction, transaction.leg, before);
      }
      if (started) {
        transaction.leg = before;
        continue;
      }
    }
    transaction.replicated ? finish_silent(transaction) : answer(transaction, best_failure(transaction));
    break;
  }
  transaction.concluding = false;
}

}  // namespace strowger::tm
