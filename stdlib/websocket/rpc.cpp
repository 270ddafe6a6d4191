// RPC commands and statistics of WebSockets.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <algorithm>

#include "stdlib/websocket/state.h"
#include "websocket.interface.h"

namespace strowger {
namespace websocket {
namespace {

constexpr std::size_t kMostShown = 3000;         ///< more would be too big a reply

template <std::uint64_t Counters::*kCounter>
std::uint64_t sum(const Process& process) {
  std::uint64_t all = 0;
  for (Worker* const worker : process.workers) all += read_counter(state_of(*worker).counters.*kCounter);
  return all;
}

std::uint64_t now_open(const Process& process) { return state_of(process).count(); }
std::uint64_t most_open(const Process& process) { return state_of(process).most.load(std::memory_order_relaxed); }
std::uint64_t none(const Process&) { return 0; }

std::string print_end(sip::Protocol protocol, const sip::Address& address) {
  char ip[64];
  return std::string(sip::name_of(protocol).view()) + ":" + std::string(ip, sip::print_ip_bracketed(address, ip)) + ":" +
         std::to_string(address.port);
}

/// "5: ws:127.0.0.1:4000 -> ws:127.0.0.1:80 (state: OPEN,  last used 3s ago, sub-protocol: sip)", blanks as Kamailio has them.
std::string print_line(const Process& process, const StreamInfo& info, Stage stage) {
  const sip::Address& local = process.sockets[info.socket]->address;
  return std::to_string(info.id) + ": " + print_end(info.protocol, info.peer) + " -> " + print_end(info.protocol, local) +
         " (state: " + (stage == Stage::Open ? "OPEN" : "CLOSING") + ",  last used " + std::to_string(info.idle_ms / 1000) + "s ago, sub-protocol: sip)";
}

void dump(RpcReply& reply, const Process& process, std::vector<StreamInfo> all, std::string_view order) {
  std::erase_if(all, [](const StreamInfo& info) { return !is_web_socket(info.protocol); });
  std::sort(all.begin(), all.end(), [order](const StreamInfo& a, const StreamInfo& b) {
    if (order == "id_hash" || a.idle_ms == b.idle_ms) return order == "used_asc" ? a.id > b.id : a.id < b.id;
    return order == "used_asc" ? a.idle_ms < b.idle_ms : a.idle_ms > b.idle_ms;
  });
  const std::size_t shown = std::min(all.size(), kMostShown);
  reply.begin_struct();
  reply.begin_array("connections");
  for (std::size_t i = 0; i < shown; ++i) {
    const SharedStage stage = state_of(process).find(all[i].id);
    reply.add(std::string_view(print_line(process, all[i], stage ? stage->load() : Stage::Failed)));
  }
  reply.end_array();
  reply.begin_struct("info");
  reply.add_named("wscounter", static_cast<Int>(shown));
  reply.add_named("truncated", shown < all.size() ? "yes" : "no");
  reply.end_struct();
  reply.end_struct();
}

/// The number of a connection that is there; 0 with a fault said.
std::uint32_t read_id(RpcCall& call) {
  const auto id = call.next_int_of_any();
  if (!id) return call.fault(500, "Invalid Parameters"), 0;
  if (*id <= 0 || *id > UINT32_MAX || !state_of(call.process()).find(static_cast<std::uint32_t>(*id)))
    return call.fault(500, "Unknown connection ID"), 0;
  return static_cast<std::uint32_t>(*id);
}

}  // namespace

void add_statistics(Process& process) {
  struct Row { const char* name; std::uint64_t (*read)(const Process&); bool by_protocol, gauge; };
  static constexpr Row kRows[] = {
      {"current_connections", now_open, true, true},
      {"max_concurrent_connections", most_open, true, true},
      {"failed_connections", sum<&Counters::failed>, true, false},
      {"local_closed_connections", sum<&Counters::closed_here>, true, false},
      {"remote_closed_connections", sum<&Counters::closed_there>, true, false},
      {"received_frames", sum<&Counters::received>, true, false},
      {"transmitted_frames", sum<&Counters::transmitted>, true, false},
      {"successful_handshakes", sum<&Counters::handshakes>, true, false},
      {"failed_handshakes", sum<&Counters::failed_handshakes>, false, false}};
  for (const Row& row : kRows) {
    process.statistics.push_back({"websocket", std::string("ws_") + row.name, row.read, row.gauge});
    if (!row.by_protocol) continue;
    process.statistics.push_back({"websocket", std::string("ws_sip_") + row.name, row.read, row.gauge});
    process.statistics.push_back({"websocket", std::string("ws_msrp_") + row.name, none, row.gauge});
  }
}

}  // namespace websocket

void Websocket::rpc_ws_dump(RpcCall& call) {
  std::string order = call.next_text().value_or("id_hash");
  if (order != "id_hash" && order != "used_asc" && order != "used_desc") return call.fault(400, "Bad display order parameter");
  Streams* const streams = call.process().streams;
  if (streams == nullptr) return;
  call.defer();
  const auto print = [answer = call.answer(), &process = call.process(), order = std::move(order)](std::vector<StreamInfo> all) {
    RpcReply reply;
    websocket::dump(reply, process, std::move(all), order);
    answer(reply);
  };
  streams->list(call.worker, print);
}

void Websocket::rpc_ws_close(RpcCall& call) {
  const std::uint32_t id = websocket::read_id(call);
  if (id != 0 && !websocket::close(call.worker, id, 1000, "Normal closure")) call.fault(500, "Error closing connection");
}

void Websocket::rpc_ws_ping(RpcCall& call) {
  if (const std::uint32_t id = websocket::read_id(call)) websocket::ping(call.worker, id, websocket::Opcode::Ping);
}

void Websocket::rpc_ws_pong(RpcCall& call) {
  if (const std::uint32_t id = websocket::read_id(call)) websocket::ping(call.worker, id, websocket::Opcode::Pong);
}

void Websocket::rpc_ws_enable(RpcCall& call) { websocket::state_of(call.process()).enabled.store(true); }
void Websocket::rpc_ws_disable(RpcCall& call) { websocket::state_of(call.process()).enabled.store(false); }

}  // namespace strowger
