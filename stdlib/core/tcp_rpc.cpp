// RPC about stream connections: counts, and a list of those that are there.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/core_param.h"
#include "runtime/script/rpc.h"
#include "runtime/script/streams.h"

namespace strowger {
namespace {

std::string_view type_of(sip::Protocol protocol) {
  switch (protocol) {
    case sip::Protocol::Tls: return "TLS";
    case sip::Protocol::Ws: return "WS";
    case sip::Protocol::Wss: return "WSS";
    default: return "TCP";
  }
}

void print(RpcReply& reply, const Process& process, const StreamInfo& info) {
  const sip::Address& local = process.sockets[info.socket]->address;
  char ip[64];
  const auto text = [&](const sip::Address& address) { return std::string(ip, sip::print_ip(address, ip)); };
  reply.begin_struct();
  reply.add_named("id", Int{info.id});
  reply.add_named("type", type_of(info.protocol));
  reply.add_named("state", info.connecting ? "CONN_CONNECTING" : info.ready ? "CONN_OK" : info.accepted ? "CONN_ACCEPT" : "CONN_CONNECT");
  reply.add_named("timeout", (info.lifetime_ms - info.idle_ms) / 1000);
  reply.add_named("lifetime", info.lifetime_ms / 1000);
  reply.add_named("ref_count", Int{1});
  // As in Kamailio the peer is the source, whoever connected. Which port is ours when we did, the system has chosen.
  reply.add_named("src_ip", text(info.peer));
  reply.add_named("src_port", Int{info.peer.port});
  reply.add_named("dst_ip", text(local));
  reply.add_named("dst_port", Int{info.accepted ? local.port : 0});
  reply.end_struct();
}

}  // namespace

static bool refused_without_tcp(RpcCall& call) {
  const bool disabled = core_number(call.process().image, "disable_tcp", 0) != 0;
  if (disabled) call.fault(500, "tcp support disabled");
  return disabled;
}

void Core::rpc_core_tcp_options(RpcCall& call) {
  if (refused_without_tcp(call)) return;
  const auto set = [&](const char* shown, const char* name, Int otherwise) {
    call.reply.add_named(shown, core_number(call.process().image, name, otherwise));
  };
  call.reply.begin_struct();
  set("connect_timeout", "tcp_connect_timeout", 10);
  set("send_timeout", "tcp_send_timeout", 10);
  set("connection_lifetime", "tcp_connection_lifetime", 120);
  set("max_connections(soft)", "tcp_max_connections", 2048);
  set("max_tls_connections(soft)", "tls_max_connections", 2048);
  set("no_connect", "tcp_no_connect", 0);
  set("fd_cache", "tcp_fd_cache", 1);
  set("async", "tcp_async", 1);
  set("connect_wait", "tcp_connect_wait", 1);
  set("conn_wq_max", "tcp_conn_wq_max", 1 << 20);
  set("wq_max", "tcp_wq_max", 10 << 20);
  set("defer_accept", "tcp_defer_accept", 0);
  set("delayed_ack", "tcp_delayed_ack", 1);
  set("syncnt", "tcp_syncnt", 0);
  set("linger2", "tcp_linger2", 0);
  set("keepalive", "tcp_keepalive", 1);
  set("keepidle", "tcp_keepidle", 0);
  set("keepintvl", "tcp_keepintvl", 0);
  set("keepcnt", "tcp_keepcnt", 0);
  set("crlf_ping", "tcp_crlf_ping", 1);
  set("accept_aliases", "tcp_accept_aliases", 0);
  call.reply.add_named("alias_flags", Int{1});
  call.reply.add_named("new_conn_alias_flags", Int{2});
  call.reply.end_struct();
}

void Core::rpc_core_tcp_info(RpcCall& call) {
  if (refused_without_tcp(call)) return;
  std::size_t all = 0, secure = 0, queued = 0;
  if (call.process().streams != nullptr) call.process().streams->count(all, secure, queued);
  RpcReply& reply = call.reply;
  reply.begin_struct();
  reply.add_named("readers", Int{call.process().settings.workers});
  reply.add_named("max_connections", core_number(call.process().image, "tcp_max_connections", 2048));
  reply.add_named("max_tls_connections", core_number(call.process().image, "tls_max_connections", 2048));
  reply.add_named("opened_connections", static_cast<Int>(all));
  reply.add_named("opened_tls_connections", static_cast<Int>(secure));
  reply.add_named("write_queued_bytes", static_cast<Int>(queued));
  reply.end_struct();
}

void Core::rpc_core_tcp_list(RpcCall& call) {
  if (refused_without_tcp(call)) return;
  Streams* const streams = call.process().streams;
  if (streams == nullptr) return;
  call.defer();
  streams->list(call.worker, [answer = call.answer(), &process = call.process()](const std::vector<StreamInfo>& all) {
    RpcReply reply;
    for (const StreamInfo& info : all) print(reply, process, info);
    answer(reply);
  });
}

}  // namespace strowger
