// cnt.*: all counters, those of modules too, by group and name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "counters.interface.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

void values_of(RpcCall& call, std::string_view group) {
  call.reply.begin_struct();
  for (const Statistic& one : call.process().statistics)
    if (one.group == group) call.reply.add_named(one.name, static_cast<Int>(one.value(call.process())));
  call.reply.end_struct();
}

/// The counter of a name, of any group where that is empty; null, and a fault, where there is none.
Statistic* find(RpcCall& call, const std::string& group, const std::string& name) {
  for (Statistic& one : call.process().statistics)
    if ((group.empty() || one.group == group) && one.name == name) return &one;
  call.fault(400, "non-existent counter " + group + "." + name + "\n");
  return nullptr;
}

Statistic* find_asked(RpcCall& call) {
  const auto group = call.next_text();
  const auto name = group ? call.next_text() : std::nullopt;
  if (name) return find(call, *group, *name);
  call.refuse(400, "Failed to get the parameters");
  return nullptr;
}

void get(RpcCall& call) {
  const auto group = call.next_text();
  if (!group) return call.refuse(400, "Failed to get the parameters");
  const auto name = call.next_text();
  if (!name) return values_of(call, *group);
  if (const Statistic* const one = find(call, *group, *name)) call.reply.add(static_cast<Int>(one->value(call.process())));
}

void get_all(RpcCall& call) {
  const auto group = call.next_text();
  if (!group) return call.refuse(400, "Failed to get the parameters");
  values_of(call, *group);
}

void list_groups(RpcCall& call) {
  std::string_view last;
  for (const Statistic& one : call.process().statistics) {
    if (one.group != last) call.reply.add(std::string_view(one.group));
    last = one.group;
  }
}

void list_names(RpcCall& call) {
  const auto group = call.next_text();
  if (!group) return call.refuse(400, "Failed to get the parameters");
  for (const Statistic& one : call.process().statistics)
    if (one.group == *group) call.reply.add(std::string_view(one.name));
}

}  // namespace

void CountersModule::rpc_cnt_get(RpcCall& call) { get(call); }
void CountersModule::rpc_cnt_get_raw(RpcCall& call) {
  if (const Statistic* const one = find_asked(call)) call.reply.add(static_cast<Int>(one->value(call.process())));
}
void CountersModule::rpc_cnt_list_groups(RpcCall& call) { list_groups(call); }
void CountersModule::rpc_cnt_grps_list(RpcCall& call) { list_groups(call); }
void CountersModule::rpc_cnt_list_vars(RpcCall& call) { list_names(call); }
void CountersModule::rpc_cnt_var_list(RpcCall& call) { list_names(call); }
void CountersModule::rpc_cnt_get_vars(RpcCall& call) { get_all(call); }
void CountersModule::rpc_cnt_grp_get_all(RpcCall& call) { get_all(call); }

void CountersModule::rpc_cnt_reset(RpcCall& call) {
  if (Statistic* const one = find_asked(call)) one->reset(call.process());
}

void CountersModule::rpc_cnt_help(RpcCall& call) {
  if (const Statistic* const one = find_asked(call)) call.reply.add(one->counter ? std::string_view(one->counter->doc) : std::string_view("kamailio statistic (no description)"));
}

}  // namespace strowger
