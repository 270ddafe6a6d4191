// What scripts do with WebSockets: handshakes and ends.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "stdlib/websocket/handshake.h"
#include "stdlib/websocket/state.h"
#include "stdlib/xhttp/http.h"
#include "websocket.interface.h"

namespace strowger {
namespace websocket {
namespace {

constexpr Code kEnd = 0, kFailed = -1;

Code refuse(Call& call, const Verdict& verdict) {
  log_line(call, LogLevel::Warn, "websocket", {"ws_handle_handshake(): ", verdict.why});
  ++state_of(*call.worker).counters.failed_handshakes;
  call.live->reply_close = true;
  const Text headers = std::string_view(verdict.headers);
  return xhttp::reply(call, verdict.code, Text(verdict.reason), headers, Text("")) > 0 ? kEnd : kFailed;
}

/// The connection of the call's message, 0 when it is no WebSocket.
std::uint32_t connection_of(const Call& call) {
  return call.live->socket && is_web_socket(call.live->socket->protocol) ? call.live->connection : 0;
}

}  // namespace
}  // namespace websocket

void Websocket::start(Process& process) {
  auto* const state = new websocket::State;
  process.module_state[slot] = state;
  state->closed = process.event_route("websocket:closed");
  state->ping_text = Param::ping_application_data.view();
  if (Param::ping_application_data.is_null()) {
    const std::string& header = process.settings.server_header;
    const std::size_t value = header.find(": ");
    state->ping_text = value == header.npos ? "" : header.substr(value + 2);
  }
  state->ping_text.resize(std::min(state->ping_text.size(), websocket::kMostControl));
  process.add_carried_sockets(sip::Protocol::Tcp, sip::Protocol::Ws);
  process.add_carried_sockets(sip::Protocol::Tls, sip::Protocol::Wss);
  process.stream_ended.push_back(websocket::on_stream_end);
  websocket::add_statistics(process);
}

void Websocket::worker_start(Worker& worker) {
  auto* const state = new websocket::WorkerState;
  worker.module_state[slot] = state;
  worker.cleanups.emplace_back([state, &worker] {
    for (auto& [id, keeper] : state->keepers) worker.timers.cancel(*keeper);
    delete state;
  });
}

void Websocket::stop(Process& process) {
  delete static_cast<websocket::State*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Websocket::ws_handle_handshake(Call& call) {
  LiveMessage& live = *call.live;
  Process& process = call.process();
  const xhttp::Exchange* const exchange = xhttp::exchange_of(call);
  if (!exchange || exchange->answered || !process.streams) {
    log_line(call, LogLevel::Err, "websocket", {"ws_handle_handshake(): there is no HTTP request that waits for a reply"});
    return websocket::kFailed;
  }
  websocket::State& state = websocket::state_of(process);
  const auto refuse = [&call](std::string_view why) { return websocket::refuse(call, {503, "Service Unavailable", "", why}); };
  if (!state.enabled.load(std::memory_order_relaxed)) return refuse("new WebSockets are disabled");
  const websocket::Verdict verdict = websocket::judge_handshake(live.message, static_cast<int>(Param::cors_mode));
  if (verdict.code != 101) return websocket::refuse(call, verdict);
  const bool secure = live.socket->protocol == sip::Protocol::Tls;
  const Socket* const socket = process.carried_by(*live.socket, secure ? sip::Protocol::Wss : sip::Protocol::Ws);
  if (!socket) return refuse("this connection cannot become a WebSocket");
  const Text headers = std::string_view(verdict.headers);
  const std::string reply = xhttp::print_reply(call, verdict.code, Text(verdict.reason), headers, Text(""));
  auto stage = std::make_shared<std::atomic<websocket::Stage>>(websocket::Stage::Open);
  websocket::Counters& counters = websocket::state_of(*call.worker).counters;
  const auto layer = std::make_shared<std::unique_ptr<websocket::Layer>>(std::make_unique<websocket::Layer>(counters, stage));
  bool done = false;
  exchange->answered = true;
  process.streams->with(*call.worker, live.connection, [&done, &reply, layer, socket](Worker&, StreamControl& control) {
    done = control.put_layer(std::move(*layer), *socket, Text(std::string_view(reply)));
  });
  if (!done) {
    ++counters.failed_handshakes;
    return websocket::kFailed;
  }
  ++counters.handshakes;
  state.add(live.connection, std::move(stage));
  websocket::keep(*call.worker, live.connection);
  return 1;
}

Code Websocket::ws_close(Call& call) { return ws_close(call, 1000, "Normal closure", websocket::connection_of(call)); }
Code Websocket::ws_close(Call& call, Int status, Text reason) {
  return ws_close(call, status, reason, websocket::connection_of(call));
}

Code Websocket::ws_close(Call& call, Int status, Text reason, Int conid) {
  const auto refuse = [&](std::string_view why) {
    log_line(call, LogLevel::Err, "websocket", {"ws_close(): ", why});
    return websocket::kFailed;
  };
  if (status < 1000 || status > 4999) return refuse("the status is none of 1000 to 4999");
  if (!reason.is_null() && reason.len > websocket::kMostControl - 2) return refuse("the reason is longer than 123 bytes");
  if (conid <= 0 || conid > UINT32_MAX) return refuse("there is no such WebSocket");
  if (!websocket::close(*call.worker, static_cast<std::uint32_t>(conid), static_cast<std::uint16_t>(status), reason.view()))
    return refuse("there is no such WebSocket that is open");
  return 1;
}

Int Websocket::get_ws_conid(Call& call) {
  if (const auto* const ended = call.subject_of<std::uint32_t>(slot)) return *ended;
  return call.live->connection;
}

}  // namespace strowger
