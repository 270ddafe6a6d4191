// The sockets of JSON-RPC: what comes in is parsed, run, and answered to whom it came from.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "jsonrpcs.interface.h"

#include "runtime/script/core_param.h"
#include "runtime/sip/message.h"
#include "stdlib/jsonrpcs/json_reply.h"
#include "stdlib/jsonrpcs/json_request.h"
#include "stdlib/jsonrpcs/reply_fifo.h"
#include "stdlib/jsonrpcs/state.h"

namespace strowger {
namespace jsonrpcs {
namespace {

constexpr Int kFifo = 2, kDatagram = 4;
constexpr std::string_view kDefaultFifo = "/run/kamailio/kamailio_rpc.fifo";
constexpr std::string_view kDefaultSocket = "/run/kamailio/kamailio_rpc.sock";

bool pretty() { return Jsonrpcs::Param::pretty_format != 0; }

std::size_t on_datagram(Worker& worker, std::string_view bytes, const std::shared_ptr<EndpointPeer>& peer) {
  if (const auto request = parse_request(bytes)) {
    run(worker, *request, [peer](RpcReply&, std::string_view answer) { peer->send(answer); });
  } else {
    worker.log(LogLevel::Warn, "jsonrpcs: a datagram is no JSON");
  }
  return bytes.size();
}

/// Requests one behind the other; what is no JSON drops all that came.
std::size_t on_fifo(Worker& worker, std::string_view bytes, const std::shared_ptr<EndpointPeer>&) {
  std::size_t done = 0;
  for (;;) {
    while (done < bytes.size() && static_cast<unsigned char>(bytes[done]) <= ' ') ++done;
    if (done == bytes.size()) return done;
    std::size_t used = 0;
    const auto request = parse_request(bytes.substr(done), &used);
    if (!request) {
      worker.log(LogLevel::Warn, "jsonrpcs: what came over the FIFO is no JSON");
      return bytes.size();
    }
    done += used;
    run(worker, *request, [&worker, name = request->reply_name](RpcReply&, std::string_view answer) { send_to_fifo(worker, name, answer); });
  }
}

std::string text_or_empty(Text text) { return std::string(text.view()); }

/// "udp:127.0.0.1:8010" or a path, with or without "unix:" before it.
bool read_address(std::string_view text, Endpoint& endpoint) {
  if (!text.starts_with("udp:")) {
    for (const std::string_view prefix : {"unixd:", "unix:"})
      if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    endpoint.path = text;
    return !text.empty();
  }
  text.remove_prefix(4);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = sip::parse_number(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return false;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  endpoint.kind = Endpoint::Kind::Udp;
  endpoint.host = host;
  endpoint.port = static_cast<std::uint16_t>(*port);
  return true;
}

/// A path that does not begin at the root begins at `rundir`.
void put_into_rundir(const Process& process, Endpoint& endpoint) {
  if (endpoint.path.empty() || endpoint.path.front() == '/') return;
  const CoreParam* const rundir = find_core_param(process.image, "rundir");
  endpoint.path = std::string(rundir != nullptr ? rundir->text.view() : "/run/kamailio") + "/" + endpoint.path;
}

}  // namespace

void run(Worker& worker, const Request& request, std::function<void(RpcReply&, std::string_view)> send) {
  RpcReply none;
  const RpcRef* rpc = nullptr;
  if (request.is_object && request.is_version_2 && request.method) {
    rpc = find_rpc(worker.process, *request.method);
    if (!rpc) none.fault(500, "Method Not Found");
    if (request.bad_params) none.fault(500, "Too many parameters");
  }
  if (!rpc || none.failed()) return send(none, print_reply(none, request.id, false, pretty()));
  run_rpc(worker, *rpc, request.params, [send = std::move(send), id = request.id, is_array = rpc->is_array != 0](RpcReply& reply) {
    send(reply, print_reply(reply, id, is_array, pretty()));
  });
}

}  // namespace jsonrpcs

void Jsonrpcs::start(Process& process) {
  if (Param::transport & jsonrpcs::kDatagram) {
    Endpoint endpoint;
    if (!jsonrpcs::read_address(Param::dgram_socket.view(), endpoint)) {
      process.log.write(LogLevel::Err, "jsonrpcs: dgram_socket is neither a path nor udp:address:port");
      process.failed = true;
      return;
    }
    jsonrpcs::put_into_rundir(process, endpoint);
    endpoint.mode = static_cast<unsigned>(Param::dgram_mode);
    endpoint.user = jsonrpcs::text_or_empty(Param::dgram_user);
    endpoint.group = jsonrpcs::text_or_empty(Param::dgram_group);
    endpoint.may_fail = Param::dgram_socket.view() == jsonrpcs::kDefaultSocket;
    endpoint.receive = jsonrpcs::on_datagram;
    process.endpoints.push_back(std::move(endpoint));
  }
  if (Param::transport & jsonrpcs::kFifo) {
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::Fifo;
    endpoint.path = jsonrpcs::text_or_empty(Param::fifo_name);
    jsonrpcs::put_into_rundir(process, endpoint);
    endpoint.mode = static_cast<unsigned>(Param::fifo_mode);
    endpoint.user = jsonrpcs::text_or_empty(Param::fifo_user);
    endpoint.group = jsonrpcs::text_or_empty(Param::fifo_group);
    endpoint.may_fail = Param::fifo_name.view() == jsonrpcs::kDefaultFifo;
    endpoint.receive = jsonrpcs::on_fifo;
    process.endpoints.push_back(std::move(endpoint));
  }
}

void Jsonrpcs::rpc_jsonrpc_echo(RpcCall& call) {
  if (const auto text = call.next_text()) call.reply.add(std::string_view(*text));
  if (const auto number = call.next_int()) call.reply.add(*number);
}

}  // namespace strowger
