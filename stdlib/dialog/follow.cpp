// What happens to a dialog: its INVITE and the replies to it, requests within it, the end of its lifetime.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/uri.h"
#include "stdlib/dialog/state.h"
#include "stdlib/tm/watch.h"

namespace strowger::dialog {
namespace {

using P = ::strowger::Dialog::Param;

std::int64_t seconds_of(const Worker& worker) { return worker.now.wall_seconds(); }

/// URI of the first Contact; empty where there is none.
std::string contact_of(const sip::Message& message) {
  Text contacts = message.value_of(sip::HeaderId::Contact);
  const auto contact = contacts.is_null() ? std::nullopt : sip::next_name_addr(contacts);
  return contact ? std::string(contact->uri.view()) : std::string();
}

/// The values of Record-Route, "<...>", from the top; those from the first one of ours on are left out for the callee.
std::vector<std::string> recorded_routes(const sip::Message& message, const Process* until_ours) {
  constexpr std::size_t kMost = 64;
  std::vector<std::string> out;
  for (const sip::Header* header = message.first(sip::HeaderId::RecordRoute); header; header = message.next(header))
    for (Text rest = message.value(*header); out.size() < kMost;) {
      const auto entry = sip::next_name_addr(rest);
      if (!entry) break;
      const auto uri = sip::parse_uri(entry->uri);
      if (until_ours && uri && until_ours->is_myself(uri->host, uri->port)) return out;
      out.emplace_back(entry->whole.view());
    }
  return out;
}

std::string joined(const std::vector<std::string>& routes, bool reversed) {
  std::string out;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (i) out += ",";
    out += routes[reversed ? routes.size() - 1 - i : i];
  }
  return out;
}

/// Seconds that the script wants a dialog to live by timeout_avp, which counts where it holds a number; else `otherwise`.
Int lifetime_of(Call& call, Int otherwise) {
  const Value value = P::timeout_avp ? P::timeout_avp->get(&call) : Value::null();
  return value.is_int() && value.number() > 0 ? std::min<Int>(value.number(), INT32_MAX) : otherwise;
}

void add_route_param(Call& call, const Dialog& dialog) {
  if (P::dlg_match_mode == 2) return;
  std::string param = ";";
  param.append(P::rr_param.view()).append("=").append(print_did(dialog));
  const Text before = call.live->record_route_params;
  auto* const out = static_cast<char*>(call.arena->allocate(before.len + param.size()));
  if (!out) return;
  if (before.len) std::memcpy(out, before.ptr, before.len);
  std::memcpy(out + before.len, param.data(), param.size());
  call.live->record_route_params = {out, before.len + param.size()};
}

/// Over a reply that came; over nothing where it was made here.
void run_event_about(Call& call, const DialogPtr& dialog, RouteFunction route) {
  call.message().is_request() ? run_event_alone(*call.worker, dialog, route) : run_event_over(call, dialog, route);
}

/// What the 2xx tells of the callee.
void begin(Call& call, Shared& shared, const DialogPtr& dialog) {
  sip::Message& reply = call.message();
  const Table::Lock lock = shared.table.lock();
  if (dialog->state != State::Answered) return;
  if (!reply.is_request()) {              // else the script answered it, and there is no callee
    Leg& callee = dialog->legs[kCallee];
    callee.known = true;
    callee.tag = reply.to_tag().view();
    callee.contact = contact_of(reply);
    if (callee.cseq.empty()) callee.cseq = "0";   // else it sent something before it answered
    callee.route_set = joined(recorded_routes(reply, &call.process()), true);
    callee.socket = call.live->socket;
  }
  dialog->start_time = seconds_of(*call.worker);
  dialog->answered_us = call.worker->now.wall_us;
  dialog->flags |= kNew;
  shared.table.arm(dialog, Table::due_in(dialog->lifetime, call.worker->now.mono));
  if (P::ka_timer > 0 && P::ka_interval > 0) shared.table.arm_keep(dialog, Table::due_in(P::ka_interval + 1, call.worker->now.mono));
  ++shared.active;
}

/// The 2xx to the initial INVITE.
void answered(Call& call, Attached& attached) {
  Shared& shared = attached.shared;
  const DialogPtr dialog = attached.dialog;
  {
    const Table::Lock lock = shared.table.lock();
    if (dialog->state >= State::Answered) return;
    if (dialog->state == State::Early) --shared.early;
    dialog->state = next_state(dialog->state, Event::Success);
  }
  run_event_about(call, dialog, shared.on_start);
  begin(call, shared, dialog);
  attached.let_go();
}

void refused(Call& call, Attached& attached) {
  Shared& shared = attached.shared;
  const DialogPtr dialog = attached.dialog;
  {
    const Table::Lock lock = shared.table.lock();
    if (dialog->state >= State::Answered) return;
    if (dialog->state == State::Early) --shared.early;
    dialog->state = next_state(dialog->state, Event::Failure);
    dialog->end_time = seconds_of(*call.worker);
    dialog->ended_us = call.worker->now.wall_us;
  }
  ++shared.failed;
  run_event_about(call, dialog, shared.on_failed);
  {
    const Table::Lock lock = shared.table.lock();
    shared.table.leave_all(*dialog);
  }
  tell_end(*call.worker, &call, dialog, Ending::Failed);
  if (P::wait_ack == 0) attached.let_go();
}

void ringing(Shared& shared, Dialog& dialog) {
  const Table::Lock lock = shared.table.lock();
  if (dialog.state != State::Unconfirmed) return;
  dialog.state = next_state(dialog.state, Event::Provisional);
  ++shared.early;
}

bool is_initial_invite(Call& call) {
  return call.message().is_request() && call.message().method_bit() == kInvite && call.message().to_tag().empty();
}

std::uint8_t made(Call& call, tm::Transaction& transaction) {
  if (transaction.cancel) return 0;
  const Context* const context = find_context(call);
  DialogPtr dialog = context ? context->dialog : nullptr;
  const bool initial = is_initial_invite(call);
  const bool flagged = P::dlg_flag >= 0 && (call.live->flags >> P::dlg_flag & 1) != 0;
  bool is_new = false;
  if (initial && dialog) {
    const Table::Lock lock = shared_of(call.process()).table.lock();
    is_new = dialog->state == State::Unconfirmed && !(dialog->flags & kInTransaction);
  }
  if (!dialog && initial && flagged) dialog = create(call, is_new);
  if (dialog && (is_new || !initial)) attach(transaction, dialog, is_new);
  const bool bye = dialog && call.message().method_bit() == kBye && shared_of(call.process()).watch_end;
  if (bye) transaction.watched |= tm::kWatchReplies;
  return transaction.watched;
}

/// Replies are told to the script's event routes as they came; those made here over the request.
void replied(tm::Transaction& transaction, int status, LiveMessage* relayed) {
  Attached* const attached = attached_of(transaction);
  if (!attached) return;
  if (status < 200) {
    if (attached->initial) ringing(attached->shared, *attached->dialog);
    return;
  }
  sip::Arena arena(transaction.worker->pool);
  Call call;
  call.live = relayed && attached->initial ? relayed : transaction.request.operator->();
  call.worker = transaction.worker;
  call.arena = &arena;
  call.avps = &transaction.avps;
  call.transaction = &transaction;
  if (!attached->initial) return tell_end(*transaction.worker, &call, attached->dialog, Ending::Answered);
  status < 300 ? answered(call, *attached) : refused(call, *attached);
}

}  // namespace

