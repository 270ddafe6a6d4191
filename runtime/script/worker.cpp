// A worker: from bytes to the script's routes, timers, and its log.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/worker.h"

#include <algorithm>
#include <bit>

#include "runtime/script/call.h"
#include "runtime/script/forward.h"
#include "runtime/script/regex.h"
#include "runtime/script/resolver.h"
#include "runtime/script/sending_event.h"
#include "runtime/script/slots.h"
#include "runtime/script/streams.h"

namespace strowger {
namespace {

/// Keep-alives: nothing, CRLFs, or a few NULs (RFC 5626 §4.4.1 and what phones send).
bool is_ping(Text bytes) {
  if (bytes.len > 8) return false;
  for (std::size_t i = 0; i < bytes.len; ++i)
    if (bytes.ptr[i] != '\r' && bytes.ptr[i] != '\n' && bytes.ptr[i] != '\0') return false;
  return true;
}

std::uint64_t mix(std::uint64_t x) {   // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr std::string_view kEventMessage =
    "OPTIONS sip:you@kamailio.org SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1\r\n"
    "From: <sip:you@kamailio.org>;tag=event\r\n"
    "To: <sip:you@kamailio.org>\r\n"
    "Call-ID: event@127.0.0.1\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n";

}  // namespace

Text event_message() { return kEventMessage; }

Worker::Worker(Process& owner, std::uint32_t place, Clock clock)
    : process(owner), index(place), now(clock), timers(clock.mono), scripts(*this), slots(owner.image.slot_count),
      module_state(owner.module_state.size(), nullptr),
      random_state(mix(owner.random_seed ^ mix(place + 1)) | 1) {
  if (module_state.size() <= kResolverSlot) return;      // a process that was not started, in tests
  auto* const resolver = new Resolver(*this);
  module_state[kResolverSlot] = resolver;
  cleanups.emplace_back([resolver] { delete resolver; });
}

Worker::~Worker() {
  scripts.end();
  while (!cleanups.empty()) {
    auto cleanup = std::move(cleanups.back());
    cleanups.pop_back();
    cleanup();
  }
}

void Worker::start() {
  next_tick_ = now.mono + 1000;
  scripts.add_run_state({leave_slots, enter_slots});
  start_slots(*this);
  for (std::uint64_t i = 0; i < process.image.module_count; ++i)
    if (process.image.modules[i].worker_start) process.image.modules[i].worker_start(*this);
  if (index != 0) return;
  // event_route[htable:mod-init] and its like: all modules are ready, no worker handles messages yet.
  for (std::uint64_t i = 0; i < process.image.event_route_count; ++i)
    if (process.image.event_routes[i].name.view().ends_with(":mod-init")) run_event(*this, process.image.event_routes[i].function);
  if (RouteFunction init = process.event_route("core:worker-one-init")) run_event(*this, init);
}

/// What an event is about, where it is about that.
struct Event {
  Text uri;
  const StreamInfo* stream = nullptr;
  const Arrival* arrival = nullptr;
};
static bool run_event_here(Worker& worker, RouteFunction route, Subject subject, RouteKind kind, const Event& event);

void Worker::receive(const Arrival& arrival) {
  ++counters.received;
  if (is_ping(arrival.bytes)) {
    ++counters.pings;
    return;
  }
  constexpr std::size_t kShortest = 32;   // no datagram below that is SIP: no route sees it, as in Kamailio
  if (arrival.connection == 0 && arrival.bytes.len < kShortest) {
    if (!process.services.stun || !process.services.stun(*this, arrival)) ++counters.dropped;
    return;
  }
  struct Context { Worker& worker; const Arrival& arrival; } context{*this, arrival};
  scripts.enter([](void* argument) {
    const auto& it = *static_cast<Context*>(argument);
    it.worker.handle(it.arrival);
  }, &context);
}

void Worker::handle(const Arrival& came) {
  sip::Arena arena(pool);
  Text bytes = arena.copy(came.bytes);          // the script may wait longer than the receive buffer stays
  if (bytes.is_null()) {
    ++counters.dropped;
    return;
  }
  sip::Unset<Arrival> kept;
  const bool shown = process.msg_received || process.services.unmask;
  if (shown) [[unlikely]] {
    kept.value = came;                          // the event's route may wait
    kept.value.bytes = bytes;
    if (process.msg_received && !run_event_here(*this, process.msg_received, {}, kEventRoute, {Text(), nullptr, &kept.value})) {
      ++counters.dropped;
      return;
    }
    if (process.services.unmask) kept.value.bytes = bytes = process.services.unmask(*this, kept.value, arena);
  }
  const Arrival& arrival = shown ? kept.value : came;
  LiveMessage live(bytes, arena);
  live.source = arrival.source;
  live.socket = arrival.socket;
  live.connection = arrival.connection;
  if (live.message.is_http() && live.connection != 0 && process.services.http_request) {
    live.received_us = now.wall_us;
    return process.services.http_request(*this, live, arena);
  }
  if (!live.message.runs_script() && !(process.services.malformed && live.message.fault() == sip::ParseFault::None))
    return refuse(live, arrival, arena);
  live.number = ++message_number;
  live.received_us = now.wall_us;
  live.uri_is_new = true;
  count(live.message);
  if (live.message.is_request()) {
    if (scripts.is_repetition(live)) {
      ++scripts.absorbed;
      return;
    }
    handle_request(live, arena);
  } else {
    handle_reply(live, arena);
  }
}

void Worker::count(const sip::Message& message) {
  const std::size_t method = std::min<std::size_t>(std::countr_zero(message.method_bit()), Counters::kMethods - 1);
  if (message.is_request()) {
    ++counters.requests;
    ++counters.requests_of[method];
    return;
  }
  ++counters.replies;
  const int status = message.status();
  ++counters.replies_of[status >= 100 && status < 700 ? status / 100 : 0][method];
  switch (status) {
    case 180: case 181: case 182: case 183: case 184: case 185: case 186: case 187: case 188: case 189: ++counters.ringing; break;
    case 401: ++counters.refused[0]; break;
    case 404: ++counters.refused[1]; break;
    case 407: ++counters.refused[2]; break;
    case 480: ++counters.refused[3]; break;
    case 486: ++counters.refused[4]; break;
    default: break;
  }
}

/// A request of another version of SIP is whole all the same.
static bool is_other_version(const sip::Message& message) {
  const Text version = message.version();
  return message.is_request() && message.fault() == sip::ParseFault::BadFirstLine && version.len > 4 && sip::equal_ignore_case({version.ptr, 4}, "SIP/");
}

/// A message that cannot be parsed. Where not even its first lines can, event_route[core:receive-parse-error] sees it. A stream
/// that brought one ends, behind the answer: nobody knows what its further bytes mean.
void Worker::refuse(LiveMessage& live, const Arrival& arrival, sip::Arena& arena) {
  if (process.services.stun && arrival.connection == 0 && process.services.stun(*this, arrival)) return;
  ++counters.malformed;
  const sip::ParseFault fault = live.message.fault();
  const bool other_version = is_other_version(live.message);
  const bool unreadable =
      !other_version && !live.message.is_http() && (fault == sip::ParseFault::NotSip || fault == sip::ParseFault::BadFirstLine || fault == sip::ParseFault::BadVia);
  if (!unreadable) ++(live.message.is_request() ? counters.bad_requests : counters.bad_replies);
  const auto malformed = live.message.is_request() ? process.services.malformed : nullptr;
  const bool runs = unreadable && process.parse_error;
  if (runs || malformed) {
    live.number = message_number + 1;
    live.received_us = now.wall_us;
    Avps avps;
    avps.arena = &arena;
    Call call;
    call.live = &live;
    call.worker = this;
    call.arena = &arena;
    call.avps = &avps;
    if (runs) run_route(call, process.parse_error, kEventRoute);
    if (malformed) malformed(call);
  }
  if (arrival.connection == 0 || !arrival.socket || other_version) return;
  Departure departure;
  departure.from = arrival.socket;
  departure.protocol = arrival.socket->protocol;
  departure.connection = arrival.connection;
  departure.only_existing = departure.close_after = 1;
  outbox.push(departure, "");
}

/// Sets up the run of a message's routes; false where event_route[core:pre-routing] drops the message.
static bool begin(Worker& worker, LiveMessage& live, sip::Arena& arena, Avps& avps, Call& call) {
  avps.arena = &arena;
  call.live = &live;
  call.worker = &worker;
  call.arena = &arena;
  call.avps = &avps;
  if (!worker.process.pre_routing) return true;
  run_route(call, worker.process.pre_routing, kEventRoute);
  if (!call.dropped) return true;
  ++worker.counters.dropped;
  ++(live.message.is_request() ? worker.counters.dropped_requests : worker.counters.dropped_replies);
  return false;
}

void Worker::handle_request(LiveMessage& live, sip::Arena& arena) {
  live.force_rport = process.settings.force_rport;
  live.local_rport = process.settings.local_rport;
  Avps avps;
  Call call;
  if (!begin(*this, live, arena, avps, call)) return;
  for (auto* hook : process.request_in)
    if (hook(call)) return;
  if (process.image.request_route) run_route(call, process.image.request_route, kRequestRoute);
  for (auto* hook : process.script_end) hook(call);
}

void Worker::handle_reply(LiveMessage& live, sip::Arena& arena) {
  Avps avps;
  Call call;
  if (!begin(*this, live, arena, avps, call)) return;
  if (process.image.reply_route) {
    const Int result = run_route(call, process.image.reply_route, kCoreReplyRoute);
    if (call.dropped || result <= 0) {   // `return 0` and a last action that failed drop the reply, `exit` (code 1) does not
      ++counters.dropped;
      ++counters.dropped_replies;
      return;
    }
  }
  for (auto* hook : process.reply_in)
    if (hook(call)) return;
  if (!forward_reply_stateless(call)) ++counters.dropped;
}

void Worker::advance(Clock clock) {
  now = clock;
  if (scripts.has_posted()) scripts.take_posted();
  timers.advance(clock.mono, *this, [](Worker& worker, Timer& timer) {
    struct Context { Worker& worker; Timer& timer; } context{worker, timer};
    worker.scripts.enter([](void* argument) {
      const auto& it = *static_cast<Context*>(argument);
      it.timer.fire(it.worker, it.timer);
    }, &context);
  });
  if (clock.mono < next_tick_) return;
  next_tick_ += 1000;
  if (next_tick_ <= clock.mono) next_tick_ = clock.mono + 1000;   // the clock jumped
  pool.trim();
  for (auto* hook : process.tick) scripts.enter([hook, this] { hook(*this); });
}

void Worker::send_failed(std::uint64_t cookie) {
  if (const auto tell = process.services.send_failed) scripts.enter([this, tell, cookie] { tell(*this, cookie); });
}

std::uint64_t Worker::random() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * 0x2545f4914f6cdd1d;
}

void Worker::log(LogLevel level, std::string_view line) {
  if (logs(level)) process.log.write(level, line);
}

Int run_route(Call& call, RouteFunction route, RouteKind kind) {
  call.stop = 0;
  call.dropped = 0;
  call.expression_error = 0;
  call.depth = 0;
  call.rc = 0;
  const std::uint32_t script_flags = call.live->script_flags;
  if (kind != kOnsendRoute) call.live->script_flags = 0;   // each run has its own, but for onsend_route
  call.route_kind = kind;
  Scripts& scripts = call.worker->scripts;
  if (call.run == 0) call.run = scripts.next_run();
  RunningRoute here{&call, scripts.running};
  scripts.running = &here;
  const Int code = route(&call);
  scripts.running = here.outer;
  if (kind != kOnsendRoute) call.live->script_flags = script_flags;
  return code;
}

static bool run_event_here(Worker& worker, RouteFunction route, Subject subject, RouteKind kind, const Event& event) {
  sip::Arena arena(worker.pool);
  LiveMessage live;
  live.message = sip::Message::parse(kEventMessage, arena);
  live.made_here = true;
  live.source = {4, 5060, {127, 0, 0, 1}};
  live.socket = worker.process.sockets.empty() ? nullptr : worker.process.sockets.front().get();
  live.received_us = worker.now.wall_us;
  live.uri_is_new = true;
  if (const Text own = arena.copy(event.uri); !own.empty()) live.set_uri(own);
  if (event.stream) {
    live.source = event.stream->peer;
    live.socket = worker.process.sockets[event.stream->socket].get();
  }
  Avps avps;
  avps.arena = &arena;
  Call call;
  call.live = &live;
  call.worker = &worker;
  call.arena = &arena;
  call.avps = &avps;
  call.subject = subject;
  call.arrival = event.arrival;
  if (event.arrival) live.number = worker.message_number + 1;   // the one it will have
  run_route(call, route, kind);
  return !call.dropped;
}

void run_event(Worker& worker, RouteFunction route, Subject subject, RouteKind kind, Text uri, const StreamInfo* stream) {
  worker.scripts.enter([=, &worker] { run_event_here(worker, route, subject, kind, {uri, stream, nullptr}); });
}

}  // namespace strowger
