// The module's life: one table per worker, replies in, and the end of each script run.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/machines.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"
#include "tm.interface.h"

namespace strowger {
namespace {

Code reply_in_transaction(Call& call, Int code, Text reason) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  return transaction ? tm::reply_in(*transaction, call, code, reason) : 0;
}

Text transaction_to_tag(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  return transaction ? tm::to_tag_of(*transaction) : Text::null();
}

bool make_transaction(Call& call) {
  if (call.transaction) return true;
  tm::Transaction* transaction = nullptr;
  Code why = -1;
  return tm::new_transaction(call, transaction, why) == tm::Made::New;
}

std::uint64_t unfinished(Worker& worker) {
  const tm::Table& table = tm::table_of(worker);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < table.capacity(); ++i) {
    const tm::Transaction& transaction = *table.slot(i);
    if (transaction.label && !transaction.released &&
        (transaction.status < 200 || transaction.retransmit.armed() || transaction.pending()))
      ++count;
  }
  return count;
}

void hold_transaction(void* transaction, int change) {
  static_cast<tm::Transaction*>(transaction)->holds += static_cast<std::uint32_t>(change);
}

void send_failed(Worker& worker, std::uint64_t cookie) {
  tm::Branch* branch = tm::branch_of(tm::table_of(worker), cookie);
  if (branch && branch->pending() && branch->state == tm::ClientState::Calling) {
    const ErrorReply error = tm::error_reply(-477, branch->transaction->arena);   // the branch keeps its text
    tm::fail_branch(*branch, static_cast<int>(error.code), error.reason);
  }
}

/// onreply_route[name]; null where there is none.
RouteFunction reply_route(const Process& process, Text name) {
  for (std::uint64_t i = 0; !name.empty() && i < process.image.route_count; ++i) {
    const RouteRef& route = process.image.routes[i];
    if (route.kind == kReplyRoute && route.name.view() == name.view()) return route.function;
  }
  return nullptr;
}

}  // namespace

void tm::watch(Process& process, const Watcher& watcher) {
  void*& state = process.module_state[Tm::slot];
  if (!state) state = new Watchers;
  static_cast<Watchers*>(state)->push_back(&watcher);
}

void Tm::start(Process& process) {
  if (!Param::on_sl_reply.empty() && !reply_route(process, Param::on_sl_reply)) {
    process.log.write(LogLevel::Err, "tm: on_sl_reply names onreply_route[" + std::string(Param::on_sl_reply.view()) + "], which does not exist");
    process.failed = true;
    return;
  }
  process.services.reply_in_transaction = reply_in_transaction;
  process.services.transaction_to_tag = transaction_to_tag;
  process.services.make_transaction = make_transaction;
  process.services.unfinished = unfinished;
  process.services.hold_transaction = hold_transaction;
  process.services.send_failed = send_failed;
}

void Tm::worker_start(Worker& worker) {
  auto* table = new tm::Table(worker);
  table->local_response = worker.process.event_route("tm:local-response");
  table->local_request = worker.process.event_route("tm:local-request");
  table->watchers = static_cast<const tm::Watchers*>(worker.process.module_state[slot]);
  table->stray_reply = reply_route(worker.process, Param::on_sl_reply);
  worker.module_state[slot] = table;
  worker.cleanups.emplace_back([table, &worker] {
    delete table;
    worker.module_state[slot] = nullptr;
  });
}

void Tm::stop(Process& process) {
  delete static_cast<tm::Watchers*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

bool Tm::reply_in(Call& call) {
  if (tm::on_reply(call)) return true;
  const RouteFunction route = tm::table_of(*call.worker).stray_reply;
  if (!route) return false;
  return run_route(call, route, kReplyRoute) == 0 || call.dropped;
}

void Tm::script_end(Call& call) { tm::end_of_script(call); }

}  // namespace strowger
