// Stop watches: bm_start_timer(), bm_log_timer(), $BM_time_diff, benchmark.*.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "benchmark.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

using Watch = std::chrono::steady_clock;

struct Sum {
  Int calls = 0, total = 0, least = 0, most = 0;   ///< microseconds
  void add(Int time) {
    least = calls ? std::min(least, time) : time;
    most = std::max(most, time);
    total += time;
    ++calls;
  }
  double average() const { return calls ? static_cast<double>(total) / static_cast<double>(calls) : 0; }
};

struct StopWatch {
  std::string name;
  bool enabled = false;
  Sum period, all;                                  ///< since the last log line, since the start
};

constexpr std::size_t kMaxWatches = 1000;

struct Shared {
  std::mutex lock;                                  ///< of everything here
  Int enable = Benchmark::Param::enable, granularity = Benchmark::Param::granularity;
  Int level = Benchmark::Param::loglevel;
  std::vector<StopWatch> watches;

  StopWatch* find(std::string_view name, bool make) {
    for (StopWatch& one : watches)
      if (one.name == name) return &one;
    if (!make || watches.size() == kMaxWatches) return nullptr;
    watches.push_back({std::string(name), false, {}, {}});
    return &watches.back();
  }
  bool runs(const StopWatch& watch) const { return enable > 0 || (enable == 0 && watch.enabled); }
};

struct PerWorker {
  Shared* shared = nullptr;
  struct Started {
    std::string name;
    Watch::time_point at;
  };
  std::vector<Started> started;
  Int last = 0;
};

Shared& shared_of(const Process& process) { return *static_cast<Shared*>(process.module_state[Benchmark::slot]); }

std::string words(const StopWatch& watch, Int now) {
  const auto shown = [](const Sum& sum) {
    return std::to_string(sum.calls) + "/" + std::to_string(sum.total) + "/" + std::to_string(sum.least) + "/" + std::to_string(sum.most) + "/" +
           std::to_string(sum.average());
  };
  return "timer " + watch.name + ": " + std::to_string(now) + " us; calls/total/min/max/average since the last line " + shown(watch.period) +
         ", since the start " + shown(watch.all);
}

}  // namespace

void Benchmark::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  for (std::uint64_t i = 0; i < Param::register_.count; ++i) shared->find(Param::register_.items[i].view(), true);
}

void Benchmark::worker_start(Worker& worker) {
  auto* const state = new PerWorker;
  state->shared = &shared_of(worker.process);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void Benchmark::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Benchmark::bm_start_timer(Call& call, Text name) {
  auto& state = call.state<PerWorker>(slot);
  {
    const std::lock_guard guard(state.shared->lock);
    const StopWatch* const watch = state.shared->find(name.view(), true);
    if (!watch || !state.shared->runs(*watch)) return 1;
  }
  auto started = std::find_if(state.started.begin(), state.started.end(), [&](const auto& one) { return one.name == name.view(); });
  if (started == state.started.end()) started = state.started.insert(started, {std::string(name.view()), {}});
  started->at = Watch::now();
  return 1;
}

Code Benchmark::bm_log_timer(Call& call, Text name) {
  auto& state = call.state<PerWorker>(slot);
  const auto started = std::find_if(state.started.begin(), state.started.end(), [&](const auto& one) { return one.name == name.view(); });
  if (started == state.started.end() || started->at == Watch::time_point()) return 1;
  const Int time = std::chrono::duration_cast<std::chrono::microseconds>(Watch::now() - started->at).count();
  started->at = {};
  state.last = time;
  std::string line;
  Int level = 0;
  {
    const std::lock_guard guard(state.shared->lock);
    StopWatch* const watch = state.shared->find(name.view(), true);
    if (!watch || !state.shared->runs(*watch)) return 1;
    watch->period.add(time);
    watch->all.add(time);
    if (state.shared->granularity == 0 || watch->period.calls < state.shared->granularity) return 1;
    line = words(*watch, time);
    level = state.shared->level;
    watch->period = {};
  }
  if (call.worker->logs(static_cast<LogLevel>(level))) log_line(call, static_cast<LogLevel>(level), "benchmark", {std::string_view(line)});
  return 1;
}

Int Benchmark::get_BM_time_diff(Call& call) { return call.state<PerWorker>(slot).last; }

void Benchmark::rpc_benchmark_enable_global(RpcCall& call) {
  const auto value = call.next_int();
  if (!value) return call.fault(500, "Invalid Parameters");
  if (*value < -1 || *value > 1) return call.fault(500, "Invalid Parameter Value");
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  shared.enable = *value;
}

void Benchmark::rpc_benchmark_enable_timer(RpcCall& call) {
  const auto name = call.next_text();
  const auto value = call.next_int();
  if (!name || !value) return call.fault(500, "Invalid Parameters");
  if (*value < 0 || *value > 1) return call.fault(500, "Invalid Parameter Value");
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  StopWatch* const watch = shared.find(*name, false);
  if (!watch) return call.fault(500, "Register timer failure");
  watch->enabled = *value == 1;
}

void Benchmark::rpc_benchmark_granularity(RpcCall& call) {
  const auto value = call.next_int();
  if (!value) return call.fault(500, "Invalid Parameters");
  if (*value < 1) return call.fault(500, "Invalid Parameter Value");
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  shared.granularity = *value;
}

void Benchmark::rpc_benchmark_loglevel(RpcCall& call) {
  const auto value = call.next_int();
  if (!value) return call.fault(500, "Invalid Parameters");
  if (*value < -8 || *value > 9) return call.fault(500, "Invalid Parameter Value");
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  shared.level = *value;
}

static void tell_timer(RpcCall& call, const Shared& shared, std::size_t number) {
  const StopWatch& watch = shared.watches[number];
  const auto text = [&](std::string_view name, Int value) { call.reply.add_named(name, std::string_view(std::to_string(value))); };
  const auto least = [](const Sum& sum) { return sum.calls ? sum.least : Int{UINT32_MAX}; };
  call.reply.begin_struct();
  call.reply.add_named("name", std::string_view(watch.name));
  call.reply.add_named("state", shared.runs(watch) ? "enabled" : "disabled");
  call.reply.add_named("id", static_cast<Int>(number));
  call.reply.add_named("granularity", shared.granularity);
  text("period_sum", watch.period.total);
  text("period_min", least(watch.period));
  text("period_max", watch.period.most);
  call.reply.add_named("period_media", watch.period.average());
  text("calls", watch.all.calls);
  text("sum", watch.all.total);
  text("global_min", least(watch.all));
  text("global_max", watch.all.most);
  call.reply.end_struct();
}

void Benchmark::rpc_benchmark_timer_list(RpcCall& call) {
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  for (std::size_t i = 0; i < shared.watches.size(); ++i) tell_timer(call, shared, i);
}

void Benchmark::rpc_benchmark_timer_name_list(RpcCall& call) {
  const auto name = call.next_text();
  if (!name) return call.fault(400, "Invalid timer name");
  Shared& shared = shared_of(call.process());
  const std::lock_guard guard(shared.lock);
  const StopWatch* const watch = shared.find(*name, false);
  if (!watch) return call.fault(500, "Register timer failure");
  tell_timer(call, shared, static_cast<std::size_t>(watch - shared.watches.data()));
}

}  // namespace strowger
