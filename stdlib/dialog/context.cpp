// Which dialog a call is about: what its run has found, its transaction, or what its message names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/message.h"
#include "stdlib/dialog/state.h"

namespace strowger::dialog {

Attached::Attached(Shared& owner, DialogPtr its, bool is_initial) : shared(owner), dialog(std::move(its)), initial(is_initial) {
  const Table::Lock lock = shared.table.lock();
  ++dialog->holders;
}

void Attached::let_go() {
  if (!std::exchange(holds, false)) return;
  const Table::Lock lock = shared.table.lock();
  --dialog->holders;
  if (initial && dialog->state < State::Answered) {   // nobody will hear of it any more
    if (dialog->state == State::Early) --shared.early;
    dialog->state = State::Deleted;
  }
  shared.table.remove_if_over(*dialog);
}

Attached* attached_of(const tm::Transaction& transaction) {
  return transaction.local ? nullptr : static_cast<Attached*>(transaction.attachment.get());
}

Attached* attached_of(const Call& call) {
  return call.transaction ? attached_of(*static_cast<const tm::Transaction*>(call.transaction)) : nullptr;
}

Context& context_of(Call& call) {
  if (call.run == 0) call.run = call.worker->scripts.next_run();
  Context& context = state_of(call).context;
  if (context.run != call.run) {
    context = Context();
    context.run = call.run;
  }
  return context;
}

const Context* find_context(Call& call) {
  const Context& context = state_of(call).context;
  return call.run != 0 && context.run == call.run ? &context : nullptr;
}

DialogPtr current(Call& call) {
  if (const auto* const subject = call.subject_of<DialogPtr>(::strowger::Dialog::slot)) return *subject;
  if (const Context* const context = find_context(call); context && context->dialog) return context->dialog;
  const Attached* const attached = attached_of(call);
  return attached ? attached->dialog : nullptr;
}

Names names_of(sip::Message& message) { return {sip::trim(message.call_id()), message.from_tag(), message.to_tag()}; }

DialogPtr current_or_named(Call& call) {
  if (DialogPtr dialog = current(call)) return dialog;
  if (call.live->made_here) return nullptr;
  const Names names = names_of(call.message());
  if (names.call_id.empty()) return nullptr;
  const Table& table = shared_of(call.process()).table;
  const Table::Lock lock = table.lock();
  return table.find(names);
}

void run_event_over(Call& call, const DialogPtr& dialog, RouteFunction route) {
  if (!route) return;
  Context& context = state_of(call).context;
  Context kept = std::exchange(context, Context());
  const auto subject = dialog;          // in this frame, which stays while the route waits
  Call event = call;
  static_cast<CallHead&>(event) = CallHead();
  event.subject = {::strowger::Dialog::slot, &subject};
  run_route(event, route, kEventRoute);
  call.transaction = event.transaction;   // the route may have made one, which took the message's memory over
  call.arena = event.arena;
  call.avps = event.avps;
  call.wishes = event.wishes;
  context = std::move(kept);
}

void run_event_alone(Worker& worker, const DialogPtr& dialog, RouteFunction route) {
  if (!route) return;
  Context& context = worker.state<WorkerState>(::strowger::Dialog::slot).context;
  Context kept = std::exchange(context, Context());
  const auto subject = dialog;
  run_event(worker, route, {::strowger::Dialog::slot, &subject});
  kept.dialog = nullptr;                // as in Kamailio: the run that this happens in has none any more
  context = std::move(kept);
}

}  // namespace strowger::dialog
