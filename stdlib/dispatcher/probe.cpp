// Probing destinations by requests of our own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "stdlib/dispatcher/state.h"
#include "stdlib/tm/local_request.h"

namespace strowger::tm {
/// Null where the script does not load tm: it may do so as long as nothing is probed.
[[gnu::weak]] bool send_local_request(Worker& worker, const LocalRequest& request, std::unique_ptr<LocalWaiter> waiter);
}  // namespace strowger::tm

namespace strowger::dispatcher {
namespace {

enum Mode : Int { kOnce = 0, kAll = 1, kInactiveOnly = 2, kMarkedOnly = 3 };  ///< ds_probing_mode

/// dst-down, dst-up: $ru is the destination.
void tell(Worker& worker, RouteFunction route, std::string uri, LastReply reply) {
  if (!route) return;
  worker.scripts.enter([&worker, route, uri = std::move(uri), reply, reason = std::string(reply.reason.view())]() mutable {
    if (!reply.reason.is_null()) reply.reason = std::string_view(reason);
    run_event(worker, route, {Dispatcher::slot, &reply}, kEventRoute, std::string_view(uri));
  });
}

/// The destination as the list in force has it: the one that was probed may be gone.
const Destination* find(const List& list, Int id, std::string_view uri, const Set*& set) {
  set = list.find(id);
  if (!set) return nullptr;
  for (const auto& one : set->all)
    if (one->uri == uri) return one.get();
  return nullptr;
}

class Probe : public tm::LocalWaiter {
 public:
  Probe(Worker& worker, Int set, std::string uri)
      : worker_(worker), set_(set), uri_(std::move(uri)), sent_(worker.now.mono) {}

  void ended(Int code, Text reason) override { count(code, reason, true); }
  void unanswered(Int code, Text) override { count(code, Text::null(), false); }

 private:
  void count(Int code, Text reason, bool answered) {
    const auto list = current(worker_);
    const Set* set = nullptr;
    const Destination* const one = find(*list, set_, uri_, set);
    if (!one) return;
    const Shared& shared = *state_of(worker_).shared;
    const Settings& settings = shared.settings;
    if (settings.latency_stats) {
      if (answered)
        one->latency.add(static_cast<double>(worker_.now.mono - sent_),
                         static_cast<double>(Dispatcher::Param::ds_latency_estimator_alpha));
      else
        one->latency.add_timeout();
      if (one->attributes.congestion_control) set->generation.fetch_add(1, std::memory_order_release);
    }
    if (settings.probing_mode == kOnce) one->flags.fetch_and(~std::uint32_t{kProbing});
    const bool good = code > 0 && code < 700 && shared.good_codes[static_cast<std::size_t>(code)];
    const Turn turn = good ? count_success(settings, *set, *one) : count_failure(settings, *set, *one);
    if (turn == Turn::None) return;
    tell(worker_, turn == Turn::Up ? shared.up : shared.down, uri_, {code, answered ? 1 : 0, reason});
  }

  Worker& worker_;
  Int set_;
  std::string uri_;
  Millis sent_;
};

bool is_due(const Destination& one, Int mode) {
  const std::uint32_t flags = one.flags.load(std::memory_order_relaxed);
  if (flags & kDisabled) return false;
  switch (mode) {
    case kAll:
      return true;
    case kInactiveOnly:
      return (flags & kInactive) && (flags & kProbing);
    default:
      return (flags & kProbing) != 0;
  }
}

}  // namespace

bool can_probe() { return &tm::send_local_request != nullptr; }

void probe(Worker& worker) {
  const auto list = current(worker);
  const Int mode = settings_of(worker).probing_mode;
  for (const auto& set : list->sets) {
    for (const auto& one : set->all) {
      if (!is_due(*one, mode)) continue;
      if (mode == kAll) one->flags.fetch_or(kProbing);
      const Attributes& attributes = one->attributes;
      const std::string headers =
          "From: <" +
          (attributes.ping_from.empty() ? std::string(Dispatcher::Param::ds_ping_from.view()) : attributes.ping_from) +
          ">\r\nTo: <" + one->uri + ">\r\n";
      tm::LocalRequest request;
      request.method = Dispatcher::Param::ds_ping_method;
      request.uri = std::string_view(one->uri);
      request.next_hop = attributes.outbound_proxy.empty() ? Dispatcher::Param::outbound_proxy
                                                           : Text(std::string_view(attributes.outbound_proxy));
      request.headers = std::string_view(headers);
      request.socket = one->socket;
      auto waiter = std::make_unique<Probe>(worker, set->id, one->uri);
      if (tm::send_local_request(worker, request, std::move(waiter))) continue;
      Probe(worker, set->id, one->uri).unanswered(408, Text::null());  // it cannot even be sent
    }
  }
}

}  // namespace strowger::dispatcher
