// cfg.*: custom parameters of the script and the log level, read and changed while the proxy runs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands run in worker 0's thread and are the only writers; scripts of all workers read under the same lock, for the time of
// a copy.
#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cfg_rpc.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

/// A number is kept as its digits, as scripts read it.
struct Item {
  std::string group, name;
  bool is_text = false;
  std::string value, first;                // now; as the script has it
  std::optional<std::string> staged;
};

struct State {
  std::mutex lock;
  std::vector<Item> items;                 // fixed after start, but for values
};

constexpr std::size_t kLongestValue = 4096;

State& state_of(const Process& process) { return *static_cast<State*>(process.module_state[CfgRpc::slot]); }

Item* find(State& state, std::string_view group, std::string_view name) {
  for (Item& item : state.items)
    if (item.group == group && item.name == name) return &item;
  return nullptr;
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// core.debug is the process's own.
void take_effect(Process& process, const Item& item) {
  if (item.group == "core" && item.name == "debug")
    __atomic_store_n(&process.settings.debug, static_cast<int>(std::clamp<long>(std::stol(item.value), -9, 9)), __ATOMIC_RELAXED);
}

/// corex.debug may have changed it meanwhile.
std::string value_of(const Process& process, const Item& item) {
  if (item.group == "core" && item.name == "debug") return std::to_string(__atomic_load_n(&process.settings.debug, __ATOMIC_RELAXED));
  return item.value;
}

enum class When { Now, AtCommit };

enum class Takes { Number, Text, Any };

/// The third parameter, as a text. A text that is no number is none where a number is wanted, though JSON has it for 0.
std::optional<std::string> next_value(RpcCall& call, Takes takes) {
  if (takes == Takes::Text) return call.next_text();
  const auto text = call.next_text_of_any();
  return text && takes == Takes::Number && !is_number(*text) ? std::nullopt : text;
}

void set(RpcCall& call, Takes takes, When when) {
  const auto group = call.next_text();
  const auto name = group ? call.next_text() : std::nullopt;
  const auto value = name ? next_value(call, takes) : std::nullopt;
  if (!value) return call.refuse(400, "Failed to get the parameters");
  State& state = state_of(call.process());
  const std::lock_guard guard(state.lock);
  Item* const item = find(state, *group, *name);
  if (!item || (!item->is_text && !is_number(*value)) || value->size() > kLongestValue)
    return call.fault(400, "Failed to set the variable");
  if (when == When::AtCommit) {
    item->staged = *value;
    return;
  }
  item->value = *value;
  take_effect(call.process(), *item);
}

void put(RpcReply& out, const Process& process, std::string_view name, const Item& item) {
  const std::string value = value_of(process, item);
  if (item.is_text) name.empty() ? out.add(std::string_view(value)) : out.add_named(name, std::string_view(value));
  else name.empty() ? out.add(Int{std::stol(value)}) : out.add_named(name, Int{std::stol(value)});
}

}  // namespace

void CfgRpc::start(Process& process) {
  auto* const state = new State;
  process.module_state[slot] = state;
  const std::string level = std::to_string(process.settings.debug);
  state->items.push_back({"core", "debug", false, level, level, std::nullopt});
  for (std::uint64_t i = 0; i < process.image.custom_param_count; ++i) {
    const CustomParamImage& param = process.image.custom_params[i];
    const bool is_text = !param.text.is_null();
    const std::string value = is_text ? std::string(param.text.view()) : std::to_string(param.number);
    state->items.push_back({std::string(param.group.view()), std::string(param.name.view()), is_text, value, value, std::nullopt});
  }
}

