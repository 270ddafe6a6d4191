// htable's tables in a process, the sweep for items that have expired, and finding tables.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/script/log_line.h"
#include "stdlib/htable/database.h"
#include "stdlib/htable/state.h"

namespace strowger {
namespace htable {
namespace {

void sweep(Worker& worker, ProcessState::Entry& entry, unsigned shard) {
  WorkerState& state = state_of(worker);
  Item* const first = entry.table->take_expired(state.me, shard, worker.now.mono);
  if (entry.expired)
    for (const Item* item = first; item; item = item->next) {
      run_event(worker, entry.expired, {Htable::slot, item});
      release_locks(state);
    }
  free_items(first);
}

/// Iterators and locks of a script that waits; others lock under another name meanwhile.
struct Kept {
  Iterator iterators[kMaxIterators];
  WorkerState::Lock locks[kMaxLocks];
  int lock_count;
  std::uint32_t owner;
};

void* leave(Worker& worker) {
  WorkerState& state = state_of(worker);
  const bool walks = std::any_of(state.iterators, state.iterators + kMaxIterators, [](const Iterator& one) { return one.table != nullptr; });
  if (!walks && state.lock_count == 0) return nullptr;
  auto* const kept = new Kept;
  std::swap(kept->iterators, state.iterators);
  std::copy(state.locks, state.locks + state.lock_count, kept->locks);
  kept->lock_count = std::exchange(state.lock_count, 0);
  kept->owner = std::exchange(state.me.id, ++state.owners << 8 | (state.me.id & 0xff));
  return kept;
}

void enter(Worker& worker, void* what) {
  WorkerState& state = state_of(worker);
  release_locks(state);
  const std::unique_ptr<Kept> kept(static_cast<Kept*>(what));
  for (int i = 0; i < kMaxIterators; ++i) state.iterators[i] = kept ? std::move(kept->iterators[i]) : Iterator();
  if (!kept) return;
  std::copy(kept->locks, kept->locks + kept->lock_count, state.locks);
  state.lock_count = kept->lock_count;
  state.me.id = kept->owner;
}

}  // namespace

Table* ProcessState::find(Text name) const {
  for (const Entry& entry : tables)
    if (entry.table->name().view() == name.view()) return entry.table.get();
  return nullptr;
}

bool load_items(const Process& process, Table& table, Owner me, Millis now, Int wall_seconds, std::string& why) {
  using P = Htable::Param;
  std::vector<std::string> columns;
  for (const Text column : {P::key_name_column, P::key_type_column, P::value_type_column, P::key_value_column, P::expires_column})
    columns.emplace_back(column.view());
  const auto rows = db::load_table(process, P::db_url.view(), table.definition().database_table, columns, why);
  if (!rows) return false;
  const auto items = items_of(*rows, P::array_size_suffix.view(), P::db_expires ? wall_seconds : 0);
  if (replace_items(table, me, items, now)) return true;
  why = "table " + table.definition().name + " is locked, or there is no memory for its items";
  return false;
}

Table* find_table(Call& call, Text name) {
  Table* const table = state_of(call).process->find(name);
  if (!table) log_line(call, LogLevel::Err, "htable", {"there is no table \"", name, "\""});
  return table;
}

Table* find_table_key(Call& call, Text text, Text& key) {
  std::string_view all = text.view();
  const std::size_t arrow = all.find("=>");
  if (arrow == std::string_view::npos) {
    log_line(call, LogLevel::Err, "htable", {"\"", text, "\" is not \"table=>key\""});
    return nullptr;
  }
  key = all.substr(arrow + 2);
  std::string_view name = all.substr(0, arrow);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return find_table(call, name);
}

Code report_busy(Call& call, const Table& table) {
  log_line(call, LogLevel::Err, "htable", {"table ", table.name(), " is locked by another worker, given up"});
  return -1;
}

Code report(Call& call, const Table& table, Written written) {
  switch (written) {
    case Written::Yes:
      return 1;
    case Written::Busy:
      return report_busy(call, table);
    case Written::TooLong:
      log_line(call, LogLevel::Err, "htable", {"key or value too long for table ", table.name()});
      break;
    case Written::NoMemory:
      log_line(call, LogLevel::Err, "htable", {"no memory for an item of table ", table.name()});
      break;
  }
  return -1;
}

void release_locks(WorkerState& state) {
  while (state.lock_count > 0) {
    const WorkerState::Lock& lock = state.locks[--state.lock_count];
    lock.table->unlock(lock.shard);
  }
}

}  // namespace htable

void Htable::start(Process& process) {
  auto* const state = new htable::ProcessState;
  process.module_state[slot] = state;
  for (std::uint64_t i = 0; i < Param::htable.count; ++i) {
    std::string why;
    const Text text = Param::htable.items[i];
    const auto definition = htable::parse_definition(text, why);
    if (definition && !definition->database_table.empty() && Param::db_url.empty()) why = "dbtable: the parameter db_url is not set";
    if (definition && state->find(std::string_view(definition->name))) why = "the table is defined twice";
    if (!why.empty()) {
      process.log.write(LogLevel::Err, "htable: modparam htable \"" + std::string(text.view()) + "\": " + why);
      process.failed = true;
      return;
    }
    htable::ProcessState::Entry entry;
    entry.table = std::make_unique<htable::Table>(*definition, process.random_seed ^ (i * 0x9e3779b97f4a7c15));
    entry.expired = process.event_route("htable:expired:" + definition->name);
    state->tables.push_back(std::move(entry));
  }
  for (std::uint64_t i = 0; i < process.image.table_count; ++i) {
    const Text name = process.image.tables[i];
    state->by_number.push_back(state->find(name));
    if (!state->by_number.back() && LogLevel::Warn <= static_cast<LogLevel>(process.settings.debug))
      process.log.write(LogLevel::Warn, "htable: table \"" + std::string(name.view()) +
                                            "\" is used but not defined: its items are undefined");
  }
}

void Htable::stop(Process& process) {
  delete static_cast<htable::ProcessState*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Htable::worker_start(Worker& worker) {
  auto* const state = new htable::WorkerState;
  state->process = static_cast<htable::ProcessState*>(worker.process.module_state[slot]);
  state->by_number = state->process->by_number.data();
  state->me = {worker.index + 1, &worker.scripts};
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
  worker.scripts.add_run_state({htable::leave, htable::enter});
  if (worker.index != 0) return;
  for (const auto& entry : state->process->tables) {   // before the first message: all workers have their start first
    std::string why;
    if (entry.table->definition().database_table.empty() ||
        htable::load_items(worker.process, *entry.table, state->me, worker.now.mono, worker.now.wall_seconds(), why))
      continue;
    worker.process.log.write(LogLevel::Crit, "htable: " + why);
    worker.process.failed = true;
  }
}

/// A lock that a script has not given back does not outlive its run.
void Htable::script_end(Call& call) { htable::release_locks(htable::state_of(call)); }

/// Every second some shards, so that each is seen once within timer_interval.
void Htable::tick(Worker& worker) {
  htable::WorkerState& state = htable::state_of(worker);
  htable::release_locks(state);  // of runs that script_end is not called for
  if (worker.index != 0) return;
  state.owed += htable::Table::kMaxShards;
  for (; state.owed >= Param::timer_interval; state.owed -= Param::timer_interval) {
    for (auto& entry : state.process->tables)
      if (entry.table->expires() && state.next_step < entry.table->shards())
        htable::sweep(worker, entry, state.next_step);
    state.next_step = (state.next_step + 1) % htable::Table::kMaxShards;
  }
}

}  // namespace strowger
