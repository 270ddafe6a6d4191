// RPC: reload without restart, connections, settings.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/core_param.h"
#include "runtime/script/rpc.h"

#include <openssl/ssl.h>

#include "runtime/script/streams.h"
#include "stdlib/tls/state.h"
#include "tls.interface.h"

namespace strowger {
namespace {

std::string print_ip(const sip::Address& address) {
  char text[64];
  return std::string(text, sip::print_ip(address, text));
}

void print(RpcReply& reply, const Process& process, const StreamInfo& info) {
  const sip::Address local = process.sockets[info.socket]->address;
  reply.begin_struct();
  reply.add_named("id", Int{info.id});
  reply.add_named("timeout", (info.lifetime_ms - info.idle_ms) / 1000);
  reply.add_named("src_ip", print_ip(info.peer));          // as in core.tcp_list
  reply.add_named("src_port", Int{info.peer.port});
  reply.add_named("dst_ip", print_ip(local));
  reply.add_named("dst_port", Int{info.accepted ? local.port : 0});
  const auto* facts = info.facts && info.facts->module == Tls::slot ? static_cast<const tls::Facts*>(info.facts.get()) : nullptr;
  char text[256];
  if (facts != nullptr && facts->cipher != nullptr) {
    std::string cipher = SSL_CIPHER_description(facts->cipher, text, sizeof text);
    while (!cipher.empty() && cipher.back() == '\n') cipher.pop_back();
    reply.add_named("cipher", cipher);
  } else {
    reply.add_named("cipher", "unknown");
  }
  reply.add_named("ct_wq_size", Int{0});
  reply.add_named("enc_rd_buf", Int{0});
  reply.add_named("flags", Int{info.ready ? 2 : info.accepted ? 0 : 1});
  reply.add_named("state", info.ready ? "established" : info.accepted ? "tls_accept" : "tls_connect");
  reply.end_struct();
}

bool is_secure(const StreamInfo& info) { return info.protocol == sip::Protocol::Tls || info.protocol == sip::Protocol::Wss; }

}  // namespace

void Tls::rpc_tls_reload(RpcCall& call) {
  tls::State& state = tls::state_of(call.process());
  if (!state.snapshot()) return call.fault(500, "TLS is not enabled");
  std::string why;
  auto snapshot = tls::load(call.process(), state, why);
  if (!snapshot) {
    call.worker.log(LogLevel::Err, "tls: reload: " + why);
    return call.fault(500, "Error while loading TLS configuration: " + why);
  }
  state.set_snapshot(std::move(snapshot));         // connections that are there keep theirs
  call.reply.add(std::string_view("Ok. TLS configuration reloaded."));
}

void Tls::rpc_tls_list(RpcCall& call) {
  Streams* const streams = call.process().streams;
  if (streams == nullptr) return;
  call.defer();
  streams->list(call.worker, [answer = call.answer(), &process = call.process()](const std::vector<StreamInfo>& all) {
    RpcReply reply;
    for (const StreamInfo& info : all)
      if (is_secure(info)) print(reply, process, info);
    answer(reply);
  });
}

void Tls::rpc_tls_info(RpcCall& call) {
  std::size_t all = 0, secure = 0, queued = 0;
  if (call.process().streams != nullptr) call.process().streams->count(all, secure, queued);
  call.reply.begin_struct();
  call.reply.add_named("max_connections", core_number(call.process().image, "tls_max_connections", 2048));
  call.reply.add_named("opened_connections", static_cast<Int>(secure));
  call.reply.add_named("clear_text_write_queued_bytes", static_cast<Int>(tls::state_of(call.process()).kept.load()));
  call.reply.end_struct();
}

void Tls::rpc_tls_options(RpcCall& call) {
  RpcReply& reply = call.reply;
  reply.begin_struct();
  reply.add_named("method", Param::tls_method.is_null() ? Text("TLSv1") : Param::tls_method);
  reply.add_named("verify_certificate", Param::verify_certificate);
  reply.add_named("verify_depth", Param::verify_depth);
  reply.add_named("require_certificate", Param::require_certificate);
  reply.add_named("verify_client", Param::verify_client);
  reply.add_named("private_key", Param::private_key);
  reply.add_named("ca_list", Param::ca_list);
  reply.add_named("certificate", Param::certificate);
  reply.add_named("cipher_list", Param::cipher_list);
  reply.add_named("session_cache", Param::session_cache);
  reply.add_named("session_id", Param::session_id);
  reply.add_named("config", Param::config);
  reply.add_named("connection_timeout", Param::connection_timeout);
  reply.add_named("disable_compression", Param::tls_disable_compression);
  reply.add_named("ssl_release_buffers", Param::ssl_release_buffers);
  reply.add_named("ssl_max_send_fragment", Param::ssl_max_send_fragment);
  reply.add_named("send_close_notify", Param::send_close_notify);
  reply.add_named("ct_wq_max", Param::ct_wq_max);
  reply.add_named("con_ct_wq_max", Param::con_ct_wq_max);
  reply.end_struct();
}

void Tls::rpc_tls_kill(RpcCall& call) {
  const auto id = call.next_int_of_any();
  Streams* const streams = call.process().streams;
  if (!id || *id <= 0 || *id > UINT32_MAX || streams == nullptr) return call.fault(400, "the id of a connection is needed");
  if (!streams->with(call.worker, static_cast<std::uint32_t>(*id), [](Worker&, StreamControl& control) { control.close(); }))
    return call.fault(404, "no such connection");
}

}  // namespace strowger
