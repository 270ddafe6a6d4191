// Stream connections by their ids.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/streams.h"
#include "stdlib/tcpops/closed_events.h"
#include "tcpops.interface.h"

namespace strowger {
namespace {

/// What tcp_set_otcpid() and its flag have said of a message.
struct Wish {
  std::uint64_t message = 0;
  std::uint32_t connection = 0;
  bool counts = false;
  bool is_empty() const { return message == 0; }
};

Wish& wish_of(Call& call) {
  Wish& wish = call.state<tcpops::WorkerState<Wish>>(Tcpops::slot).wish;
  if (wish.message != call.live->number) wish = {call.live->number, 0, false};
  return wish;
}

/// The id, where it is one of a connection that is there; else 0, and a line says so.
std::uint32_t known(Call& call, Int conid, std::string_view what) {
  Streams* const streams = call.process().streams;
  if (streams && conid > 0 && conid <= UINT32_MAX && streams->is_open(static_cast<std::uint32_t>(conid))) return static_cast<std::uint32_t>(conid);
  log_line(call, LogLevel::Err, "tcpops", {what, ": there is no connection ", conid});
  return 0;
}

std::uint32_t own(Call& call, std::string_view what) {
  if (call.live->connection != 0) return call.live->connection;
  log_line(call, LogLevel::Err, "tcpops", {what, ": the message came over no connection"});
  return 0;
}

Code with(Call& call, std::uint32_t connection, std::function<void(Worker&, StreamControl&)> work) {
  Streams* const streams = call.process().streams;
  return connection != 0 && streams && streams->with(*call.worker, connection, std::move(work)) ? 1 : -1;
}

Code keep_alive(Call& call, std::uint32_t connection, bool on, Int idle, Int count, Int interval) {
  const auto seconds = [](Int value) { return static_cast<int>(value < 0 ? 0 : value > 32767 ? 32767 : value); };   // as the kernel takes
  return with(call, connection, [=](Worker& worker, StreamControl& control) {
    if (!control.set_keepalive(on, seconds(idle), seconds(interval), seconds(count)))
      worker.log(LogLevel::Err, "tcpops: the system refused the keep-alive settings");
  });
}

Code set_lifetime(Call& call, std::uint32_t connection, Int seconds) {
  constexpr Int kMost = INT32_MAX;
  if (seconds < 0) return -1;
  const Int time = seconds > kMost ? kMost : seconds;
  return with(call, connection, [time](Worker&, StreamControl& control) { control.set_lifetime(time * 1000); });
}

/// Behind what the script has sent so far.
Code close(Call& call, std::uint32_t connection) {
  Streams* const streams = call.process().streams;
  if (connection == 0 || !streams || !streams->is_open(connection)) return -1;
  tcpops::note_end(call.process(), connection);
  Departure departure;
  departure.from = call.live->socket ? call.live->socket : call.process().sockets.front().get();
  departure.protocol = sip::Protocol::Tcp;
  departure.connection = connection;
  departure.only_existing = departure.close_after = 1;
  call.worker->outbox.push(departure, "");
  return 1;
}

Code enable_event(Call& call, std::uint32_t connection) {
  if (connection == 0) return -1;
  tcpops::want_event(call.process(), connection);
  return 1;
}

}  // namespace

void Tcpops::start(Process& process) { tcpops::start_events(process); }

void Tcpops::stop(Process& process) { tcpops::stop_events(process); }

void Tcpops::worker_start(Worker& worker) {
  auto* state = new tcpops::WorkerState<Wish>;
  worker.module_state[slot] = state;
  worker.cleanups.emplace_back([state] { delete state; });
}

Code Tcpops::tcp_keepalive_enable(Call& call, Int idle, Int count, Int interval) {
  return keep_alive(call, own(call, "tcp_keepalive_enable()"), true, idle, count, interval);
}
Code Tcpops::tcp_keepalive_enable(Call& call, Int conid, Int idle, Int count, Int interval) {
  return keep_alive(call, known(call, conid, "tcp_keepalive_enable()"), true, idle, count, interval);
}
Code Tcpops::tcp_keepalive_disable(Call& call) { return keep_alive(call, own(call, "tcp_keepalive_disable()"), false, 0, 0, 0); }
Code Tcpops::tcp_keepalive_disable(Call& call, Int conid) {
  return keep_alive(call, known(call, conid, "tcp_keepalive_disable()"), false, 0, 0, 0);
}
Code Tcpops::tcp_set_connection_lifetime(Call& call, Int seconds) {
  return set_lifetime(call, own(call, "tcp_set_connection_lifetime()"), seconds);
}
Code Tcpops::tcp_set_connection_lifetime(Call& call, Int conid, Int seconds) {
  return set_lifetime(call, known(call, conid, "tcp_set_connection_lifetime()"), seconds);
}
Code Tcpops::tcp_enable_closed_event(Call& call) {
  if (Param::closed_event != 2) {
    log_line(call, LogLevel::Warn, "tcpops", {"tcp_enable_closed_event() does nothing unless the parameter closed_event is 2"});
    return -1;
  }
  return enable_event(call, own(call, "tcp_enable_closed_event()"));
}
Code Tcpops::tcp_enable_closed_event(Call& call, Int conid) { return enable_event(call, known(call, conid, "tcp_enable_closed_event()")); }

Code Tcpops::tcp_conid_state(Call& call, Int conid) {
  Streams* const streams = call.process().streams;
  return streams && conid > 0 && conid <= UINT32_MAX && streams->is_open(static_cast<std::uint32_t>(conid)) ? 1 : -1;
}
Code Tcpops::tcp_conid_alive(Call& call, Int conid) { return tcp_conid_state(call, conid); }

Code Tcpops::tcp_get_conid(Call& call, Text hostport, const VariableRef& result) {
  const std::string_view text = hostport.view();
  const std::size_t bracket = text.rfind(']'), colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::uint16_t port = 0;
  if (has_port) {
    const auto number = sip::parse_number(Text(text.substr(colon + 1)));
    if (!number || *number > 65535) return -1;
    port = static_cast<std::uint16_t>(*number);
  }
  const Text host(text.substr(0, has_port ? colon : text.size()));
  std::optional<sip::Address> peer = sip::parse_ip(host.view());
  if (!peer) {
    const auto hop = resolve_host(*call.worker, host, port, sip::Protocol::Tcp);
    if (!hop) {
      log_line(call, LogLevel::Err, "tcpops", {"tcp_get_conid(): \"", host, "\" cannot be resolved"});
      return -5;
    }
    peer = hop->address;
  }
  peer->port = port ? port : 5060;
  Streams* const streams = call.process().streams;
  std::uint32_t found = 0;
  for (const sip::Protocol protocol : {sip::Protocol::Tcp, sip::Protocol::Tls, sip::Protocol::Ws, sip::Protocol::Wss})
    if (streams && found == 0) found = streams->find(*peer, protocol);
  if (result.set) static_cast<void>(result.set(&call, Value::of(Int{found})));
  return found != 0 ? 1 : -1;
}

Code Tcpops::tcp_set_otcpid(Call& call, Int conid) {
  Wish& wish = wish_of(call);
  wish.connection = conid > 0 && conid <= UINT32_MAX ? static_cast<std::uint32_t>(conid) : 0;
  if (wish.counts) call.live->out_connection = wish.connection;
  return 1;
}

Code Tcpops::tcp_set_otcpid_flag(Call& call, Int mode) {
  Wish& wish = wish_of(call);
  wish.counts = mode != 0;
  call.live->out_connection = wish.counts ? wish.connection : 0;
  return 1;
}

Code Tcpops::tcp_close_connection(Call& call) { return close(call, call.live->connection); }
Code Tcpops::tcp_close_connection(Call& call, Int conid) {
  return tcp_conid_state(call, conid) > 0 ? close(call, static_cast<std::uint32_t>(conid)) : -1;
}

Value Tcpops::get_tcp(Call& call, Text key) {
  const LiveMessage& live = *call.live;
  if (live.connection == 0) return Value::null();
  if (key.view() == "conid") return Value::of(Int{live.connection});
  const bool reads_headers = tcpops::reads_proxy_headers(call.process());
  std::optional<sip::Address> wire;
  if (call.process().streams) wire = call.process().streams->behind_proxy(live.connection);
  if (!wire && reads_headers) wire = live.source;
  if (key.view() == "c_sp") return Value::of(Int{wire ? wire->port : 0});
  if (key.view() != "c_si") return Value::null();
  char ip[48];
  return Value::of(wire ? call.arena->copy(Text(ip, sip::print_ip(*wire, ip))) : Text(""));
}

}  // namespace strowger
