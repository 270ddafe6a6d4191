// cnt_inc() and the like, over counters that modparam declares.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <unordered_map>

#include "counters.interface.h"
#include "runtime/script/log_line.h"

namespace strowger {
namespace {

/// Per worker: counters by the address of the constant that names them in the script.
using Known = std::unordered_map<const char*, ScriptCounter*>;

/// "GROUP.NAME" or "NAME".
void split(std::string_view text, std::string_view& group, std::string_view& name) {
  const std::size_t dot = text.find('.');
  group = dot == text.npos ? CountersModule::Param::script_cnt_grp_name.view() : text.substr(0, dot);
  name = dot == text.npos ? text : text.substr(dot + 1);
}

ScriptCounter* find(Call& call, Text text) {
  ScriptCounter*& counter = call.state<Known>(CountersModule::slot)[text.ptr];
  if (!counter) {
    std::string_view group, name;
    split(text.view(), group, name);
    counter = call.process().find_script_counter(group, name);
    if (!counter) log_line(call, LogLevel::Err, "counters", {"there is no counter \"", text, "\""});
  }
  return counter;
}

}  // namespace

Code CountersModule::cnt_inc(Call& call, Text name) { return cnt_add(call, name, 1); }

Code CountersModule::cnt_add(Call& call, Text name, Int n) {
  ScriptCounter* const counter = find(call, name);
  if (!counter) return -1;
  counter->value.fetch_add(n, std::memory_order_relaxed);
  return 1;
}

Code CountersModule::cnt_reset(Call& call, Text name) {
  ScriptCounter* const counter = find(call, name);
  if (!counter) return -1;
  counter->value.store(0, std::memory_order_relaxed);
  return 1;
}

void CountersModule::start(Process& process) {
  for (std::uint64_t i = 0; i < Param::script_counter.count; ++i) {
    const std::string_view text = Param::script_counter.items[i].view();
    const std::size_t end = std::min(text.find_first_of(" :"), text.size());
    std::string_view group, name, doc = text.substr(std::min(end + 1, text.size()));
    split(text.substr(0, end), group, name);
    if (name.empty() || group.empty()) {
      process.log.write(LogLevel::Err, "counters: \"" + std::string(text) + "\" names no counter");
      process.failed = true;
      return;
    }
    process.add_script_counter(std::string(group), std::string(name), std::string(doc.empty() ? "custom script counter." : doc));
  }
}

/// Worker 0 shows statistics in order, once all modules have added theirs.
void CountersModule::worker_start(Worker& worker) {
  auto* const known = new Known;
  worker.module_state[slot] = known;
  worker.cleanups.push_back([known] { delete known; });
  if (worker.index != 0) return;
  std::sort(worker.process.statistics.begin(), worker.process.statistics.end(),
            [](const Statistic& a, const Statistic& b) { return a.group != b.group ? a.group < b.group : a.name < b.name; });
}

}  // namespace strowger