extern const tm::Watcher kWatcher{made, nullptr, replied, nullptr};

DialogPtr create(Call& call, bool& is_new) {
  is_new = false;
  Shared& shared = shared_of(call.process());
  sip::Message& message = call.message();
  const sip::NameAddr* const from = message.from();
  const sip::NameAddr* const to = message.to();
  const sip::CSeq* const cseq = message.cseq();
  const Names names = names_of(message);
  const std::string contact = contact_of(message);
  if (!from || !to || !cseq || names.call_id.empty() || names.from_tag.empty() || contact.empty()) return nullptr;
  Context& context = context_of(call);
  const Int lifetime = lifetime_of(call, P::default_timeout);
  const Value uri = P::ruri_pvar ? P::ruri_pvar->get(&call) : Value::of(call.live->uri());
  const std::string request_uri(uri.is_null() ? std::string_view() : Operators::value_to_text(&call, uri).view());
  DialogPtr dialog;
  {
    const Table::Lock lock = shared.table.lock();
    if (P::detect_spirals != 0) dialog = shared.table.find_initial(names.call_id, names.from_tag);
    is_new = dialog == nullptr;
    if (!dialog) dialog = shared.table.add(names.call_id);
    if (!dialog) {
      log_line(call, LogLevel::Err, "dialog", {"there are too many dialogs"});
      return nullptr;
    }
    context.dialog = dialog;
    context.created = is_new;
    if (!is_new) return dialog;
    dialog->from_uri = from->uri.view();
    dialog->to_uri = to->uri.view();
    dialog->request_uri = request_uri;
    dialog->worker = call.worker->index;
    dialog->init_time = seconds_of(*call.worker);
    dialog->lifetime = lifetime;
    Leg& caller = dialog->legs[kCaller];
    caller.known = true;
    caller.tag = names.from_tag.view();
    caller.contact = contact;
    caller.cseq = cseq->number_text.view();
    caller.route_set = joined(recorded_routes(message, nullptr), false);
    caller.socket = call.live->socket;
    if (P::send_bye != 0 || context.timeout_bye != 0) dialog->properties |= kTimeoutBye;
    dialog->timeout_route = context.timeout_route;
    dialog->variables = std::exchange(context.variables, {});
    dialog->script_flags = context.script_flags;
    for (auto one = context.profiles.rbegin(); one != context.profiles.rend(); ++one) {   // in Kamailio's order
      shared.table.join(*dialog, *shared.table.profile(one->first), std::string_view(one->second));
      dialog->flags |= kProfilesChanged;
    }
    context.profiles.clear();
  }
  ++shared.processed;
  add_route_param(call, *dialog);
  return dialog;
}

