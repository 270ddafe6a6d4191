// The sockets of kamcmd.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ctl.interface.h"

#include "runtime/script/connected_peer.h"
#include "runtime/sip/message.h"
#include "stdlib/ctl/binrpc.h"

namespace strowger {
namespace ctl {
namespace {

constexpr std::string_view kDefaultPath = "/run/kamailio/kamailio_ctl";
constexpr std::uint16_t kDefaultPort = 2049;
constexpr std::size_t kHead = 16;

std::size_t max_body() { return static_cast<std::size_t>(Ctl::Param::binrpc_max_body_size) * 1024; }

/// Runs what a packet asks for.
void run(Worker& worker, const Packet& packet, const std::shared_ptr<EndpointPeer>& peer) {
  RpcCall::Answer answer = [peer, cookie = std::string(packet.cookie)](RpcReply& reply) { peer->send(print_reply(reply, cookie)); };
  RpcReply fault;
  const auto request = read_request(packet.body);
  const RpcRef* const rpc = request ? find_rpc(worker.process, request->method) : nullptr;
  if (rpc) return run_rpc(worker, *rpc, request->params, std::move(answer), true);
  if (request) fault.fault(500, "command " + request->method + " not found");
  else fault.fault(400, "invalid request");
  answer(fault);
}

/// What is no request gets a fault, and its connection ends.
std::size_t refuse(Worker& worker, const Packet& packet, const std::shared_ptr<EndpointPeer>& peer) {
  worker.log(LogLevel::Warn, "ctl: a client sent what is no request");
  RpcReply fault;
  fault.fault(400, "bad request: corrupted packet");
  peer->send(print_reply(fault, packet.cookie));
  return Endpoint::kClose;
}

/// For ctl.who: the connections that have sent something. Worker 0's.
struct Connections {
  struct One {
    std::weak_ptr<ConnectedPeer> peer;
    std::size_t endpoint;                          ///< its place in Process::endpoints
  };
  std::vector<One> all;

