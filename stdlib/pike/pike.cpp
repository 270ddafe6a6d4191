// pike_check_req() and its RPC commands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pike.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rpc.h"
#include "stdlib/pike/address_tree.h"

namespace strowger {
namespace {

/// Of the process. Time starts with the first worker.
struct Guard {
  explicit Guard(const pike::Limits& limits) : tree(limits) {}
  pike::AddressTree tree;
  std::atomic<Millis> start{-1};
  std::uint32_t second(const Worker& worker) const {
    const Millis since = worker.now.mono - start.load(std::memory_order_relaxed);
    return since > 0 ? static_cast<std::uint32_t>(since / 1000) : 0;
  }
};

Guard& guard_of(Worker& worker) { return *static_cast<Guard*>(worker.process.module_state[Pike::slot]); }

Code check(Call& call, const sip::Address& address) {
  Guard& guard = guard_of(*call.worker);
  switch (guard.tree.hit(address, guard.second(*call.worker))) {
    case pike::Verdict::Fine:
      return 1;
    case pike::Verdict::Blocked:
      return -1;
    case pike::Verdict::NewlyBlocked:
      break;
  }
  char text[48];
  log_line(call, static_cast<LogLevel>(Pike::Param::pike_log_level), "pike",
           {"blocking ", Text(text, sip::print_ip(address, text))});
  return -2;
}

void list(RpcCall& call, bool hot, bool warm, bool other) {
  Guard& guard = guard_of(call.worker);
  RpcReply& out = call.reply;
  Int rows = 0;
  out.begin_struct();
  out.add_named("max_hits", Pike::Param::reqs_density_per_unit);
  out.begin_array("list");
  guard.tree.visit(guard.second(call.worker), [&](const pike::Leaf& leaf) {
    if (leaf.counts.before == 0 && leaf.counts.now == 0) return;      // nothing was counted here yet, or any more
    if (!(leaf.hot ? hot : leaf.warm ? warm : other) || out.failed()) return;
    char ip[48];
    out.begin_struct();
    out.add_named("ip_addr", Text(ip, sip::print_ip(leaf.address, ip)));
    out.add_named("leaf_hits_prev", Int{leaf.counts.before});
    out.add_named("leaf_hits_curr", Int{leaf.counts.now});
    out.add_named("expires", Int{leaf.seconds_left});
    out.add_named("status", leaf.hot ? "HOT" : leaf.warm ? "WARM" : "");
    out.end_struct();
    ++rows;
  });
  out.end_array();
  out.add_named("number_of_rows", rows);
  out.end_struct();
}

}  // namespace

Code Pike::pike_check_req(Call& call) { return check(call, call.live->source); }

Code Pike::pike_check_ip(Call& call, Text ip) {
  const auto address = ip.empty() ? std::nullopt : sip::parse_ip(ip.view());
  if (address) return check(call, *address);
  log_line(call, LogLevel::Err, "pike", {"\"", ip, "\" is no address"});
  return -1;
}

/// HOT, WARM or ALL, in any case; what is no text counts as none.
static void list_asked(RpcCall& call, std::string_view otherwise) {
  const std::string what = call.next_text().value_or(std::string(otherwise));
  const auto is = [&](Text name) { return sip::equal_ignore_case(Text(std::string_view(what)), name); };
  if (is("HOT")) return list(call, true, false, false);
  if (is("WARM")) return list(call, false, true, false);
  if (is("ALL")) return list(call, true, true, true);
  call.fault(500, "Bad argument. Select: ALL, HOT or WARM");
}

void Pike::rpc_pike_top(RpcCall& call) { list_asked(call, "HOT"); }
void Pike::rpc_pike_list(RpcCall& call) { list_asked(call, "HOT"); }

void Pike::start(Process& process) {
  process.module_state[slot] = new Guard({static_cast<std::uint32_t>(Param::reqs_density_per_unit),
                                          static_cast<std::uint32_t>(Param::sampling_time_unit),
                                          static_cast<std::uint32_t>(Param::remove_latency)});
}

void Pike::stop(Process& process) {
  delete static_cast<Guard*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Pike::worker_start(Worker& worker) {
  Millis none = -1;
  guard_of(worker).start.compare_exchange_strong(none, worker.now.mono);
}

/// Everything is seen within 8 seconds.
void Pike::tick(Worker& worker) {
  if (worker.index != 0) return;
  Guard& guard = guard_of(worker);
  guard.tree.sweep(guard.second(worker), pike::AddressTree::kShards / 8);
}

}  // namespace strowger
