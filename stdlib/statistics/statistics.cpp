// Counters that the script declares by modparam: group "script".
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "statistics.interface.h"

namespace strowger {
namespace {

constexpr std::string_view kGroup = "script", kNoReset = "/no_reset";

ScriptCounter* find(Call& call, Text name) {
  ScriptCounter* const counter = call.process().find_script_counter({}, name.view());
  if (!counter) log_line(call, LogLevel::Err, "statistics", {"there is no counter \"", name, "\""});
  return counter;
}

}  // namespace

Code Statistics::update_stat(Call& call, Text name, Int n) {
  ScriptCounter* const counter = find(call, name);
  if (!counter) return -1;
  counter->value.fetch_add(n, std::memory_order_relaxed);
  return 1;
}

Code Statistics::reset_stat(Call& call, Text name) {
  ScriptCounter* const counter = find(call, name);
  if (!counter) return -1;
  if (counter->may_reset) counter->value.store(0, std::memory_order_relaxed);
  return 1;
}

void Statistics::start(Process& process) {
  for (std::uint64_t i = 0; i < Param::variable.count; ++i) {
    std::string_view name = Param::variable.items[i].view();
    const bool fixed = name.ends_with(kNoReset);
    if (fixed) name.remove_suffix(kNoReset.size());
    if (name.empty() || name.find('/') != name.npos) {
      process.log.write(LogLevel::Err, "statistics: \"" + std::string(Param::variable.items[i].view()) + "\" is no name of a counter");
      process.failed = true;
      return;
    }
    process.add_script_counter(std::string(kGroup), std::string(name), "custom script counter.").may_reset = !fixed;
  }
}

}  // namespace strowger
