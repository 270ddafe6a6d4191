// Where messages are hidden and found: as they come, and as they are put into the outbox.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "runtime/script/sending_event.h"
#include "runtime/script/worker.h"
#include "runtime/sip/uri.h"
#include "stdlib/topoh/hide.h"
#include "topoh.interface.h"

namespace strowger {
namespace {

struct State {
  State(std::string_view key, const topoh::Names& names) : hider(key, names) {}
  topoh::Hider hider;
  RouteFunction outgoing = nullptr, sending = nullptr;   ///< the events' routes, null where there is none
};

const State& state_of(const Process& process) { return *static_cast<const State*>(process.module_state[Topoh::slot]); }

Text unmask(Worker& worker, const Arrival& arrival, sip::Arena& arena) {
  bool from_here = false;
  for (const auto& socket : worker.process.sockets) from_here = from_here || socket->address.same_ip(arrival.source);
  return state_of(worker.process).hider.find(arrival.bytes, arena, from_here);
}

bool goes_to_ourselves(const Process& process, const Departure& departure) {
  for (const auto& socket : process.sockets)
    if (socket->protocol == departure.protocol && socket->address == departure.to) return true;
  return false;
}

/// What the event routes of a worker send while they run.
struct Beside {
  Outbox outbox;
  bool runs = false;
};

/// Asks the event routes; false where the message is to be left alone. `bytes`, which they may change, are in `arena` then.
bool ask(const State& state, Worker& worker, Outbox& outbox, Beside& beside, Text& bytes, sip::Arena& arena) {
  const Departure departure = outbox.entries().back();
  bytes = arena.copy(bytes);
  if (bytes.is_null()) return true;
  // Their own messages must not come behind the one that they are asked about: it is the last one until they are done.
  std::swap(outbox, beside.outbox);
  bool hides = state.outgoing == nullptr || run_sending_event(worker, state.outgoing, departure);
  if (hides && state.sending != nullptr) hides = run_sending_event(worker, state.sending, departure, bytes, arena);
  std::swap(outbox, beside.outbox);
  return hides;
}

void mask_last(void* owner, Outbox& outbox) {
  Worker& worker = *static_cast<Worker*>(owner);
  const State& state = state_of(worker.process);
  auto* const beside = static_cast<Beside*>(worker.module_state[Topoh::slot]);
  const bool asks = beside != nullptr && !beside->runs;
  const Text sent = outbox.bytes(outbox.entries().back());
  const bool loops = goes_to_ourselves(worker.process, outbox.entries().back());
  sip::Arena arena(worker.pool);
  Text bytes = sent;
  bool hides = true;
  if (asks) {
    beside->runs = true;
    hides = ask(state, worker, outbox, *beside, bytes, arena);
  }
  const Text done = loops ? bytes
                    : !hides ? state.hider.leave_open(bytes, arena)
                             : state.hider.hide(bytes, arena, [&worker](const sip::Uri& uri) {
                               return worker.process.is_myself(uri.host, uri.port, uri.protocol().value_or(sip::Protocol::Any));
                             });
  if (done.ptr != sent.ptr) outbox.replace_last(done);
  if (!asks) return;
  for (const Departure& one : beside->outbox.entries()) outbox.push(one, beside->outbox.bytes(one));   // hidden already
  beside->outbox.clear();
  beside->runs = false;
}

}  // namespace

void Topoh::start(Process& process) {
  const topoh::Names names{Param::mask_ip,       Param::uparam_name,   Param::uparam_prefix,      Param::vparam_name,
                           Param::vparam_prefix, Param::callid_prefix, Param::mask_callid != 0, Param::uri_prefix_checks != 0};
  auto* const state = new State(Param::mask_key.view(), names);
  if (Param::event_mode & 1) state->outgoing = process.event_route("topoh:msg-outgoing");
  if (Param::event_mode & 2) state->sending = process.event_route("topoh:msg-sending");
  process.module_state[slot] = state;
  process.services.unmask = unmask;
}

void Topoh::worker_start(Worker& worker) {
  worker.outbox.set_filter(mask_last, &worker);
  const State& state = state_of(worker.process);
  if (state.outgoing == nullptr && state.sending == nullptr) return;
  auto* const beside = new Beside;
  beside->outbox.set_filter(mask_last, &worker);
  worker.module_state[slot] = beside;
  worker.cleanups.push_back([beside] { delete beside; });
}

void Topoh::stop(Process& process) { delete static_cast<State*>(process.module_state[slot]); }

}  // namespace strowger
