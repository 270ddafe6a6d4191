// Running the script's routes over a transaction: onreply_route, failure_route and tm's event routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/routes.h"

#include <utility>

#include "stdlib/tm/table.h"

namespace strowger::tm {
namespace {

void run_over_request(Transaction& transaction, Branch* branch, std::int16_t status, std::int16_t index, RouteFunction route,
                      RouteKind kind, bool uri_is_new = false, bool continued = false, std::uint32_t cleared = 0) {
  LiveMessage live = transaction.request;
  live.edits = transaction.request->edits.copy(transaction.arena);
  live.uri_is_new = uri_is_new;
  live.flags &= ~cleared;
  live.number = transaction.request->number;
  if (branch) live.branch_flags = branch->flags;
  if (continued) live.branch_flags = 0;   // as in Kamailio: they are not kept over t_suspend()
  Call call;
  call.live = &live;
  call.worker = transaction.worker;
  call.arena = &transaction.arena;
  call.avps = &transaction.avps;
  call.transaction = &transaction;
  call.branch = branch;
  call.branch_index = index;
  call.reply = branch ? branch->reply : nullptr;
  call.failed_branch = branch;
  call.failed_code = status;
  run_route(call, route, kind);
  transaction.request->flags = live.flags;
  transaction.request->extended_flags = live.extended_flags;
  for (auto* hook : call.process().script_end) hook(call);
}

}  // namespace

bool run_reply_route(Branch& branch, Call& call) {
  Transaction& transaction = *branch.transaction;
  const RouteRef* const route = branch.on_reply;
  if (!route || !route->function) return true;
  LiveMessage& live = *call.live;
  live.flags = transaction.request->flags;
  live.extended_flags = transaction.request->extended_flags;
  live.branch_flags = branch.flags;
  Avps* const avps = call.avps;
  call.avps = &transaction.avps;
  bool dropped = false;
  {
    RouteFrame frame(call);
    call.branch = &branch;
    call.branch_index = branch.index;
    run_route(call, route->function, kReplyRoute);
    dropped = call.dropped;
  }
  call.avps = avps;
  transaction.request->flags = live.flags;
  transaction.request->extended_flags = live.extended_flags;
  branch.flags = live.branch_flags;
  return !dropped;
}

void run_failure_route(Transaction& transaction, Branch* chosen, RouteFunction route, std::uint32_t cleared) {
  run_over_request(transaction, chosen, chosen ? chosen->status : std::int16_t{500}, transaction.branch_count, route, kFailureRoute,
                   false, false, cleared);
}

void run_continued_route(Transaction& transaction, RouteFunction route) {
  run_over_request(transaction, nullptr, 0, transaction.branch_count, route, kFailureRoute, transaction.request->uri_is_new, true);
}

void run_branch_failure(Transaction& transaction, Branch& failed, RouteFunction route) {
  run_over_request(transaction, &failed, failed.status, failed.index, route, kBranchFailureRoute);
}

void run_local_response(Transaction& transaction, Text bytes) {
  sip::Arena scratch(transaction.worker->pool);
  LiveMessage live;
  live.message = sip::Message::parse(bytes, scratch);
  live.source = transaction.request->source;
  live.socket = transaction.request->socket;
  live.number = transaction.request->number;
  live.received_us = transaction.worker->now.wall_us;
  Call call;
  call.live = &live;
  call.worker = transaction.worker;
  call.arena = &scratch;
  call.avps = &transaction.avps;
  call.transaction = &transaction;
  run_route(call, std::exchange(transaction.table->local_response, nullptr), kEventRoute);
}

}  // namespace strowger::tm
