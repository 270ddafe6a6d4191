// stats.*: numbers of the core and of the modules that offer some.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "kex.interface.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

template <std::uint64_t Counters::* member>
std::uint64_t sum(const Process& process) {
  std::uint64_t all = 0;
  for (const Worker* const worker : process.workers) all += read_counter(worker->counters.*member);
  return all;
}

constexpr Statistic kCore[] = {
    {"core", "bad_msg_hdr", sum<&Counters::malformed>},       {"core", "fwd_replies", sum<&Counters::forwarded_replies>},
    {"core", "fwd_requests", sum<&Counters::forwarded_requests>}, {"core", "rcv_replies", sum<&Counters::replies>},
    {"core", "rcv_requests", sum<&Counters::requests>},
};

/// Those that a parameter asks for: "all", "group:", "group.name" where `dotted`, or a name.
template <class F>
void each(const Process& process, std::string_view wanted, bool dotted, F use) {
  for (const Statistic& one : process.statistics) {
    bool matches = wanted == "all" || wanted == one.name;
    if (wanted.size() == one.group.size() + 1 && wanted.ends_with(':')) matches = matches || wanted.starts_with(one.group);
    if (dotted && wanted.size() == one.group.size() + 1 + one.name.size() && wanted[one.group.size()] == '.')
      matches = matches || (wanted.starts_with(one.group) && wanted.ends_with(one.name));
    if (matches) use(one);
  }
}

template <class F>
void fetch(RpcCall& call, F add) {
  call.reply.begin_struct();
  while (const auto wanted = call.next_text())
    each(call.process(), *wanted, true, [&](const Statistic& one) {
      add(std::string(one.group) + "." + std::string(one.name), one.value(call.process()));
    });
  call.reply.end_struct();
}

}  // namespace

void Kex::start(Process& process) {
  process.statistics.insert(process.statistics.end(), std::begin(kCore), std::end(kCore));
}

/// Sorted once all modules have added theirs.
void Kex::worker_start(Worker& worker) {
  if (worker.index != 0) return;
  std::sort(worker.process.statistics.begin(), worker.process.statistics.end(),
            [](const Statistic& a, const Statistic& b) { return a.group != b.group ? a.group < b.group : a.name < b.name; });
}

void Kex::rpc_stats_get_statistics(RpcCall& call) {
  if (!call.more()) return call.fault(400, "Not enough parameters");
  while (const auto wanted = call.next_text())
    each(call.process(), *wanted, false, [&](const Statistic& one) {
      call.reply.add(std::string_view(std::string(one.group) + ":" + std::string(one.name) + " = " + std::to_string(one.value(call.process()))));
    });
}

void Kex::rpc_stats_fetch(RpcCall& call) {
  fetch(call, [&](const std::string& name, std::uint64_t value) { call.reply.add_named(name, std::string_view(std::to_string(value))); });
}

void Kex::rpc_stats_fetchn(RpcCall& call) {
  fetch(call, [&](const std::string& name, std::uint64_t value) { call.reply.add_named(name, static_cast<Int>(value)); });
}

}  // namespace strowger
