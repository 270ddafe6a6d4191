// The event route of HTTP requests: made into a message that the variables of SIP understand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/regex.h"
#include "runtime/script/streams.h"
#include "runtime/sip/print.h"
#include "stdlib/xhttp/http.h"
#include "xhttp.interface.h"

namespace strowger {
namespace xhttp {
namespace {

struct State {
  RouteFunction route = nullptr;
  std::unique_ptr<Pattern> match, skip;
};

State& state_of(const Process& process) { return *static_cast<State*>(process.module_state[Xhttp::slot]); }

/// The request with a Via of its source on top, as Kamailio has it: $hdr(Via) and whatever looks for one find it.
Text with_via(const LiveMessage& received, sip::Arena& arena) {
  const Text text = received.message.buffer();
  const std::size_t first = received.message.headers_at(), room = text.len + 96;
  char* const out = static_cast<char*>(arena.allocate(room));
  if (out == nullptr) return Text::null();
  sip::Writer writer(out, room);
  char ip[64];
  writer.put({text.ptr, first});
  writer.put("Via: SIP/2.0/");
  writer.put(sip::via_name_of(received.socket->protocol));
  writer.put(' ');
  writer.put({ip, sip::print_ip_bracketed(received.source, ip)});
  writer.put(':');
  writer.put_number(received.source.port);
  writer.put("\r\n");
  writer.put({text.ptr + first, text.len - first});
  return writer.ok() ? writer.text() : Text::null();
}

template <class F>
void with_connection(Worker& worker, std::uint32_t connection, F work) {
  if (worker.process.streams != nullptr)
    worker.process.streams->with(worker, connection, [work](Worker&, StreamControl& control) { work(control); });
}

/// event_route[core:pre-routing], as for SIP, of the message as it came; false when it drops it.
bool passes(Call& call) {
  Worker& worker = *call.worker;
  if (!worker.process.pre_routing) return true;
  run_route(call, worker.process.pre_routing, kEventRoute);
  worker.counters.dropped += call.dropped ? 1 : 0;
  return !call.dropped;
}

void run(Call& call, const LiveMessage& received, const State& state) {
  const Text url = received.message.ruri();
  if ((state.match && !state.match->matches(url)) || (state.skip && state.skip->matches(url))) return;
  const Text text = with_via(received, *call.arena);
  if (text.is_null()) return;
  LiveMessage live(text, *call.arena);
  live.source = received.source;
  live.socket = received.socket;
  live.connection = received.connection;
  live.received_us = received.received_us;
  live.number = received.number;
  const Exchange exchange;
  call.live = &live;
  call.subject = {Xhttp::slot, &exchange};
  run_route(call, state.route, kEventRoute);
  for (auto* hook : call.process().script_end) hook(call);
}

/// Runs the routes. Replies have to come in the order of requests: the next one of this connection waits until they have ended.
void on_request(Worker& worker, LiveMessage& received, sip::Arena& arena) {
  const State& state = state_of(worker.process);
  if (received.message.fault() != sip::ParseFault::NotSip) {   // not even HTTP: who is to know what comes next?
    ++worker.counters.malformed;
    return with_connection(worker, received.connection, [](StreamControl& control) { control.close(); });
  }
  if (!state.route) return;
  received.number = ++worker.message_number;
  Avps avps;
  avps.arena = &arena;
  Call call;
  call.live = &received;
  call.worker = &worker;
  call.arena = &arena;
  call.avps = &avps;
  with_connection(worker, received.connection, [](StreamControl& control) { control.hold(true); });
  if (passes(call)) run(call, received, state);
  with_connection(worker, received.connection, [](StreamControl& control) { control.hold(false); });
}

Code on_reply(Call& call, Int code, Text reason, Text headers, Text body) { return reply(call, code, reason, headers, body); }

/// A pattern of modparam(); false (logged) when it is faulty.
bool compile(Process& process, const char* name, Text pattern, std::unique_ptr<Pattern>& out) {
  if (pattern.empty()) return true;
  std::string why;
  out = Pattern::compile(pattern, {}, why);
  if (!out) process.log.write(LogLevel::Err, "xhttp: " + std::string(name) + ": " + why);
  return out != nullptr;
}

}  // namespace

const Exchange* exchange_of(Call& call) { return call.subject_of<Exchange>(Xhttp::slot); }

}  // namespace xhttp

void Xhttp::start(Process& process) {
  auto* const state = new xhttp::State;
  process.module_state[slot] = state;
  state->route = process.event_route("xhttp:request");
  if (!xhttp::compile(process, "url_match", Param::url_match, state->match) ||
      !xhttp::compile(process, "url_skip", Param::url_skip, state->skip)) {
    process.failed = true;
    return;
  }
  process.services.http_request = xhttp::on_request;
  process.services.http_reply = xhttp::on_reply;
}

void Xhttp::stop(Process& process) {
  delete static_cast<xhttp::State*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Xhttp::xhttp_reply(Call& call, Int code, Text reason, Text ctype, Text body) {
  const auto refuse = [&](std::string_view why) {
    log_line(call, LogLevel::Err, "xhttp", {"xhttp_reply(): ", why});
    return Code{-1};
  };
  if (code < 100 || code > 999) return refuse("the code has not three digits");
  if (reason.empty()) return refuse("there is no reason");
  if (!xhttp::exchange_of(call)) return refuse("this is no HTTP request");
  Text headers = Text("");
  if (!ctype.empty()) {
    const std::size_t room = ctype.len + 32;
    char* const out = static_cast<char*>(call.arena->allocate(room));
    if (out == nullptr) return -1;
    sip::Writer writer(out, room);
    writer.put("Content-Type: ");
    for (const char c : ctype.view()) writer.put(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
    writer.put("\r\n");
    headers = writer.text();
  }
  return xhttp::reply(call, code, reason, headers, body);
}

Text Xhttp::get_hu(Call& call) { return call.message().is_http() ? call.message().ruri() : Text::null(); }

Text Xhttp::url_path(Call&, Value in) {
  if (!in.is_text()) return Text::null();
  const std::string_view url = in.text().view();
  return url.substr(0, url.find('?'));
}

Text Xhttp::url_querystring(Call&, Value in) {
  if (!in.is_text()) return Text::null();
  const std::string_view url = in.text().view();
  const std::size_t mark = url.find('?');
  return mark == url.npos ? Text("") : Text(url.substr(mark + 1));
}

}  // namespace strowger