void attach(tm::Transaction& transaction, const DialogPtr& dialog, bool initial) {
  if (transaction.local || transaction.attachment) return;
  Shared& shared = shared_of(transaction.worker->process);
  transaction.attachment = std::make_unique<Attached>(shared, dialog, initial);
  if (!initial) return;
  transaction.watched |= tm::kWatchReplies;
  const Table::Lock lock = shared.table.lock();
  dialog->flags |= kInTransaction;
}

bool end(Shared& shared, const DialogPtr& dialog, Event event, const Clock& now) {
  const State before = dialog->state;
  const State after = next_state(before, event);
  if (after != State::Deleted || before == State::Deleted) return false;
  dialog->state = after;
  dialog->end_time = now.wall_seconds();
  dialog->ended_us = now.wall_us;
  dialog->flags |= kHasBye;
  if (before == State::Early) --shared.early;
  return true;
}

void within(Call& call, const DialogPtr& dialog, Side from) {
  Shared& shared = shared_of(call.process());
  sip::Message& request = call.message();
  const std::uint32_t method = request.method_bit();
  const sip::CSeq* const cseq = request.cseq();
  const Int wanted = lifetime_of(call, 0);
  bool ended = false, was_active = false;
  {
    const Table::Lock lock = shared.table.lock();
    if (method == kBye) {
      was_active = dialog->is_active();
      ended = end(shared, dialog, Event::Bye, call.worker->now);
    } else if (method == kAck) {
      const State before = dialog->state;
      dialog->state = next_state(before, Event::Ack);
      if (dialog->state != before) {
        dialog->flags |= kChanged;
        dialog->acknowledged_us = call.worker->now.wall_us;
      }
    } else if (cseq && method != kCancel && (dialog->state == State::Early || dialog->state == State::Confirmed)) {
      dialog->legs[from].cseq = cseq->number_text.view();
      if (dialog->state == State::Early) dialog->flags |= kChanged;
      if (method == kPrack) dialog->properties |= kPrackSeen;
      if (method == kInvite && dialog->state == State::Confirmed) {   // a target refresh (RFC 3261 §12.2.1.1)
        if (std::string contact = contact_of(request); !contact.empty()) dialog->legs[from].contact = std::move(contact);
      }
    }
    const bool renew = dialog->is_active() && dialog->due && P::timeout_noreset == 0 && !(dialog->properties & kTimeoutNoReset);
    if (renew && wanted) dialog->lifetime = wanted;
    if (renew) shared.table.arm(dialog, Table::due_in(dialog->lifetime, call.worker->now.mono));
  }
  if (!ended) return;
  run_event_over(call, dialog, shared.on_end);
  if (was_active) --shared.active;
  const Table::Lock lock = shared.table.lock();
  shared.table.arm(dialog, 0);
  shared.table.leave_all(*dialog);
}

