// usrloc's tables in a process, and the sweep for contacts that ran out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include "runtime/script/call.h"
#include "runtime/sip/print.h"
#include "stdlib/usrloc/location.h"
#include "stdlib/usrloc/visit.h"
#include "usrloc.interface.h"

namespace strowger {
namespace usrloc {
namespace {

ProcessState& process_state(Process& process) {
  return *static_cast<ProcessState*>(process.module_state[Usrloc::slot]);
}

void sweep_shard(Worker& worker, Table& table, unsigned shard) {
  WorkerState& state = state_of(worker);
  std::vector<Expired> expired;
  Streams* const streams = worker.process.streams;
  table.sweep(shard, worker.now.wall_seconds(), Usrloc::Param::handle_lost_tcp != 0 ? streams : nullptr, expired);
  for (Expired& one : expired) {
    one.table = table.name();
    if (RouteFunction route = state.process->contact_expired) run_event(worker, route, {Usrloc::slot, &one});
    const std::uint32_t connection = one.entry->contact.connection;
    if (Usrloc::Param::close_expired_tcp != 0 && streams && connection != 0)
      streams->with(worker, connection, [](Worker&, StreamControl& control) { control.close(); });
    free_entry(one.entry);
  }
}

}  // namespace

const Expired* expired_in(const Call& call) { return call.subject_of<Expired>(Usrloc::slot); }

WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Usrloc::slot); }

Table* find_table(Process& process, Text name) {
  ProcessState& state = process_state(process);
  const auto known = [&](int count) -> Table* {
    for (int i = 0; i < count; ++i)
      if (state.tables[static_cast<std::size_t>(i)]->name().view() == name.view())
        return state.tables[static_cast<std::size_t>(i)].get();
    return nullptr;
  };
  if (Table* const table = known(state.count.load(std::memory_order_acquire))) return table;
  const std::lock_guard guard(state.making);
  const int count = state.count.load(std::memory_order_relaxed);
  if (Table* const table = known(count)) return table;
  if (count == kMaxTables) return nullptr;
  state.tables[static_cast<std::size_t>(count)] = std::make_unique<Table>(name, state.options);
  state.count.store(count + 1, std::memory_order_release);
  return state.tables[static_cast<std::size_t>(count)].get();
}

Text make_ruid(Process& process, char* out) {
  ProcessState& state = process_state(process);
  sip::Writer writer(out, 64);
  writer.put(std::string_view(state.ruid_prefix));
  writer.put_hex(state.next_ruid.fetch_add(1, std::memory_order_relaxed));
  return writer.text();
}

// Who pings contacts calls these by weak symbols: they stand where every script that loads usrloc has them.
void visit_contacts(Worker& worker, unsigned shard, const std::function<void(const Contact&)>& work) {
  ProcessState& state = *state_of(worker).process;
  const int tables = state.count.load(std::memory_order_acquire);
  for (int i = 0; i < tables; ++i) {
    Table& table = *state.tables[static_cast<std::size_t>(i)];
    for (const std::string& aor : table.aors(shard)) {
      sip::Arena arena(worker.pool);
      Contact* contacts = nullptr;
      const int count = table.copy(Text(std::string_view(aor)), arena, contacts);
      for (int c = 0; c < count; ++c) work(contacts[c]);
    }
  }
}

std::uint32_t nat_mask() {
  const Int flag = Usrloc::Param::nat_bflag;
  return flag >= 0 && flag < 32 ? 1U << flag : 0;
}

}  // namespace usrloc

void Usrloc::start(Process& process) {
  usrloc::TableOptions options;
  options.matching = static_cast<usrloc::Matching>(Param::matching_mode);
  options.newest_first = Param::desc_time_order != 0;
  options.hash_seed = static_cast<std::uint32_t>(process.random_seed ^ (process.random_seed >> 32));
  auto* const state = new usrloc::ProcessState(options);
  char prefix[64];
  sip::Writer writer(prefix, sizeof prefix);
  writer.put("uloc-");
  if (process.settings.server_id != 0) {
    writer.put_hex(static_cast<std::uint64_t>(process.settings.server_id));
    writer.put('-');
  }
  writer.put_hex(process.start_seconds);
  writer.put('-');
  writer.put_hex(static_cast<std::uint64_t>(getpid()));
  writer.put('-');
  state->ruid_prefix = writer.text().view();
  state->contact_expired = process.event_route("usrloc:contact-expired");
  process.module_state[slot] = state;
  for (std::uint64_t i = 0; i < Param::preload.count; ++i)
    if (!usrloc::find_table(process, Param::preload.items[i])) {
      process.log.write(LogLevel::Err, "usrloc: too many tables in modparam preload");
      process.failed = true;
    }
  usrloc::add_statistics(process);
}

void Usrloc::worker_start(Worker& worker) {
  auto* const state = new usrloc::WorkerState;
  state->process = static_cast<usrloc::ProcessState*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

/// Every second some shards, so that each is seen once within timer_interval.
void Usrloc::tick(Worker& worker) {
  if (worker.index != 0) return;
  usrloc::WorkerState& state = usrloc::state_of(worker);
  state.owed += usrloc::Table::kShards;
  const int tables = state.process->count.load(std::memory_order_acquire);
  for (; state.owed >= Param::timer_interval; state.owed -= Param::timer_interval) {
    for (int i = 0; i < tables; ++i)
      usrloc::sweep_shard(worker, *state.process->tables[static_cast<std::size_t>(i)], state.next_shard);
    state.next_shard = (state.next_shard + 1) % usrloc::Table::kShards;
  }
}

void Usrloc::stop(Process& process) {
  delete static_cast<usrloc::ProcessState*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
