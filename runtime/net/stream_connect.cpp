// How connections begin: accepted, or made.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "runtime/net/stream_impl.h"

namespace strowger::net {
namespace {

constexpr int kAccepts = 64;               ///< of a listener before others have their turn

}  // namespace

std::string print_peer(const sip::Address& address) {
  char ip[64];
  return std::string(ip, sip::print_ip_bracketed(address, ip)) + ":" + std::to_string(address.port);
}

bool set_keepalive(int fd, bool on, int idle, int interval, int count) {
  const int flag = on ? 1 : 0;
  bool good = setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &flag, sizeof flag) == 0;
  const auto set = [&](int option, int value) {
    if (on && value > 0) good = setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value) == 0 && good;
  };
  set(TCP_KEEPIDLE, idle);
  set(TCP_KEEPINTVL, interval);
  set(TCP_KEEPCNT, count);
  return good;
}

namespace {

void set_stream_options(int fd, const StreamLimits& limits) {
  const int on = 1;
  static_cast<void>(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  const auto set = [fd](int level, int option, int value) { static_cast<void>(setsockopt(fd, level, option, &value, sizeof value)); };
  if (!limits.delayed_ack) set(IPPROTO_TCP, TCP_QUICKACK, 1);
  if (limits.syn_count > 0) set(IPPROTO_TCP, TCP_SYNCNT, limits.syn_count);
  if (limits.linger > 0) set(IPPROTO_TCP, TCP_LINGER2, limits.linger);
  if (limits.reset_at_end) {
    const linger now{1, 0};
    static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  }
  if (limits.keepalive)
    static_cast<void>(set_keepalive(fd, true, limits.keepalive_idle, limits.keepalive_interval, limits.keepalive_count));
}

}  // namespace

Descriptor open_listener(const sip::Address& address, bool reuse_port, const StreamLimits& limits) {
  const bool v6 = address.family == 6;
  Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  static_cast<void>(setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return Descriptor();
  if (v6 && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return Descriptor();
  set_ip_options(fd.get(), v6, false, limits.ip);        // accepted connections have them, too
  if (limits.defer_accept > 0)
    static_cast<void>(setsockopt(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &limits.defer_accept, sizeof limits.defer_accept));
  sockaddr_storage to{};
  const socklen_t length = to_sockaddr(address, to);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), length) != 0 || ::listen(fd.get(), limits.backlog) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
  }
  return fd;
}

void StreamTransport::Impl::wait_connection(const std::shared_ptr<Listener>& listener) {
  listener->descriptor.async_wait(StreamDescriptor::wait_read, [self = shared_from_this(), listener](const error_code& error) {
    if (!error && !self->shut) self->accept(listener);
  });
}

void StreamTransport::Impl::accept(const std::shared_ptr<Listener>& listener) {
  for (int i = 0; i < kAccepts; ++i) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    Descriptor fd(::accept4(listener->descriptor.native_handle(), reinterpret_cast<sockaddr*>(&from), &length,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const int error = errno;
      if (would_block(error)) break;
      if (error == EINTR || error == ECONNABORTED) continue;
      // Out of descriptors or memory: wait until some are free again, else this would spin.
      note(true, std::string("accepting a connection: ") + std::strerror(error));
      pause.expires_after(std::chrono::milliseconds(100));
      pause.async_wait([self = shared_from_this(), listener](const error_code& stopped) {
        if (!stopped && !self->shut) self->wait_connection(listener);
      });
      return;
    }
    set_stream_options(fd.get(), limits);
    const auto connection = adopt(std::move(fd), {listener->protocol, false, listener->socket, from_sockaddr(from), 0}, false);
    if (connection) wait_readable(connection);
  }
  wait_connection(listener);
}