  void add(const std::shared_ptr<ConnectedPeer>& peer, std::size_t endpoint) {
    bool known = !peer;
    std::erase_if(all, [&](const One& one) {
      const auto there = one.peer.lock();
      known = known || there == peer;
      return !there || !there->is_open();
    });
    if (!known) all.push_back({peer, endpoint});
  }
};

Connections& connections_of(const Process& process) { return *static_cast<Connections*>(process.module_state[Ctl::slot]); }

std::string_view name_of(Endpoint::Kind kind) {
  switch (kind) {
    case Endpoint::Kind::UnixStream: return "unix_stream";
    case Endpoint::Kind::UnixDatagram: return "unix_dgram";
    case Endpoint::Kind::Udp: return "udp";
    default: return "tcp";
  }
}

/// Where an endpoint is: host and port, or a path.
void add_place(RpcReply& reply, const Endpoint& endpoint) {
  const bool has_port = endpoint.kind == Endpoint::Kind::Udp || endpoint.kind == Endpoint::Kind::Tcp;
  reply.add(std::string_view(has_port ? endpoint.host : endpoint.path));
  reply.add(has_port ? std::to_string(endpoint.port) : std::string());
}

/// Packets back to back.
std::size_t on_stream(Worker& worker, std::string_view bytes, const std::shared_ptr<EndpointPeer>& peer, std::size_t endpoint) {
  connections_of(worker.process).add(std::dynamic_pointer_cast<ConnectedPeer>(peer), endpoint);
  std::size_t done = 0;
  for (;;) {
    Packet packet;
    const Framing framing = read_packet(bytes.substr(done), max_body(), packet);
    if (framing == Framing::Incomplete) return done;
    if (framing == Framing::Malformed || packet.type != static_cast<unsigned>(PacketType::Request)) return refuse(worker, packet, peer);
    done += packet.size;
    run(worker, packet, peer);
  }
}

std::size_t on_datagram(Worker& worker, std::string_view bytes, const std::shared_ptr<EndpointPeer>& peer) {
  Packet packet;
  if (read_packet(bytes, max_body(), packet) == Framing::Whole && packet.type == static_cast<unsigned>(PacketType::Request))
    run(worker, packet, peer);
  else
    worker.log(LogLevel::Warn, "ctl: a datagram is no request");
  return bytes.size();
}

/// "unix:/path", "unixs:/path", "unixd:/path", "/path", "udp:address[:port]", "tcp:address[:port]"; '*' is every address.
bool read_address(std::string_view text, Endpoint& out) {
  using Kind = Endpoint::Kind;
  struct Scheme { std::string_view name; Kind kind; };
  static constexpr Scheme kSchemes[] = {{"unixs:", Kind::UnixStream}, {"unixd:", Kind::UnixDatagram}, {"unix:", Kind::UnixStream},
                                        {"udp:", Kind::Udp}, {"tcp:", Kind::Tcp}};
  out.kind = Kind::UnixStream;
  for (const Scheme& scheme : kSchemes) {
    if (!text.starts_with(scheme.name)) continue;
    out.kind = scheme.kind;
    text.remove_prefix(scheme.name.size());
    break;
  }
  if (out.kind == Kind::UnixStream || out.kind == Kind::UnixDatagram) {
    out.path = text;
    return text.starts_with('/') || text.starts_with('.');
  }
  out.port = kDefaultPort;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    const auto port = sip::parse_number(Text(text.substr(colon + 1)));
    if (!port || *port == 0 || *port > 65535) return false;
    out.port = static_cast<std::uint16_t>(*port);
    text = text.substr(0, colon);
  }
  out.host = text == "*" ? std::string_view("0.0.0.0") : text;
  return sip::parse_ip(out.host).has_value();
}

bool add(Process& process, std::string_view address, bool may_fail) {
  Endpoint endpoint;
  if (!read_address(address, endpoint)) {
    process.log.write(LogLevel::Err, "ctl: '" + std::string(address) + "' is no address of a control socket");
    return false;
  }
  const auto last = [](const TextList& list) { return list.count > 0 ? std::string(list.items[list.count - 1].view()) : std::string(); };
  endpoint.mode = static_cast<unsigned>(Ctl::Param::mode);
  endpoint.user = last(Ctl::Param::user);
  endpoint.group = last(Ctl::Param::group);
  endpoint.may_fail = may_fail;
  endpoint.max_bytes = max_body() + kHead;
  const bool stream = endpoint.kind == Endpoint::Kind::UnixStream || endpoint.kind == Endpoint::Kind::Tcp;
  if (stream)
    endpoint.receive = [place = process.endpoints.size()](Worker& worker, std::string_view bytes, const std::shared_ptr<EndpointPeer>& peer) {
      return on_stream(worker, bytes, peer, place);
    };
  else
    endpoint.receive = on_datagram;
  process.endpoints.push_back(std::move(endpoint));
  return true;
}

}  // namespace

/// Adds the sockets that the script names, or the usual one.
bool add_endpoints(Process& process) {
  if (Ctl::Param::binrpc.count == 0) return add(process, kDefaultPath, true);
  for (std::uint64_t i = 0; i < Ctl::Param::binrpc.count; ++i)
    if (!add(process, Ctl::Param::binrpc.items[i].view(), false)) return false;
  return true;
}

}  // namespace ctl

void Ctl::start(Process& process) {
  process.module_state[slot] = new ctl::Connections;
  if (!ctl::add_endpoints(process)) process.failed = true;
}

void Ctl::stop(Process& process) {
  delete static_cast<ctl::Connections*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Ctl::rpc_ctl_listen(RpcCall& call) {
  for (std::uint64_t i = 0; i < std::max<std::uint64_t>(Param::binrpc.count, 1); ++i) {
    Endpoint endpoint;
    ctl::read_address(Param::binrpc.count == 0 ? ctl::kDefaultPath : Param::binrpc.items[i].view(), endpoint);
    call.reply.add(std::string_view("binrpc"));
    call.reply.add(ctl::name_of(endpoint.kind));
    ctl::add_place(call.reply, endpoint);
  }
}

void Ctl::rpc_ctl_who(RpcCall& call) {
  bool any = false;
  for (const auto& one : ctl::connections_of(call.process()).all) {
    const auto peer = one.peer.lock();
    if (!peer || !peer->is_open()) continue;
    any = true;
    const Endpoint& endpoint = call.process().endpoints[one.endpoint];
    const auto [host, port] = peer->source();
    call.reply.add(std::string_view("binrpc"));
    call.reply.add(ctl::name_of(endpoint.kind));
    call.reply.add(host.empty() ? std::string_view("<anonymous unix socket>") : std::string_view(host));
    call.reply.add(std::string_view(port));
    ctl::add_place(call.reply, endpoint);
  }
  if (!any) call.fault(400, "no open stream connection");
}

void Ctl::rpc_ctl_connections(RpcCall& call) {
  Int count = 0;
  for (const auto& one : ctl::connections_of(call.process()).all) {
    const auto peer = one.peer.lock();
    count += peer && peer->is_open();
  }
  call.reply.add(count);
}

}  // namespace strowger