void CfgRpc::stop(Process& process) {
  delete static_cast<State*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Text CfgRpc::get_cfg_get(Call& call, Text name) {
  State& state = state_of(call.process());
  const std::size_t dot = name.view().find('.');
  if (dot == std::string_view::npos) return Text::null();
  const std::lock_guard guard(state.lock);
  const Item* const item = find(state, name.view().substr(0, dot), name.view().substr(dot + 1));
  return item ? call.arena->copy(std::string_view(value_of(call.process(), *item))) : Text::null();
}

void CfgRpc::rpc_cfg_set(RpcCall& call) { set(call, Takes::Any, When::Now); }
void CfgRpc::rpc_cfg_set_now_int(RpcCall& call) { set(call, Takes::Number, When::Now); }
void CfgRpc::rpc_cfg_seti(RpcCall& call) { set(call, Takes::Number, When::Now); }
void CfgRpc::rpc_cfg_set_now_string(RpcCall& call) { set(call, Takes::Text, When::Now); }
void CfgRpc::rpc_cfg_sets(RpcCall& call) { set(call, Takes::Text, When::Now); }
void CfgRpc::rpc_cfg_set_delayed(RpcCall& call) { set(call, Takes::Any, When::AtCommit); }
void CfgRpc::rpc_cfg_set_delayed_int(RpcCall& call) { set(call, Takes::Number, When::AtCommit); }
void CfgRpc::rpc_cfg_set_delayed_string(RpcCall& call) { set(call, Takes::Text, When::AtCommit); }

void CfgRpc::rpc_cfg_commit(RpcCall& call) {
  State& state = state_of(call.process());
  const std::lock_guard guard(state.lock);
  for (Item& item : state.items) {
    if (!item.staged) continue;
    item.value = std::move(*item.staged);
    item.staged.reset();
    take_effect(call.process(), item);
  }
}

void CfgRpc::rpc_cfg_rollback(RpcCall& call) {
  State& state = state_of(call.process());
  const std::lock_guard guard(state.lock);
  for (Item& item : state.items) item.staged.reset();
}

void CfgRpc::rpc_cfg_get(RpcCall& call) {
  const auto group = call.next_text();
  const bool all = group && !call.more();
  const auto name = all ? std::nullopt : call.next_text();
  if (!all && !name) return call.fault(500, "Failed to get the parameters");
  State& state = state_of(call.process());
  if (name && !name->empty()) {
    const Item* const item = find(state, *group, *name);
    return item ? put(call.reply, call.process(), {}, *item) : call.fault(400, "Failed to get the variable");
  }
  call.reply.begin_struct();
  for (const Item& item : state.items)
    if (item.group == *group) put(call.reply, call.process(), item.name, item);
  call.reply.end_struct();
}

void CfgRpc::rpc_cfg_reset(RpcCall& call) {
  const auto group = call.next_text();
  if (!group) return call.fault(500, "Failed to get the parameters");
  const auto name = call.next_text();
  State& state = state_of(call.process());
  const std::lock_guard guard(state.lock);
  bool any = false;
  for (Item& item : state.items) {
    if (item.group != *group || (name && item.name != *name)) continue;
    item.value = item.first;
    take_effect(call.process(), item);
    any = true;
  }
  if (!any) call.fault(400, "Failed to reset the variable");
}

void CfgRpc::rpc_cfg_help(RpcCall& call) {
  const auto group = call.next_text();
  const auto name = group ? call.next_text() : std::nullopt;
  if (!name) return call.refuse(400, "Failed to get the parameters");
  const Item* const item = find(state_of(call.process()), *group, *name);
  if (!item) return call.fault(400, "Failed to get the variable description");
  if (*group == "core") call.reply.add(std::string_view("debug level"));   // JSON shows the last value only
  call.reply.add(std::string_view(item->is_text ? "(parameter type is string)" : "(parameter type is integer)"));
}

void CfgRpc::rpc_cfg_list(RpcCall& call) {
  const auto group = call.next_text();
  for (const Item& item : state_of(call.process()).items)
    if (!group || item.group == *group) call.reply.add(std::string_view(item.group + ": " + item.name));
}

void CfgRpc::rpc_cfg_diff(RpcCall& call) {
  for (const Item& item : state_of(call.process()).items) {
    if (!item.staged) continue;
    call.reply.begin_struct();
    call.reply.add_named("group name", std::string_view(item.group));
    call.reply.add_named("variable name", std::string_view(item.name));
    const auto show = [&](std::string_view name, const std::string& value) {
      item.is_text ? call.reply.add_named(name, std::string_view(value)) : call.reply.add_named(name, Int{std::stol(value)});
    };
    show("old value", value_of(call.process(), item));
    show("new value", *item.staged);
    call.reply.end_struct();
  }
}

}  // namespace strowger