/// A new connection; null when there are too many, or when no layer can be made.
StreamTransport::Impl::Shared StreamTransport::Impl::adopt(Descriptor fd, const StreamStart& start, bool pending) {
  const bool secure = start.protocol == sip::Protocol::Tls;
  std::unique_ptr<StreamLayer> layer;
  const auto now = Steady::now();
  const char* limit = nullptr;
  const StreamPeer peer{start.peer, start.protocol};
  const std::uint32_t id = directory.open(worker, peer, !start.connecting, limits, limit);
  if (id == 0) {
    if (now - noted_full > std::chrono::seconds(1)) {
      note(true, "no more connections by " + std::string(limit) + ": " + print_peer(start.peer) + " refused");
      noted_full = now;
    }
    return nullptr;
  }
  if (secure) {
    std::string why = "no module offers TLS";
    if (events.make_layer != nullptr) layer = events.make_layer(events.owner, start, why);
    if (!layer) {
      directory.close(id, peer, !start.connecting);
      note(true, "no TLS with " + print_peer(start.peer) + ": " + why);
      return nullptr;
    }
  }
  auto connection = std::make_shared<Connection>(io, fd.release(), limits);
  connection->id = id;
  connection->socket = start.socket;
  connection->peer = peer;
  connection->accepted = !start.connecting;
  connection->connecting = pending;
  connection->begun = connection->active = connection->write_since = now;
  connection->lifetime = layer && layer->lifetime_ms > 0 ? StreamLimits::Time(layer->lifetime_ms) : limits.lifetime;
  if (layer) connection->layers.push_back(std::move(layer));
  if (limits.proxy_header && !start.connecting) connection->head = std::make_unique<std::string>();
  connections[id] = connection;
  if (!sweeping) wait_sweep();
  return connection;
}

StreamTransport::Impl::Shared StreamTransport::Impl::connect(const StreamDeparture& departure) {
  const bool v6 = departure.to.family == 6;
  if (departure.protocol != sip::Protocol::Tcp && departure.protocol != sip::Protocol::Tls) {
    note(true, "no connection to " + print_peer(departure.to) + " over " + std::string(sip::name_of(departure.protocol).view()) +
                   ": only clients begin such");
    return nullptr;
  }
  Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto failed = [&](const char* what) {
    note(true, std::string(what) + " " + print_peer(departure.to) + ": " + std::strerror(errno));
    return Shared();
  };
  if (!fd) return failed("socket for");
  set_stream_options(fd.get(), limits);
  set_ip_options(fd.get(), v6, false, limits.ip);
  sockaddr_storage address{};
  const sip::Address& own_source = v6 ? limits.source_v6 : limits.source_v4;
  const sip::Address& source = own_source.family != 0 ? own_source : departure.local;
  if (source.family == departure.to.family) {
    // From the IP that the script sends from; the port is the kernel's choice.
    const int on = 1;
    if (!v6) static_cast<void>(setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
    sip::Address local = source;
    local.port = 0;
    const auto bind = [&] { return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), to_sockaddr(local, address)) == 0; };
    bool bound = false;
    if (limits.reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
        setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) {
      local.port = departure.local.port;
      bound = bind();
      if (!bound) local.port = 0;                  // there is a connection from that port to the peer already
    }
    if (!bound && !bind()) return failed("binding to reach");
  }
  const socklen_t length = to_sockaddr(departure.to, address);
  const bool pending = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0;
  if (pending && errno != EINPROGRESS) return failed("connecting to");
  const StreamStart start{departure.protocol, true, departure.socket, departure.to, departure.wish};
  Shared connection = adopt(std::move(fd), start, pending);
  if (!connection) return nullptr;
  if (pending) {
    wait_writable(connection);
  } else {
    wait_readable(connection);
  }
  return connection;
}

/// False when it did not work, and the connection is closed.
bool StreamTransport::Impl::on_connected(const Shared& connection) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(connection->descriptor.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) {
    note(true, "connecting to " + print_peer(connection->peer.address) + ": " + std::strerror(error));
    close(connection, "", StreamEndCause::Reset);
    events.on_batch_end(events.owner);
    return false;
  }
  connection->connecting = false;
  connection->active = connection->write_since = Steady::now();
  wait_readable(connection);
  return true;
}

}  // namespace strowger::net
