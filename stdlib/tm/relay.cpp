// Forwarding a request in a transaction (RFC 3261 §16.6).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/relay.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/script/branch_target.h"
#include "runtime/script/operators.h"
#include "runtime/script/resolver.h"
#include "runtime/script/streams.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/routes.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/take_over.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

constexpr Int kNoDestination = -6, kNoSocket = -7, kSendFailed = -477, kUnresolvable = -478;

bool over_request(const Call& call) { return call.route_kind == kFailureRoute || call.route_kind == kBranchFailureRoute; }
/// In the midst of sending one branch, or on a reply, nothing else is sent: Kamailio compiles it where route[X] is called.
bool may_forward(Call& call) {
  return call.message().is_request() && call.route_kind != kBranchRoute && call.route_kind != kOnsendRoute;
}

/// Path of a registration becomes Route (RFC 3327 §5.3) and the first of it the next hop.
void add_path(LiveMessage& live, sip::Arena& arena) {
  if (live.path.empty()) return;
  const std::size_t room = live.path.len + 12;
  auto* out = static_cast<char*>(arena.allocate(room));
  if (!out) return;
  std::memcpy(out, "Route: ", 7);
  std::memcpy(out + 7, live.path.ptr, live.path.len);
  std::memcpy(out + 7 + live.path.len, "\r\n", 2);
  // Behind our own Via, as Kamailio has it.
  const sip::Header* const via = live.message.first(sip::HeaderId::Via);
  live.edits.insert(arena, via ? via->at : live.message.headers_at(), {out, live.path.len + 9}, sip::kRankOwnVia + 1);
}

/// Where to send; may wait. 0, or the code of the failure.
Int find_hop(Worker& worker, LiveMessage& live, const RelayPlan& plan, NextHop& out, std::unique_ptr<dns::Targets>* others) {
  if (plan.hop) {
    out = *plan.hop;
    return 0;
  }
  Int why = kUnresolvable;
  std::optional<sip::Uri> written;
  const sip::Uri* uri = live.dst_uri.empty() ? live.parsed_uri() : nullptr;
  if (!uri && (written = sip::parse_uri(live.dst_uri))) uri = &*written;
  const auto hop = uri ? resolve(worker, *uri, plan.force, why, others) : std::nullopt;
  if (!hop) return why < 0 ? why : kUnresolvable;
  out = *hop;
  return 0;
}

/// Is there a socket of the address's family at all? Without one it counts as unresolvable.
bool has_family(const Process& process, const sip::Address& address) {
  return std::any_of(process.sockets.begin(), process.sockets.end(),
                     [&](const auto& socket) { return socket->address.family == address.family; });
}

bool has_nothing_new(const LiveMessage& live) { return !live.uri_is_new && live.branch_count == 0; }

/// Fills in how and what to send to branch.hop; the code of the failure otherwise.
Int build(Branch& branch, LiveMessage& live, sip::Arena& arena) {
  Worker& worker = *branch.transaction->worker;
  branch.out = socket_out(worker.process, live, branch.hop);
  if (!branch.out) return has_family(worker.process, branch.hop.address) ? kNoSocket : kUnresolvable;
  branch.reliable = reliable(branch.hop.protocol);
  char name[64];
  ForwardPlan forward;
  forward.out = branch.out;
  forward.hop = branch.hop;
  forward.branch = Text(name, print_branch_name({worker.index & 0xff, branch.transaction->slot, branch.transaction->label, branch.index}, name));
  sip::Arena scratch(worker.pool);
  Text bytes = build_request(live, forward, scratch);
  if (leave_datagrams(worker.process, live, forward, bytes.len)) {
    branch.hop = forward.hop;
    branch.out = forward.out;
    branch.reliable = reliable(branch.hop.protocol);
    bytes = build_request(live, forward, scratch);
  }
  branch.bytes = arena.copy(bytes);
  return branch.bytes.is_null() ? -1 : 0;
}

