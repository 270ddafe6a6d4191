// What the module keeps in the process and in each worker, and which dialog a call is about.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dialog.interface.h"
#include "runtime/script/call.h"
#include "stdlib/dialog/table.h"
#include "stdlib/dialog/watch.h"
#include "stdlib/tm/transaction.h"

namespace strowger::dialog {

/// Fixed after start, but for the table (which has a lock) and the counters.
struct Shared {
  template <class... Of>
  explicit Shared(Of&&... of) : table(std::forward<Of>(of)...) {}
  Table table;
  RouteFunction on_start = nullptr, on_end = nullptr, on_failed = nullptr;   ///< event routes
  Limits limits;
  WatchEnd watch_end = nullptr;
  std::atomic<std::int64_t> active{0}, early{0}, processed{0}, expired{0}, failed{0};
};

/// What a script run has said of its dialog, $dlg_ctx.
struct Context {
  std::uint64_t run = 0;                ///< Call::run that it belongs to
  DialogPtr dialog;
  bool created = false;                 ///< by this run
  DialogPtr followed;                   ///< the one that a Route of ours or dlg_manage() told of: what the old variables are about
  Int on = 0, timeout = 0, timeout_bye = 0, direction = 0;
  const RouteRef* timeout_route = nullptr;   ///< route[X] that runs when the lifetime is over
  // What was said before there was a dialog.
  Variables variables;                  ///< for the dialog to come, as these
  std::vector<std::pair<std::string, std::string>> profiles;   ///< names and values
  std::uint32_t script_flags = 0;
  bool is_empty() const { return run == 0; }
};

struct WorkerState {
  Shared* shared;
  std::int64_t next_sweep = 0;          ///< seconds since 1970
  Context context;                      ///< of the run that spoke last; a script that waits takes it along
};

inline Shared& shared_of(const Process& process) { return *static_cast<Shared*>(process.module_state[::strowger::Dialog::slot]); }
inline WorkerState& state_of(Call& call) { return call.state<WorkerState>(::strowger::Dialog::slot); }

/// What a transaction keeps: its dialog. The one of the initial INVITE ends a dialog that never began.
struct Attached : tm::Attachment {
  Attached(Shared& owner, DialogPtr its, bool is_initial);
  ~Attached() override { let_go(); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  /// The dialog need not stay for the transaction any more.
  void let_go();
  Shared& shared;
  const DialogPtr dialog;
  const bool initial;
  bool holds = true;
};

/// Null where the transaction has none; own requests are none's.
Attached* attached_of(const Call& call);
Attached* attached_of(const tm::Transaction& transaction);

/// The context of the run; a new one where another run was there last.
Context& context_of(Call& call);
/// Null where this run has said nothing yet.
const Context* find_context(Call& call);

/// The dialog of the event, of this run, or of the transaction; null where there is none.
DialogPtr current(Call& call);
/// The same; otherwise the one that the message's Call-ID and tags name.
DialogPtr current_or_named(Call& call);
Names names_of(sip::Message& message);

/// A new dialog for an initial INVITE: in the context, its name in our Record-Route. Null where it cannot be. `is_new` false: the INVITE
/// came here before, and has one.
DialogPtr create(Call& call, bool& is_new);
/// Makes the call's transaction, where there is one, tell of the dialog.
void attach(tm::Transaction& transaction, const DialogPtr& dialog, bool initial);
/// Finds the dialog of a request within one by our Route, and, where wanted, by Call-ID and tags.
void find_within(Call& call, bool by_names);
/// For own_route_taken.
void find_by_route(Call& call);
/// A request within the dialog came.
void within(Call& call, const DialogPtr& dialog, Side from);

/// Runs an event route about the dialog over the call's message.
void run_event_over(Call& call, const DialogPtr& dialog, RouteFunction route);
/// The same without a message.
void run_event_alone(Worker& worker, const DialogPtr& dialog, RouteFunction route);

/// Tells the watcher that it has ended, once. With a call: over that; without: over nothing.
void tell_end(Worker& worker, Call* call, const DialogPtr& dialog, Ending how);

/// Ends it; its timer and profiles are the caller's. False where it had ended. With the table's lock held.
bool end(Shared& shared, const DialogPtr& dialog, Event event, const Clock& now);
/// It stayed too long in a state, or an end does not answer: nobody heard of its end.
void give_up(Worker& worker, const DialogPtr& dialog);
/// Its lifetime is over.
void expire(Worker& worker, const DialogPtr& dialog);

/// OPTIONS to those ends that the script wants it for (dlg_set_property()), and again after ka_interval.
void ask_ends(Worker& worker, const DialogPtr& dialog);

/// Which ends are told: a set.
enum Sides : std::uint8_t { kTellCaller = 1, kTellCallee = 2, kTellBoth = 3 };
/// Ends it by BYE: the event route runs at once, the dialog has ended with the first reply. False where none could be sent. `headers`:
/// whole lines.
bool send_byes(Worker& worker, const DialogPtr& dialog, Sides sides, Text headers = Text::null());

}  // namespace strowger::dialog
