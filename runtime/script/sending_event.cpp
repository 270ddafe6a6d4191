// Event routes in the middle of sending.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/sending_event.h"

#include "runtime/sip/print.h"

namespace strowger {
namespace {

bool run(Worker& worker, RouteFunction route, const Departure& departure, LiveMessage& live, sip::Arena& arena, Text bytes) {
  const Scripts::NoWaits at_once(worker.scripts);
  const RunningRoute* const sender = worker.scripts.running;
  Avps own;
  own.arena = &arena;
  Call call;
  call.live = &live;
  call.worker = &worker;
  call.arena = &arena;
  call.avps = sender != nullptr ? sender->call->avps : &own;
  call.sending = &departure;
  call.sending_bytes = bytes;
  worker.scripts.enter([&call, route] { run_route(call, route, kEventRoute); });
  return !call.dropped;
}

Text rewritten(LiveMessage& live, const Departure& departure, Text bytes, sip::Arena& arena) {
  sip::Message& message = live.message;
  Text line;
  if (message.is_request() && !live.new_uri.is_null()) {
    const std::size_t room = message.method().len + live.new_uri.len + message.version().len + 2;
    char* const out = static_cast<char*>(arena.allocate(room));
    if (out == nullptr) return bytes;
    sip::Writer writer(out, room);
    writer.put(message.method());
    writer.put(' ');
    writer.put(live.new_uri);
    writer.put(' ');
    writer.put(message.version());
    line = writer.text();
  }
  if (live.edits.empty() && line.is_null()) return bytes;
  sip::SendPlan plan;
  plan.out = plan.in = departure.from;
  plan.protocol = departure.protocol;
  plan.arena = &arena;
  plan.live = &live;
  std::size_t room = bytes.len + (line.is_null() ? 0 : line.len) + 64;
  for (const sip::Edit& edit : live.edits) room += edit.make ? 512 : edit.insert.is_null() ? 0 : edit.insert.len;
  constexpr std::size_t kMostBytes = 65535;
  room = room < kMostBytes ? room : kMostBytes;
  char* const out = static_cast<char*>(arena.allocate(room));
  const std::size_t written = out == nullptr ? 0 : sip::apply(message, live.edits, line, plan, out, room);
  return written != 0 ? Text(out, written) : bytes;
}

}  // namespace

bool run_sending_event(Worker& worker, RouteFunction route, const Departure& departure) {
  sip::Arena arena(worker.pool);
  LiveMessage live(event_message(), arena);
  live.made_here = true;
  live.source = {4, 5060, {127, 0, 0, 1}};
  live.received_us = worker.now.wall_us;
  return run(worker, route, departure, live, arena, event_message());
}

bool run_sending_event(Worker& worker, RouteFunction route, const Departure& departure, Text& bytes, sip::Arena& arena) {
  LiveMessage live(bytes, arena);
  if (live.message.fault() != sip::ParseFault::None) return true;
  live.made_here = true;
  live.received_us = worker.now.wall_us;
  if (!run(worker, route, departure, live, arena, bytes)) return false;
  bytes = rewritten(live, departure, bytes, arena);
  return true;
}

}  // namespace strowger