/// The names of further branches are asked for at once, beside the first one's: their answers are there when it is their turn.
void ask_ahead(Worker& worker, const LiveMessage& live, const RelayPlan& plan) {
  if (plan.hop) return;
  for (std::uint16_t i = 0; i < live.branch_count; ++i) {
    const BranchTarget& target = live.branches[i];
    const auto uri = sip::parse_uri(target.dst_uri.empty() ? target.uri : target.dst_uri);
    if (!uri || is_known_host(worker, uri->host)) continue;
    worker.scripts.post_job([&worker, text = std::string((target.dst_uri.empty() ? target.uri : target.dst_uri).view()), force = plan.force] {
      Int why = 0;
      static_cast<void>(resolve(worker, Text(std::string_view(text)), force, why));
    });
  }
}

/// Not where it would need a new connection and the script does not want one (set_forward_no_connect()).
bool may_leave(const Worker& worker, const LiveMessage& live, const Branch& branch) {
  if (!live.forward_no_connect || !reliable(branch.hop.protocol)) return true;
  const Streams* const streams = worker.process.streams;
  return streams && (streams->is_open(branch.connection) || streams->find(branch.hop.address, branch.hop.protocol) != 0);
}

/// Adds and sends the branches of the destination set; the code for the script.
Int forward_to_targets(Transaction& transaction, Call& call, const RelayPlan& plan) {
  LiveMessage& live = *call.live;
  const auto over = [&] {
    return transaction.canceled || (transaction.status >= 200 && !transaction.dropping && !transaction.replicated);
  };
  if (over()) return -1;
  const std::uint8_t first = transaction.branch_count;
  Int error = kNoDestination;
  const RouteRef* const route = std::exchange(transaction.wishes.on_branch, nullptr);   // what its runs arm is for the next leg
  if (live.uri_is_new) {
    if (live.branch_count > 0) ask_ahead(*transaction.worker, live, plan);
    prepare_branch(transaction, call, nullptr, plan, route, error);
  }
  const std::uint16_t others = live.branch_count;
  for (std::uint16_t i = 0; i < others; ++i) prepare_branch(transaction, call, &live.branches[i], plan, route, error);
  live.branch_count = 0;
  live.uri_is_new = false;
  transaction.request->flags = live.flags;
  transaction.request->extended_flags = live.extended_flags;
  if (transaction.branch_count == first) return error;
  if (over()) {   // while a branch_route waited
    for (std::uint8_t i = first; i < transaction.branch_count; ++i) transaction.branches[i]->bytes = Text::null();
    return -1;
  }
  int sent = 0;
  for (std::uint8_t i = first; i < transaction.branch_count; ++i) {
    Branch& branch = *transaction.branches[i];
    if (!may_leave(*transaction.worker, live, branch) || !send(call, branch.out, branch.hop, branch.bytes, branch.connection, Sending::Request)) {
      branch.bytes = Text::null();
      continue;
    }
    transaction.worker->outbox.mark_last(cookie_of(branch));
    client_event(branch, ClientEvent::Sent);
    ++sent;
  }
  return sent ? 1 : kSendFailed;
}

void say_trying(Transaction& transaction, Call& call) {
  if (transaction.invite && transaction.wishes.auto_100 && transaction.status == 0)
    reply_locally(transaction, *call.live, &call, 100, Tm::Param::auto_inv_100_reason);
}

/// fr_timer_avp and fr_inv_timer_avp: seconds for this call.
void read_timers(Call& call, Preferences& wishes) {
  const auto read = [&](const VariableRef* variable, std::int32_t& millis) {
    if (!variable) return;
    const Value value = variable->get(&call);
    const Int seconds = value.is_null() ? 0 : Operators::value_to_int(&call, value);
    if (seconds > 0 && seconds <= INT32_MAX / 1000) millis = static_cast<std::int32_t>(seconds * 1000);
  };
  read(Tm::Param::fr_timer_avp, wishes.fr);
  read(Tm::Param::fr_inv_timer_avp, wishes.fr_inv);
}

