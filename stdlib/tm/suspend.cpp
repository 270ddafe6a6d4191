// Suspending and continuing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/suspend.h"

#include <algorithm>

#include "stdlib/tm/machines.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/routes.h"
#include "stdlib/tm/take_over.h"
#include "stdlib/tm/upstream.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

bool waits(const Branch* branch) { return branch->waiting && branch->pending(); }

}  // namespace

bool suspend(Call& call) {
  auto* transaction = static_cast<Transaction*>(call.transaction);
  if (!transaction) {
    Code why = -1;
    const Made made = new_transaction(call, transaction, why);
    if (made == Made::Repeated) return true;
    if (made != Made::New) return false;
  } else if (made_by(*transaction, call)) {
    const sip::Edits saved = transaction->request->edits;
    if (!update_request(*transaction, call)) return false;
    if (transaction->edits_saved) transaction->request->edits = saved;
  }
  if (transaction->status >= 200) return false;
  if (transaction->invite && transaction->wishes.auto_100 && transaction->status == 0)
    reply_locally(*transaction, *call.live, &call, 100, Tm::Param::auto_inv_100_reason);
  Branch* const branch = transaction->add_branch();
  if (!branch) return false;
  branch->waiting = true;
  branch->bytes = "";
  branch->final.fire = [](Worker&, Timer& timer) { on_branch_timeout(*static_cast<OwnedTimer<Branch>&>(timer).owner); };
  transaction->worker->timers.arm(branch->final, transaction->worker->now.mono + std::max(transaction->wishes.fr, 1));
  return true;
}

bool is_suspended(const Transaction& transaction) {
  return transaction.status < 200 && std::any_of(transaction.branches, transaction.branches + transaction.branch_count, waits);
}

bool end_suspension(Transaction& transaction) {
  const bool was_suspended = is_suspended(transaction);
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    Branch& branch = *transaction.branches[i];
    if (!waits(&branch)) continue;
    stop_timers(branch);
    branch.state = ClientState::Completed;
    branch.status = 500;
    branch.dropped = true;
    branch.bytes = Text::null();
  }
  return was_suspended;
}

bool continue_with(Transaction& transaction, RouteFunction route) {
  if (!end_suspension(transaction)) return false;
  transaction.error = 0;
  run_continued_route(transaction, route);
  if (transaction.status >= 200 || transaction.pending() || transaction.released || transaction.dropping) return true;
  sip::Arena scratch(transaction.worker->pool);
  const ErrorReply error = error_reply(transaction.error ? transaction.error : -1, scratch);
  reply_locally(transaction, transaction.request, nullptr, error.code, error.reason);
  return true;
}

void continue_later(Transaction& transaction, RouteFunction route, Millis delay) {
  transaction.next_route = route;
  transaction.next.owner = &transaction;
  transaction.next.fire = [](Worker&, Timer& timer) {
    Transaction& it = *static_cast<OwnedTimer<Transaction>&>(timer).owner;
    continue_with(it, it.next_route);
  };
  transaction.worker->timers.arm(transaction.next, transaction.worker->now.mono + delay);
}

}  // namespace strowger::tm
