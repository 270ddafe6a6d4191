// stats.*: numbers of the core and of the modules that offer some.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <bit>
#include <functional>

#include "kex.interface.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

using Place = std::function<const std::uint64_t&(const Counters&)>;

Statistic core_number(std::string name, Place place) {
  return {"core", std::move(name), [place = std::move(place)](const Process& process) {
            std::uint64_t all = 0;
            for (const Worker* const worker : process.workers) all += read_counter(place(worker->counters));
            return all;
          }};
}

struct Method {
  std::string_view name;
  MethodBit bit;
  std::string_view in_replies;                            // null: replies of it are not counted alone
};
constexpr Method kMethods[] = {
    {"ack", kAck, {}},         {"bye", kBye, "bye"},         {"cancel", kCancel, "cancel"},   {"info", kInfo, {}},
    {"invite", kInvite, "invite"}, {"message", kMessage, "message"}, {"notify", kNotify, {}}, {"options", kOptions, {}},
    {"prack", kPrack, "prack"}, {"publish", kPublish, {}},   {"refer", kRefer, "refer"},      {"register", kRegister, "reg"},
    {"subscribe", kSubscribe, {}}, {"update", kUpdate, "update"},
};

std::vector<Statistic> core_statistics() {
  const std::pair<const char*, std::uint64_t Counters::*> plain[] = {
      {"bad_msg_hdr", &Counters::malformed},          {"drop_replies", &Counters::dropped_replies},
      {"drop_requests", &Counters::dropped_requests}, {"err_replies", &Counters::bad_replies},
      {"err_requests", &Counters::bad_requests},      {"fwd_replies", &Counters::forwarded_replies},
      {"fwd_requests", &Counters::forwarded_requests}, {"rcv_replies", &Counters::replies},
      {"rcv_requests", &Counters::requests},          {"rcv_replies_18x", &Counters::ringing},
  };
  std::vector<Statistic> all;
  for (const auto& [name, member] : plain)
    all.push_back(core_number(name, [member = member](const Counters& c) -> const std::uint64_t& { return c.*member; }));
  constexpr const char* kRefused[] = {"401", "404", "407", "480", "486"};
  for (std::size_t i = 0; i < std::size(kRefused); ++i)
    all.push_back(core_number(std::string("rcv_replies_") + kRefused[i],
                              [i](const Counters& c) -> const std::uint64_t& { return c.refused[i]; }));
  const auto place = [](MethodBit bit) { return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(bit))); };
  for (const Method& method : kMethods)
    all.push_back(core_number("rcv_requests_" + std::string(method.name),
                              [at = place(method.bit)](const Counters& c) -> const std::uint64_t& { return c.requests_of[at]; }));
  all.push_back(core_number("unsupported_methods",
                            [at = place(kOtherMethod)](const Counters& c) -> const std::uint64_t& { return c.requests_of[at]; }));
  for (std::size_t number = 1; number < 7; ++number) {
    const std::string name = "rcv_replies_" + std::to_string(number) + "xx";
    all.push_back({"core", name, [number](const Process& process) {
                     std::uint64_t sum = 0;
                     for (const Worker* const worker : process.workers)
                       for (const std::uint64_t& count : worker->counters.replies_of[number]) sum += read_counter(count);
                     return sum;
                   }});
    for (const Method& method : kMethods) {
      if (method.in_replies.empty()) continue;
      all.push_back(core_number(name + "_" + std::string(method.in_replies), [number, at = place(method.bit)](const Counters& c)
                                -> const std::uint64_t& { return c.replies_of[number][at]; }));
    }
  }
  return all;
}

/// Those that a parameter asks for: "all", "group:", "group.name" and "group:name" where `dotted`, or a name.
template <class F>
void each(Process& process, std::string_view wanted, bool dotted, F use) {
  for (Statistic& one : process.statistics) {
    bool matches = wanted == "all" || wanted == one.name;
    if (wanted.size() == one.group.size() + 1 && wanted.ends_with(':')) matches = matches || wanted.starts_with(one.group);
    if (dotted && wanted.size() == one.group.size() + 1 + one.name.size() &&
        (wanted[one.group.size()] == '.' || wanted[one.group.size()] == ':'))
      matches = matches || (wanted.starts_with(one.group) && wanted.ends_with(one.name));
    if (matches) use(one);
  }
}

template <class F>
void fetch(RpcCall& call, F add) {
  auto wanted = call.next_text();
  if (!wanted) return call.fault(400, "Please provide which stats to retrieve");
  call.reply.begin_struct();
  for (; wanted; wanted = call.next_text())
    each(call.process(), *wanted, true, [&](const Statistic& one) {
      add(one.group + "." + one.name, one.value(call.process()));
    });
  call.reply.end_struct();
}

}  // namespace

void Kex::start(Process& process) {
  for (Statistic& one : core_statistics()) process.statistics.push_back(std::move(one));
}

/// Sorted once all modules have added theirs.
void Kex::worker_start(Worker& worker) {
  if (worker.index != 0) return;
  std::sort(worker.process.statistics.begin(), worker.process.statistics.end(),
            [](const Statistic& a, const Statistic& b) { return a.group != b.group ? a.group < b.group : a.name < b.name; });
}

void Kex::rpc_stats_get_statistics(RpcCall& call) {
  auto wanted = call.next_text();
  if (!wanted) return call.fault(400, "Please provide which stats to retrieve");
  for (; wanted; wanted = call.next_text())
    each(call.process(), *wanted, false, [&](const Statistic& one) {
      call.reply.add(std::string_view(one.group + ":" + one.name + " = " + std::to_string(one.value(call.process()))));
    });
}

void Kex::rpc_stats_fetch(RpcCall& call) {
  fetch(call, [&](const std::string& name, std::uint64_t value) { call.reply.add_named(name, std::string_view(std::to_string(value))); });
}

void Kex::rpc_stats_fetchn(RpcCall& call) {
  fetch(call, [&](const std::string& name, std::uint64_t value) { call.reply.add_named(name, static_cast<Int>(value)); });
}

void Kex::rpc_stats_reset_statistics(RpcCall& call) {
  auto wanted = call.next_text();
  if (!wanted) return call.fault(400, "Please provide stats name");
  for (; wanted; wanted = call.next_text())
    each(call.process(), *wanted, false, [&](Statistic& one) { one.reset(call.process()); });
}

void Kex::rpc_stats_clear_statistics(RpcCall& call) {
  auto wanted = call.next_text();
  if (!wanted) return call.fault(400, "Please provide stats name");
  for (; wanted; wanted = call.next_text())
    each(call.process(), *wanted, false, [&](Statistic& one) {
      const std::uint64_t before = one.value(call.process());
      one.reset(call.process());
      std::string line = one.group + ":" + one.name + " = " + std::to_string(one.value(call.process()));
      if (one.value(call.process()) != before) line += " (" + std::to_string(before) + ")";
      call.reply.add(std::string_view(line));
    });
}

}  // namespace strowger
