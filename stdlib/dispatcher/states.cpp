// States of destinations: who changes them, when, and the event routes that are told.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "stdlib/dispatcher/failover.h"

namespace strowger {
namespace dispatcher {
namespace {

constexpr Int kMarked = 820;  ///< $dsv(code) where the script has changed the state
constexpr Int kProbeAll = 1;  ///< ds_probing_mode

/// "ip", "A", "d" ...: the flags; nothing when it is none.
std::optional<std::uint32_t> parse_state(std::string_view text) {
  std::uint32_t state = 0;
  for (const char c : text) {
    switch (c) {
      case 'a':
      case 'A':
        state &= ~kStates;
        break;
      case 'i':
      case 'I':
        state |= kInactive;
        break;
      case 'd':
      case 'D':
        state |= kDisabled;
        break;
      case 't':
      case 'T':
        state |= kTrying;
        break;
      case 'p':
      case 'P':
        state |= kProbing;
        break;
      default:
        return std::nullopt;
    }
  }
  if (state & kDisabled) state &= ~kProbing;  // what is disabled is not probed
  return text.empty() ? std::nullopt : std::optional(state);
}

Turn turn_of(std::uint32_t before, std::uint32_t after) {
  const bool was = !(before & kUnusable), is = !(after & kUnusable);
  return was == is ? Turn::None : is ? Turn::Up : Turn::Down;
}

Turn replace(const Set& set, const Destination& one, std::uint32_t clear, std::uint32_t add) {
  std::uint32_t before = one.flags.load(std::memory_order_relaxed);
  while (!one.flags.compare_exchange_weak(before, (before & ~clear) | add, std::memory_order_relaxed)) {
  }
  const Turn turn = turn_of(before, (before & ~clear) | add);
  if (turn != Turn::None) one.streak = 0;
  set.generation.fetch_add(1, std::memory_order_release);
  return turn;
}

/// The event route beside the running script: its message as it is, $du too.
void tell(Call& call, RouteFunction route) {
  if (!route) return;
  LastReply reply{kMarked, 0, Text::null()};
  if (!call.message().is_request()) reply = {call.message().status(), 1, call.message().reason()};   // in a reply's route
  const CallHead head = call;
  const RouteKind kind = call.route_kind;
  const std::uint16_t depth = call.depth;
  const Subject subject = call.subject;
  call.subject = {Dispatcher::slot, &reply};
  run_route(call, route, kEventRoute);
  static_cast<CallHead&>(call) = head;
  call.route_kind = kind;
  call.depth = depth;
  call.subject = subject;
}

Code mark(Call& call, std::uint32_t state) {
  if (!settings_of(call).failover) {
    call.log(LogLevel::Err, "dispatcher: ds_mark_dst() needs 2 in the parameter flags\n");
    return -1;
  }
  const auto used = in_use(call);
  const auto list = current(*call.worker);
  const Set* const set = used ? list->find(used->set) : nullptr;
  if (!set) return -1;
  bool found = false;
  for (const auto& one : set->all) {
    if (Text(std::string_view(one->uri)).view() != used->uri.view()) continue;
    found = true;
    if (!(state & kTrying)) one->streak = 0;   // an RPC that sets a state leaves the count, as in Kamailio
    const Turn turn = (state & kTrying) ? count_failure(settings_of(call), *set, *one) : set_state(*set, *one, state);
    if (state & kTrying) replace(*set, *one, kProbing, state & kProbing);
    const Shared& shared = *state_of(*call.worker).shared;
    if (turn == Turn::Down) tell(call, shared.down);
    if (turn == Turn::Up) tell(call, shared.up);
    break;
  }
  return found ? 1 : -1;
}

}  // namespace

Turn set_state(const Set& set, const Destination& one, std::uint32_t state) {
  return replace(set, one, kStates | kProbing, state);
}

Turn count_failure(const Settings& settings, const Set& set, const Destination& one) {
  if (!one.usable()) {
    one.streak = 0;
    return Turn::None;
  }
  const bool last = one.streak.fetch_add(1) + 1 >= settings.probing_threshold;
  return replace(set, one, last ? kTrying : 0, last ? kInactive : kTrying);
}

Turn count_success(const Settings& settings, const Set& set, const Destination& one) {
  const std::uint32_t flags = one.flags.load(std::memory_order_relaxed);
  if (flags & kDisabled) return Turn::None;
  if (!(flags & kInactive)) {
    one.streak = 0;
    return flags & kTrying ? replace(set, one, kTrying, 0) : Turn::None;
  }
  if (one.streak.fetch_add(1) + 1 < settings.inactive_threshold) return Turn::None;
  return replace(set, one, kInactive | kTrying, 0);
}

}  // namespace dispatcher

Code Dispatcher::ds_mark_dst(Call& call) {
  return dispatcher::mark(
      call, dispatcher::kInactive |
                (dispatcher::settings_of(call).probing_mode == dispatcher::kProbeAll ? dispatcher::kProbing : 0));
}

Code Dispatcher::ds_mark_dst(Call& call, Text state) {
  const auto flags = dispatcher::parse_state(state.view());
  if (flags) return dispatcher::mark(call, *flags);
  log_line(call, LogLevel::Warn, "dispatcher", {"ds_mark_dst(): there is no state \"", state, "\""});
  return -1;
}

Value Dispatcher::get_dsv(Call& call, Text key) {
  const auto* const reply = call.subject_of<dispatcher::LastReply>(slot);
  if (!reply) return Value::null();
  if (key.view() == "code") return Value::of(reply->code);
  if (key.view() == "flags") return Value::of(reply->flags);
  if (key.view() == "reason") return Value::of(reply->reason);
  return Value::null();
}

}  // namespace strowger