void find_by_route(Call& call) { find_within(call, P::dlg_match_mode != 0); }

void find_within(Call& call, bool by_names) {
  sip::Message& message = call.message();
  if (message.to_tag().empty()) return;
  const Shared& shared = shared_of(call.process());
  const Names names = names_of(message);
  DialogPtr dialog;
  Side from = kCaller;
  {
    const Table::Lock lock = shared.table.lock();
    Did did;
    bool named = false;
    if (P::dlg_match_mode != 2) {
      Text rest = call.rr_params;
      sip::Param param;
      while (sip::next_param(rest, param))
        if (sip::equal_ignore_case(param.name, P::rr_param)) named = parse_did(param.value.view(), did);
    }
    if (named) {
      dialog = shared.table.find(did);
      if (dialog && !Table::matches(*dialog, names, &from)) dialog = nullptr;
    }
    if (!dialog && by_names) dialog = shared.table.find(names, &from);
  }
  if (!dialog) return;
  Context& context = context_of(call);
  context.dialog = dialog;
  context.followed = dialog;
  within(call, dialog, from);
}

void give_up(Worker& worker, const DialogPtr& dialog) {
  constexpr Int kRest = 10;   // seconds: as in Kamailio, it then ends as one whose lifetime is over
  Shared& shared = shared_of(worker.process);
  const Table::Lock lock = shared.table.lock();
  if (dialog->is_active()) {
    dialog->lifetime = kRest;
    shared.table.arm(dialog, Table::due_in(kRest, worker.now.mono));
    return;
  }
  end(shared, dialog, Event::End, worker.now);
  shared.table.remove(*dialog);
}

void expire(Worker& worker, const DialogPtr& dialog) {
  Shared& shared = shared_of(worker.process);
  bool was_active = false, by_bye = false;
  {
    const Table::Lock lock = shared.table.lock();
    if (dialog->state == State::Deleted) return;   // a route that waits tells of its end just now
    by_bye = (dialog->properties & kTimeoutBye) != 0;
  }
  ++shared.expired;
  if (dialog->timeout_route) run_event_alone(worker, dialog, dialog->timeout_route->function);
  {
    const Table::Lock lock = shared.table.lock();
    dialog->flags |= kProfilesChanged;   // as in Kamailio
  }
  if (by_bye && send_byes(worker, dialog, kTellBoth)) return;
  {
    const Table::Lock lock = shared.table.lock();
    was_active = dialog->is_active();
    if (!end(shared, dialog, Event::End, worker.now)) return;
  }
  if (!by_bye) run_event_alone(worker, dialog, shared.on_end);   // else it ran before the BYEs
  if (was_active) --shared.active;
  tell_end(worker, nullptr, dialog, Ending::Expired);
  const Table::Lock lock = shared.table.lock();
  shared.table.leave_all(*dialog);
  shared.table.remove_if_over(*dialog);
}

void tell_end(Worker& worker, Call* call, const DialogPtr& dialog, Ending how) {
  const WatchEnd watch = shared_of(worker.process).watch_end;
  if (!watch) return;
  {
    const Table::Lock lock = shared_of(worker.process).table.lock();
    if (dialog->state != State::Deleted || std::exchange(dialog->told, true)) return;
  }
  if (call) return watch(*call, *dialog, how);
  sip::Arena arena(worker.pool);
  Avps avps;
  avps.arena = &arena;
  LiveMessage none;
  none.made_here = true;
  Call alone;
  alone.live = &none;
  alone.worker = &worker;
  alone.arena = &arena;
  alone.avps = &avps;
  watch(alone, *dialog, how);
}

void watch_end(Process& process, WatchEnd watch) { shared_of(process).watch_end = watch; }

Text variable_of(const Process& process, const Dialog& dialog, Text name, sip::Arena& arena) {
  const Table::Lock lock = shared_of(process).table.lock();
  const std::string* const value = dialog.variables.find(name.view());
  return value ? arena.copy(Text(std::string_view(*value))) : Text::null();
}

}  // namespace strowger::dialog
