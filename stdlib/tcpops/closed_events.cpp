// event_route[tcp:closed], [tcp:timeout], [tcp:reset].
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tcpops/closed_events.h"

#include <mutex>
#include <unordered_set>

#include "runtime/script/core_param.h"
#include "runtime/script/call.h"
#include "runtime/script/streams.h"
#include "tcpops.interface.h"

namespace strowger::tcpops {
namespace {

struct Events {
  RouteFunction closed = nullptr, timeout = nullptr, reset = nullptr;
  bool proxy_headers = false;
  std::mutex mutex;
  std::unordered_set<std::uint32_t> wanted;      ///< each is open, so these are bounded as connections are
  std::unordered_set<std::uint32_t> ended_here;  ///< the script closes them
};

Events& events_of(const Process& process) { return *static_cast<Events*>(process.module_state[Tcpops::slot]); }

bool take_wish(Events& events, std::uint32_t connection) {
  const std::lock_guard lock(events.mutex);
  return events.wanted.erase(connection) > 0;
}

bool take_ended_here(Events& events, std::uint32_t connection) {
  const std::lock_guard lock(events.mutex);
  return events.ended_here.erase(connection) > 0;
}

void on_end(Worker& worker, const StreamEnd& end) {
  Events& events = events_of(worker.process);
  const bool wanted = take_wish(events, end.info.id);
  const bool ended_here = take_ended_here(events, end.info.id);
  if (Tcpops::Param::closed_event == 2 && !wanted) return;
  const RouteFunction route = ended_here                               ? events.closed   // however the peer took it
                              : end.cause == StreamEndCause::TimedOut ? events.timeout
                              : end.cause == StreamEndCause::Reset ? events.reset : events.closed;
  if (route) run_event(worker, route, {Tcpops::slot, &end}, kEventRoute, Text(), &end.info);
}

}  // namespace

void start_events(Process& process) {
  auto* const events = new Events;
  process.module_state[Tcpops::slot] = events;
  events->closed = process.event_route("tcp:closed");
  events->timeout = process.event_route("tcp:timeout");
  events->reset = process.event_route("tcp:reset");
  events->proxy_headers = core_number(process.image, "tcp_accept_haproxy", 0) != 0;
  if (Tcpops::Param::closed_event != 0) process.stream_ended.push_back(on_end);
}

void stop_events(Process& process) { delete static_cast<Events*>(process.module_state[Tcpops::slot]); }

void note_end(Process& process, std::uint32_t connection) {
  if (Tcpops::Param::closed_event == 0) return;
  Events& events = events_of(process);
  const std::lock_guard lock(events.mutex);
  events.ended_here.insert(connection);
}

void want_event(Process& process, std::uint32_t connection) {
  if (Tcpops::Param::closed_event != 2) return;
  Events& events = events_of(process);
  const std::lock_guard lock(events.mutex);
  events.wanted.insert(connection);
}

bool reads_proxy_headers(const Process& process) { return events_of(process).proxy_headers; }

}  // namespace strowger::tcpops