/// What t_relay() returns and what is answered at the end of the script.
Code result_of(Transaction& transaction, Call& call, Int code, const RelayPlan& plan) {
  if (code > 0) {
    transaction.error = 0;
    return 1;
  }
  if (transaction.wishes.no_internal_reply) {
    transaction.error = 0;
    return -4;
  }
  transaction.error = plan.no_error_reply ? 0 : code;
  const bool tried = code != kNoDestination && code != kNoSocket;
  if (tried && Tm::Param::failure_exec_mode && transaction.wishes.on_failure) return 1;   // failure_route sees it
  return code == kSendFailed ? -1 : static_cast<Code>(code);
}

}  // namespace

Transaction* current(Call& call) {
  if (call.transaction) return static_cast<Transaction*>(call.transaction);
  if (!call.message().is_request() || call.route_kind != kRequestRoute) return nullptr;
  return table_of(*call.worker).find(call.message());
}

Transaction* current_or_of_reply(Call& call) {
  if (Transaction* transaction = current(call)) return transaction;
  if (call.route_kind != kCoreReplyRoute || call.message().is_request()) return nullptr;
  const sip::Via* via = call.message().via();
  const auto name = via ? parse_branch_name(via->branch) : std::nullopt;
  if (!name || name->worker != (call.worker->index & 0xff)) return nullptr;
  Transaction* const transaction = table_of(*call.worker).at(name->slot, name->label);
  call.transaction = transaction;
  return transaction;
}

Preferences& wishes_of(Call& call) {
  if (call.transaction) return static_cast<Transaction*>(call.transaction)->wishes;
  if (!call.wishes) call.wishes = call.arena->make<Preferences>();
  if (call.wishes) return *static_cast<Preferences*>(call.wishes);
  return table_of(*call.worker).no_memory = Preferences();
}

Made new_transaction(Call& call, Transaction*& out, Code& why) {
  out = static_cast<Transaction*>(call.transaction);
  why = -1;
  if (call.run == 0) call.run = call.worker->scripts.next_run();
  if (out && made_by(*out, call)) return Made::Exists;
  if (call.message().method_bit() == kAck || !call.message().is_request()) return Made::Failed;
  if (call.message().fault() != sip::ParseFault::None) {   // it cannot be sent on
    why = -400;
    return Made::Failed;
  }
  Table& table = table_of(*call.worker);
  std::uint32_t hash = 0;
  if ((out = table.find(call.message(), Text::null(), &hash))) {
    call.transaction = out;
    server_repeat_reply(*out);
    return Made::Repeated;
  }
  if (!call.live->parsed_uri()) {
    why = -400;
    return Made::Failed;
  }
  if (!(out = table.create(call, hash))) return Made::Failed;
  if (call.wishes) out->wishes = *static_cast<Preferences*>(call.wishes);
  if (!out->invite) out->wishes.no_internal_reply = false;   // as in Kamailio: before there is a transaction, for INVITE only
  read_timers(call, out->wishes);
  out->creator = call.run;
  out->reply_hop = reply_hop_of(*call.live, call.live->force_rport);
  call.transaction = out;
  server_started(*out);
  if (table.watchers) out->watched = tell_made(*table.watchers, call, *out);
  return Made::New;
}

/// The ACK of a 2xx that was passed on: a transaction of its own (RFC 3261 §13.2.2.4), but the INVITE's is still there.
static void tell_of_ack(Call& call) {
  const Table& table = table_of(*call.worker);
  if (!table.watchers) return;
  Transaction* const invite = table.find_by_dialog(call.message(), false);
  if (!invite || !(invite->watched & kWatchAck) || invite->local_final) return;
  const Text tag = call.message().to_tag();
  if (tag.empty() || Operators::text_eq(invite->acknowledged_tag, tag)) return;   // repeated
  invite->acknowledged_tag = invite->arena.copy(tag);
  tell_acknowledged(*table.watchers, call, *invite);
}

