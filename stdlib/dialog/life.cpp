// The life of the module: its parameters, statistics, hooks, and the clock.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <functional>
#include <random>

#include "stdlib/dialog/state.h"
#include "stdlib/tm/watch.h"

namespace strowger {
namespace dialog {

extern const tm::Watcher kWatcher;

namespace {

constexpr std::int64_t kSweepSeconds = 90;   ///< between two looks for dialogs that stayed too long in a state

/// "one; two": names.
bool define_profiles(Table& table, Text list, bool has_value, std::string& why) {
  std::string_view rest = list.view();
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    std::string_view name = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (name.empty()) continue;
    if (!table.define(name, has_value)) {
      why = "profile " + std::string(name) + " is defined twice";
      return false;
    }
  }
  return true;
}

void* leave(Worker& worker) {
  Context& context = worker.state<WorkerState>(::strowger::Dialog::slot).context;
  return context.is_empty() ? nullptr : new Context(std::exchange(context, Context()));
}

void enter(Worker& worker, void* kept) {
  const std::unique_ptr<Context> own(static_cast<Context*>(kept));
  worker.state<WorkerState>(::strowger::Dialog::slot).context = own ? std::move(*own) : Context();
}

void add_statistics(Process& process) {
  const auto add = [&](const char* name, std::atomic<std::int64_t> Shared::*counter, bool gauge) {
    const auto read = [counter](const Process& of) { return static_cast<std::uint64_t>((shared_of(of).*counter).load(std::memory_order_relaxed)); };
    process.statistics.push_back({"dialog", name, read, gauge});
  };
  add("active_dialogs", &Shared::active, true);
  add("early_dialogs", &Shared::early, true);
  add("processed_dialogs", &Shared::processed, false);
  add("expired_dialogs", &Shared::expired, false);
  add("failed_dialogs", &Shared::failed, false);
}

}  // namespace
}  // namespace dialog

void Dialog::start(Process& process) {
  const auto first = static_cast<std::uint32_t>(std::max<Int>(Param::h_id_start, 0));
  std::mt19937_64 random(process.random_seed);
  const auto step = static_cast<std::uint32_t>(std::max<Int>(Param::h_id_step, 1));
  const auto entries = static_cast<std::size_t>(std::clamp<Int>(Param::hash_size, 1, 1 << 20));
  auto* const shared = new dialog::Shared(entries, static_cast<std::size_t>(std::max(process.settings.workers, 1)), first, step, std::ref(random));
  process.module_state[slot] = shared;
  if (Param::ka_interval != 0 && Param::ka_interval < 30) {
    process.log.write(LogLevel::Err, "dialog: ka_interval is 0, or at least 30");
    process.failed = true;
    return;
  }
  shared->limits = {Param::early_timeout, Param::noack_timeout, Param::end_timeout};
  shared->on_start = process.event_route("dialog:start");
  shared->on_end = process.event_route("dialog:end");
  shared->on_failed = process.event_route("dialog:failed");
  std::string why;
  if (!dialog::define_profiles(shared->table, Param::profiles_with_value, true, why) ||
      !dialog::define_profiles(shared->table, Param::profiles_no_value, false, why)) {
    process.log.write(LogLevel::Err, "dialog: " + why);
    process.failed = true;
    return;
  }
  if (Param::enable_stats != 0) dialog::add_statistics(process);
  tm::watch(process, dialog::kWatcher);
  process.own_route_taken.push_back(dialog::find_by_route);
}

void Dialog::stop(Process& process) {
  delete static_cast<dialog::Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Dialog::worker_start(Worker& worker) {
  auto* const state = new dialog::WorkerState{&dialog::shared_of(worker.process), worker.now.wall_seconds() + dialog::kSweepSeconds, {}};
  worker.module_state[slot] = state;
  worker.cleanups.emplace_back([state, &worker] {
    delete state;
    worker.module_state[slot] = nullptr;
  });
  worker.scripts.add_run_state({dialog::leave, dialog::enter});
}

/// A dialog that this run has made and that no transaction has taken up is forgotten.
void Dialog::script_end(Call& call) {
  dialog::WorkerState& state = dialog::state_of(call);
  if (!dialog::find_context(call)) return;
  const dialog::Context context = std::exchange(state.context, dialog::Context());
  if (!context.dialog) return;
  const dialog::Table::Lock lock = state.shared->table.lock();
  dialog::Dialog& its = *context.dialog;
  if (context.created && its.holders == 0 && its.state == dialog::State::Unconfirmed) its.state = dialog::State::Deleted;
  state.shared->table.remove_if_over(its);
}

void Dialog::tick(Worker& worker) {
  dialog::WorkerState& state = worker.state<dialog::WorkerState>(slot);
  dialog::Table& table = state.shared->table;
  std::vector<dialog::DialogPtr> due, asked, stale;
  {
    const dialog::Table::Lock lock = table.lock();
    due = table.take_due(worker.index, worker.now.mono);
    asked = table.take_keep_due(worker.index, worker.now.mono);
    if (const std::int64_t now = worker.now.wall_seconds(); now >= state.next_sweep) {
      stale = table.find_stale(worker.index, now, state.shared->limits);
      state.next_sweep = now + dialog::kSweepSeconds;
    }
  }
  for (const dialog::DialogPtr& one : due) dialog::expire(worker, one);
  for (const dialog::DialogPtr& one : asked) dialog::ask_ends(worker, one);
  for (const dialog::DialogPtr& one : stale) dialog::give_up(worker, one);
}

}  // namespace strowger
