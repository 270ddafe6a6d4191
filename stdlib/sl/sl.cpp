// Stateless replies: sl_send_reply(), send_reply(), sl_reply_error(), and the filter for their ACKs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/error_reply.h"
#include "runtime/script/forward.h"
#include "runtime/script/hash_text.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "runtime/sip/scan.h"
#include "sl.interface.h"
#include "stdlib/sl/state.h"

namespace strowger {
namespace sl {
namespace {

constexpr Millis kFilterTime = 2000;      // RFC 3261 has no such thing; an ACK follows its reply within moments
constexpr Text kServerError = "Internal Server Error";

WorkerState& state_of(Call& call) { return call.state<WorkerState>(Sl::slot); }

void count(WorkerState& state, Int code) {
  ++state.sent;
  ++state.code_replies.data()[code >= 100 && code < 700 ? static_cast<std::size_t>(code) : 0];
}

/// event_route[sl:local-response] sees the reply.
[[gnu::cold, gnu::noinline]] void run_local_response(Call& call, Text bytes, RouteFunction route) {
  LiveMessage live;
  live.message = sip::Message::parse(bytes, *call.arena);
  live.source = call.live->socket->address;
  live.socket = call.live->socket;
  live.number = call.live->number;
  live.branch_flags = call.live->branch_flags;
  live.received_us = call.live->received_us;
  Call event = call;
  event.live = &live;
  run_route(event, route, kEventRoute);
}

[[gnu::cold, gnu::noinline]] Code refuse_message(Call& call) {
  log_line(call, LogLevel::Warn, "sl", {"only requests other than ACK can be answered"});
  return -1;
}

[[gnu::cold, gnu::noinline]] Code refuse(Call& call, Int code) {
  ++state_of(call).failures;
  log_line(call, LogLevel::Err, "sl", {"the reply ", code, " could not be made or sent"});
  return -1;
}

constexpr std::size_t kTag = ProcessState::kPrefix + 1 + 8;

/// Writes the kTag bytes of the To tag at `out`.
[[gnu::always_inline]] inline void print_tag(Call& call, const ProcessState& process, char* out) {
  sip::Message& message = call.message();
  std::uint64_t h = 0;
  const sip::Via* const via = message.via();
  if (via && via->port == 0) {
    h = hash_text(h, via->host);             // one tag for all of such a host, as in Kamailio: Call-IDs tell dialogs apart
  } else if (via && via->branch.len > 7 && sip::same_bytes(via->branch.ptr, "z9hG4bK", 7)) [[likely]] {   // RFC 3261 §8.1.1.7: unique
    h = hash_text(h, via->branch);
  } else {
    if (via) h = hash_text(h, via->branch.empty() ? via->whole : via->branch);
    h = hash_text(h, message.call_id());
    h = hash_text(h, message.value_of(sip::HeaderId::From));
  }
  __builtin_memcpy(out, process.prefix, ProcessState::kPrefix + 1);
  sip::print_hex8(static_cast<std::uint32_t>(h ^ (h >> 29)), out + ProcessState::kPrefix + 1);
}

Code reply_stateless(Call& call, Int code, Text reason) {
  WorkerState& state = state_of(call);
  if (!call.live->message.is_request() || call.message().method_bit() == kAck) return refuse_message(call);
  if (code < 100 || code > 999) code = Sl::Param::default_code;
  if (reason.is_null()) reason = Sl::Param::default_reason.is_null() ? kServerError : Sl::Param::default_reason;
  const Text contacts = code >= 300 && code < 400 ? contacts_of_branches(call, *call.arena, Sl::Param::rich_redirect) : Text::null();
  char room[kTag];
  if (code > 100) print_tag(call, *state.process, room);
  const Text tag = code > 100 ? Text(room, kTag) : Text::null();
  const RouteFunction seen_by = state.process->local_response;
  Text bytes;
  if (!send_local_reply(call, code, reason, tag, contacts, Text::null(), Text::null(), seen_by ? &bytes : nullptr))
    return refuse(call, code);
  count(state, code);
  if (call.message().method_bit() == kInvite && code >= 200) state.filter_until = call.worker->now.mono + kFilterTime;
  if (seen_by) run_local_response(call, bytes, seen_by);
  return 1;
}

}  // namespace

Text to_tag(Call& call) {
  char* const room = static_cast<char*>(call.arena->allocate(kTag));
  if (!room) return Text::null();
  print_tag(call, *state_of(call).process, room);
  return {room, kTag};
}

}  // namespace sl

Code Sl::sl_send_reply(Call& call, Int code, Text reason) { return sl::reply_stateless(call, code, reason); }

Code Sl::send_reply(Call& call, Int code, Text reason) {
  const Services& services = call.process().services;
  if (Param::bind_tm && services.reply_in_transaction)
    if (const Code done = services.reply_in_transaction(call, code, reason)) return done;
  return sl::reply_stateless(call, code, reason);
}

Code Sl::send_reply_mode(Call& call, Int code, Text reason, Int mode) {
  const Services& services = call.process().services;
  if ((mode & 1) && Param::bind_tm && services.make_transaction) services.make_transaction(call);
  return send_reply(call, code, reason);
}

/// Of the relaying call right before, by its code in $rc; elsewhere that is 0 here (`does tell_error`).
static Int error_before(const Call& call) {
  switch (call.rc) {
    case -1: return -477;      // what t_relay() gives where nothing could be sent
    case -400: return -479;    // the request URI cannot be read
    default: return call.rc < -1 ? call.rc : 0;
  }
}

Code Sl::sl_reply_error(Call& call) {
  const ErrorReply reply = error_reply(error_before(call), "SL", *call.arena);
  const Code done = sl::reply_stateless(call, reply.code, reply.reason);
  if (done > 0) ++sl::state_of(call).sent_errors;
  return done;
}

Code Sl::sl_forward_reply(Call& call) { return forward_reply_stateless(call) ? 1 : -1; }
Code Sl::sl_forward_reply(Call& call, Text code) { return sl_forward_reply(call, code, Text::null()); }

Code Sl::sl_forward_reply(Call& call, Text code, Text reason) {
  sip::Message& message = call.message();
  if (message.is_request()) return -1;
  const auto number = code.empty() ? std::optional<std::uint32_t>(message.status()) : sip::parse_number(code);
  if (!number || *number < 100 || *number > 699 || static_cast<int>(*number / 100) != message.status() / 100) {
    log_line(call, LogLevel::Err, "sl", {"sl_forward_reply(): \"", code, "\" is no code of the reply's class"});
    return -1;
  }
  if (reason.empty()) reason = message.reason();
  const std::size_t room = message.version().len + reason.len + 8;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return -1;
  sip::Writer line(buffer, room);
  line.put(message.version());
  line.put(' ');
  line.put_number(*number);
  line.put(' ');
  line.put(reason);
  return forward_reply_stateless(call, line.text()) ? 1 : -1;
}

Text Sl::get_ltt(Call& call, Text mode) {
  const char which = mode.empty() ? 'x' : mode.ptr[0];
  const Services& services = call.process().services;
  if (which != 's' && services.transaction_to_tag) {
    const Text tag = services.transaction_to_tag(call);
    if (!tag.is_null()) return tag;
  }
  if (which == 't' || !call.live->message.is_request()) return Text::null();
  return sl::to_tag(call);
}

void Sl::start(Process& process) {
  auto* state = new sl::ProcessState;
  std::uint64_t seed = process.random_seed ^ process.start_seconds * 0x9e3779b97f4a7c15;
  sip::Writer out(state->prefix, sl::ProcessState::kPrefix + 1);
  for (int half = 0; half < 2; ++half) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t x = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    out.put_hex(x ^ (x >> 31), 16);
  }
  out.put('.');
  state->filtered_ack = process.event_route("sl:filtered-ack");
  state->local_response = process.event_route("sl:local-response");
  process.module_state[slot] = state;
  process.services.reply_stateless = sl::reply_stateless;
  sl::add_statistics(process);
}

void Sl::worker_start(Worker& worker) {
  auto* state = new sl::WorkerState;
  state->process = static_cast<const sl::ProcessState*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

/// An ACK to one of our stateless final replies ends here (RFC 3261 §17.2.1 leaves it without a transaction).
bool Sl::request_in(Call& call) {
  if (call.message().method_bit() != kAck) return false;
  sl::WorkerState& state = sl::state_of(call);
  if (state.filter_until < call.worker->now.mono) return false;
  const Text tag = call.message().to_tag();
  constexpr std::size_t kPrefix = sl::ProcessState::kPrefix + 1;
  if (tag.is_null() || tag.len < kPrefix || std::memcmp(tag.ptr, state.process->prefix, kPrefix) != 0) return false;
  ++state.received_acks;
  if (state.process->filtered_ack) run_route(call, state.process->filtered_ack, kRequestRoute);
  return true;
}

void Sl::stop(Process& process) {
  delete static_cast<sl::ProcessState*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