bool absorb_ack(Call& call) {
  Table& table = table_of(*call.worker);
  sip::Message& message = call.message();
  Transaction* transaction = table.find(message);
  if (!transaction || (transaction->status < 300 && !transaction->local_final)) transaction = table.find_by_dialog(message, true);
  if (!transaction) return false;
  server_acknowledged(*transaction);
  return true;
}

int relay_known_cancel(Call& call) {
  Table& table = table_of(*call.worker);
  if (Transaction* own = table.find(call.message())) {
    call.transaction = own;
    server_repeat_reply(*own);
    return 0;
  }
  Transaction* invite = table.find(call.message(), "INVITE");
  if (!invite) return -1;
  return cancel_by_caller(call, *invite) ? 1 : -2;
}

Branch* prepare_branch(Transaction& transaction, Call& call, const BranchTarget* target, const RelayPlan& plan, const RouteRef* route,
                       Int& error) {
  LiveMessage& live = *call.live;
  const BranchTarget saved = main_target(live);
  const bool saved_new = live.uri_is_new;
  const sip::Edits saved_edits = live.edits;
  const Text saved_params = live.record_route_params;
  const SenderParties* const saved_parties = live.parties;
  const bool run = route && route->function;
  if (target) aim(live, *target);
  if (run || !live.path.empty()) live.edits = live.edits.copy(transaction.arena);
  const auto restore = [&] {
    if (target || run) aim(live, saved);
    live.uri_is_new = saved_new;
    live.edits = saved_edits;
    live.record_route_params = saved_params;
    live.parties = saved_parties;
  };
  if (run) {
    RouteFrame frame(call);
    call.branch_index = transaction.branch_count;
    call.branch = nullptr;
    const Text aimed = live.dst_uri;
    run_route(call, route->function, kBranchRoute);
    if (live.dst_uri.empty()) live.dst_uri = aimed;   // it can set the next hop, not take it away, as in Kamailio
    if (call.dropped) {
      restore();
      return nullptr;
    }
  }
  NextHop hop;
  std::unique_ptr<dns::Targets> others;
  if (const Int failed = find_hop(*transaction.worker, live, plan, hop, transaction.wishes.no_failover ? nullptr : &others)) {
    error = failed;
    restore();
    return nullptr;
  }
  Branch* branch = transaction.add_branch();
  if (!branch) {
    transaction.worker->log(LogLevel::Err, "tm: the transaction has too many branches\n");
    error = -1;
    restore();
    return nullptr;
  }
  add_path(live, transaction.arena);
  branch->hop = hop;
  branch->others = std::move(others);
  const Int failed = build(*branch, live, transaction.arena);
  branch->uri = transaction.arena.copy(live.uri());
  branch->dst_uri = transaction.arena.copy(live.dst_uri);
  branch->path = transaction.arena.copy(live.path);
  branch->instance = transaction.arena.copy(live.instance);
  branch->ruid = transaction.arena.copy(live.ruid);
  branch->location_ua = transaction.arena.copy(live.location_ua);
  branch->parties = live.parties;
  branch->flags = live.branch_flags;
  branch->connection = target && target->connection != 0 ? target->connection : live.out_connection;
  restore();
  if (failed) {
    transaction.remove_last_branch();
    error = failed;
    return nullptr;
  }
  return branch;
}

Code forward_nonack(Call& call, const RelayPlan& plan) {
  auto* transaction = static_cast<Transaction*>(call.transaction);
  if (!transaction || !may_forward(call)) return -1;
  if (!over_request(call) && !update_request(*transaction, call)) return -1;
  const bool nothing_new = has_nothing_new(*call.live);
  const Int code = forward_to_targets(*transaction, call, plan);   // of a failure the script tells the caller, or nobody
  if (code > 0) transaction->error = 0;
  return code > 0 ? 1 : code == kSendFailed || nothing_new ? -1 : static_cast<Code>(code);
}

Code relay(Call& call, const RelayPlan& plan) {
  if (over_request(call)) {
    auto* const running = static_cast<Transaction*>(call.transaction);
    if (!running) return -1;
    running->error = std::min<Int>(forward_to_targets(*running, call, plan), 0);
    return running->error < 0 ? -1 : 1;   // which failure it was is told in request_route only, as in Kamailio
  }
  if (!may_forward(call)) return -1;
  if (call.message().method_bit() == kAck) {
    if (absorb_ack(call)) return 1;
    tell_of_ack(call);
    NextHop hop;
    if (const Int failed = find_hop(*call.worker, *call.live, plan, hop, nullptr)) return static_cast<Code>(failed);
    return forward_stateless(call, &hop, plan.force);
  }
  if (call.message().method_bit() == kCancel) {
    const int done = relay_known_cancel(call);
    if (done >= 0) return 1;
    if (done == -2) return -1;
    if (Tm::Param::unmatched_cancel == 1) return forward_stateless(call, plan.hop ? &*plan.hop : nullptr, plan.force);
    if (Tm::Param::unmatched_cancel == 2) return 1;
  }
  Transaction* transaction = nullptr;
  Code why = -1;
  switch (new_transaction(call, transaction, why)) {
    case Made::Repeated: return 1;
    case Made::Failed: return why;
    case Made::Exists: {
      const sip::Edits saved = transaction->request->edits;
      if (!update_request(*transaction, call)) return -1;
      if (transaction->edits_saved) transaction->request->edits = saved;
      break;
    }
    case Made::New: break;
  }
  if (!plan.no_100) say_trying(*transaction, call);
  const bool nothing_new = has_nothing_new(*call.live);
  const Code code = result_of(*transaction, call, forward_to_targets(*transaction, call, plan), plan);
  return code == kNoDestination && nothing_new ? -1 : code;
}

Code replicate(Call& call, const RelayPlan& plan) {
  if (!may_forward(call)) return -1;
  if (over_request(call)) {   // what is added here makes the whole a copy
    auto* const running = static_cast<Transaction*>(call.transaction);
    if (!running || forward_to_targets(*running, call, plan) <= 0) return -1;
    running->replicated = true;
    return 1;
  }
  Transaction* transaction = nullptr;
  Code why = -1;
  switch (new_transaction(call, transaction, why)) {
    case Made::Repeated: return 1;
    case Made::Failed: return why;
    case Made::Exists:
      if (!update_request(*transaction, call)) return -1;
      break;
    case Made::New: break;
  }
  transaction->replicated = true;
  say_trying(*transaction, call);
  const Int code = forward_to_targets(*transaction, call, plan);
  if (code > 0) return 1;
  transaction->released = true;
  wait_and_free(*transaction);
  return -1;
}

void end_of_script(Call& call) {
  auto* transaction = static_cast<Transaction*>(call.transaction);
  if (!transaction || !made_by(*transaction, call)) return;
  transaction->creator = 0;
  if (transaction->branch_count == 0 && transaction->status == 0 && !transaction->error && !transaction->released &&
      !transaction->dropping && !transaction->next.armed()) {   // the script has done nothing with it: nobody else will
    transaction->released = true;
    wait_and_free(*transaction);
    return;
  }
  if (transaction->error && transaction->status < 200 && !transaction->pending() && !transaction->released &&
      !transaction->dropping) {
    const bool tried = transaction->error != kNoDestination && transaction->error != kNoSocket;
    if (tried && Tm::Param::failure_exec_mode && transaction->wishes.on_failure) {
      const ErrorReply error = error_reply(transaction->error, transaction->arena);
      if (Branch* branch = transaction->add_branch()) {
        branch->bytes = "";
        fail_branch(*branch, static_cast<int>(error.code), error.reason);
        return;
      }
    }
    sip::Arena scratch(call.worker->pool);
    const ErrorReply error = error_reply(transaction->error, scratch);
    reply_locally(*transaction, *call.live, &call, error.code, error.reason);
  }
}

}  // namespace strowger::tm
