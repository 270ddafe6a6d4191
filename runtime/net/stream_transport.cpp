// TCP connections of one worker on Asio. Every connection is bounded: message size, write queue, idle time, and in number.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/net/owner.h"
#include "runtime/net/stream_framer.h"

namespace strowger::net {

namespace asio = boost::asio;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

namespace {

constexpr int kReads = 4;              ///< pieces that a connection gets read before others have their turn
constexpr int kAccepts = 64;

std::string print_peer(const sip::Address& address) {
  char ip[64];
  return std::string(ip, sip::print_ip_bracketed(address, ip)) + ":" + std::to_string(address.port);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

void set_stream_options(int fd, const StreamLimits& limits) {
  const int on = 1;
  static_cast<void>(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  if (!limits.keepalive) return;
  static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
  const auto set = [fd](int option, int value) {
    if (value > 0) static_cast<void>(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value));
  };
  set(TCP_KEEPIDLE, limits.keepalive_idle);
  set(TCP_KEEPINTVL, limits.keepalive_interval);
  set(TCP_KEEPCNT, limits.keepalive_count);
}

std::string_view fault_text(StreamFramer::Event event) {
  switch (event) {
    case StreamFramer::Event::TooLong: return "a message is too long";
    case StreamFramer::Event::NoLength: return "a message without Content-Length";
    case StreamFramer::Event::BadLength: return "a message with a bad Content-Length";
    default: return "";
  }
}

}  // namespace

Descriptor open_listener(const sip::Address& address, bool reuse_port) {
  const bool v6 = address.family == 6;
  Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  static_cast<void>(setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return Descriptor();
  if (v6 && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return Descriptor();
  sockaddr_storage to{};
  const socklen_t length = to_sockaddr(address, to);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), length) != 0 || ::listen(fd.get(), 1024) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
  }
  return fd;
}

struct StreamTransport::Impl : std::enable_shared_from_this<StreamTransport::Impl> {
  Impl(asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits, std::uint32_t worker, Events events)
      : io(io), directory(directory), limits(limits), worker(worker), events(events), sweep(io), pause(io) {}

  struct Connection {
    Connection(asio::io_context& io, int fd, const StreamLimits& limits)
        : descriptor(io, fd), framer(limits.message, limits.accept_without_length) {}
    std::uint32_t id = 0;
    std::uint16_t socket = 0;
    sip::Address peer;
    asio::posix::stream_descriptor descriptor;
    StreamFramer framer;
    std::string queue;                 ///< bytes to be written, from `written` on
    std::size_t written = 0;
    struct Mark { std::size_t end; std::uint64_t cookie; std::uint16_t origin; };
    std::deque<Mark> marks;            ///< whose bytes in the queue somebody asks about, by where they end
    bool connecting = false, waits_to_write = false, close_when_written = false, closed = false;
    Steady::time_point active, message_since, write_since;   ///< the last two count while something is under way
    bool in_message = false;
  };
  using Shared = std::shared_ptr<Connection>;

  struct Listener {
    Listener(asio::io_context& io, std::uint16_t socket, int fd) : socket(socket), descriptor(io, fd) {}
    std::uint16_t socket;
    asio::posix::stream_descriptor descriptor;
  };

  asio::io_context& io;
  StreamDirectory& directory;
  StreamLimits limits;
  std::uint32_t worker;
  Events events;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::unordered_map<std::uint32_t, Shared> connections;
  asio::steady_timer sweep, pause;
  bool sweeping = false, shut = false;
  Steady::time_point noted_full;

  void note(bool error, const std::string& text) { events.on_note(events.owner, error, text); }

  // ---- accepting ---------------------------------------------------------------------------------------------------

  void wait_connection(const std::shared_ptr<Listener>& listener) {
    listener->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                    [self = shared_from_this(), listener](const error_code& error) {
                                      if (!error && !self->shut) self->accept(listener);
                                    });
  }

  void accept(const std::shared_ptr<Listener>& listener) {
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
      adopt(std::move(fd), from_sockaddr(from), listener->socket, false);
    }
    wait_connection(listener);
  }

  /// A new connection; null when there are too many.
  Shared adopt(Descriptor fd, const sip::Address& peer, std::uint16_t socket, bool connecting) {
    const std::uint32_t id = directory.open(worker, peer, limits.connections);
    const auto now = Steady::now();
    if (id == 0) {
      if (now - noted_full > std::chrono::seconds(1)) {
        note(true, "no more than " + std::to_string(limits.connections) + " connections: " + print_peer(peer) + " refused");
        noted_full = now;
      }
      return nullptr;
    }
    auto connection = std::make_shared<Connection>(io, fd.release(), limits);
    connection->id = id;
    connection->socket = socket;
    connection->peer = peer;
    connection->connecting = connecting;
    connection->active = connection->write_since = now;
    connections[id] = connection;
    if (!sweeping) wait_sweep();
    if (!connecting) wait_readable(connection);
    return connection;
  }

  // ---- reading -----------------------------------------------------------------------------------------------------

  void wait_readable(const Shared& connection) {
    connection->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                      [self = shared_from_this(), connection](const error_code& error) {
                                        if (!error && !connection->closed) self->on_readable(connection);
                                      });
  }

  void on_readable(const Shared& connection) {
    bool got_messages = false, ended = false;
    std::string why;
    for (int i = 0; i < kReads && !ended && !connection->closed; ++i) {
      std::size_t room = 0;
      char* to = connection->framer.space(room);
      const ssize_t count = ::recv(connection->descriptor.native_handle(), to, room, MSG_DONTWAIT);
      if (count < 0) {
        if (errno == EINTR) continue;
        if (would_block(errno)) break;
        why = std::strerror(errno);
        ended = true;
        break;
      }
      if (count == 0) {
        ended = true;
        break;
      }
      connection->framer.commit(static_cast<std::size_t>(count));
      connection->active = Steady::now();
      ended = !take_messages(connection, got_messages);
    }
    connection->in_message = connection->in_message && connection->framer.inside_message();
    if (!connection->in_message && connection->framer.inside_message()) {
      connection->in_message = true;
      connection->message_since = Steady::now();
    }
    // Answers go out before an end of the stream is acted upon.
    if (got_messages) events.on_batch_end(events.owner);
    if (connection->closed) return;
    if (ended) {
      close(connection, why);
      events.on_batch_end(events.owner);
    } else {
      wait_readable(connection);
    }
  }

  /// False when the stream cannot be followed any further.
  bool take_messages(const Shared& connection, bool& got_messages) {
    for (;;) {
      Text message;
      const StreamFramer::Event event = connection->framer.next(message);
      switch (event) {
        case StreamFramer::Event::More: return true;
        case StreamFramer::Event::Message:
          connection->in_message = false;
          got_messages = true;
          if (limits.accept_aliases) take_alias(*connection, message);
          events.on_message(events.owner, message, connection->peer, connection->socket, connection->id);
          break;
        case StreamFramer::Event::Ping:
          if (limits.crlf_ping) write(connection, "\r\n", 0, 0);
          break;
        default:
          note(true, "connection from " + print_peer(connection->peer) + " closed: " + std::string(fault_text(event)));
          return false;
      }
      if (connection->closed) return true;
    }
  }

  /// RFC 5923 §4: with `alias` in the top Via, the peer can also be reached by the port of that Via over this connection.
  void take_alias(const Connection& connection, Text message) {
    if (message.view().starts_with("SIP/2.0 ")) return;
    if (const auto port = find_alias_port(message)) {
      sip::Address alias = connection.peer;
      alias.port = *port;
      directory.add_alias(connection.id, alias);
    }
  }

  // ---- writing -----------------------------------------------------------------------------------------------------

  void failed(std::uint16_t origin, std::uint64_t cookie) {
    if (cookie != 0 && !shut) events.on_failed(events.owner, origin, cookie);
  }

  void write(const Shared& connection, Text bytes, std::uint64_t cookie, std::uint16_t origin) {
    if (connection->closed) return failed(origin, cookie);
    connection->active = Steady::now();
    if (!connection->connecting && connection->queue.empty()) {
      while (bytes.len > 0) {
        const ssize_t count = ::send(connection->descriptor.native_handle(), bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && would_block(errno)) break;
        if (count < 0) {
          close(connection, std::strerror(errno));
          return failed(origin, cookie);
        }
        bytes.ptr += count;
        bytes.len -= static_cast<std::size_t>(count);
      }
      if (bytes.len == 0) return;
      connection->write_since = Steady::now();
    }
    if (connection->queue.size() - connection->written + bytes.len > limits.write_queue ||
        !directory.queue(bytes.len, limits.write_queues)) {
      note(true, "connection to " + print_peer(connection->peer) + " closed: it does not read, " +
                     std::to_string(connection->queue.size() - connection->written) + " bytes wait");
      close(connection, "");
      return failed(origin, cookie);
    }
    connection->queue.append(bytes.ptr, bytes.len);
    if (cookie != 0) connection->marks.push_back({connection->queue.size(), cookie, origin});
    wait_writable(connection);
  }

  void wait_writable(const Shared& connection) {
    if (connection->waits_to_write) return;
    connection->waits_to_write = true;
    connection->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                      [self = shared_from_this(), connection](const error_code& error) {
                                        connection->waits_to_write = false;
                                        if (!error && !connection->closed) self->on_writable(connection);
                                      });
  }

  void on_writable(const Shared& connection) {
    if (connection->connecting) {
      int error = 0;
      socklen_t length = sizeof error;
      if (getsockopt(connection->descriptor.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
      if (error != 0) {
        note(true, "connecting to " + print_peer(connection->peer) + ": " + std::strerror(error));
        close(connection, "");
        events.on_batch_end(events.owner);
        return;
      }
      connection->connecting = false;
      connection->active = connection->write_since = Steady::now();
      wait_readable(connection);
    }
    while (connection->written < connection->queue.size()) {
      const ssize_t count = ::send(connection->descriptor.native_handle(), connection->queue.data() + connection->written,
                                   connection->queue.size() - connection->written, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && would_block(errno)) {
        wait_writable(connection);
        return;
      }
      if (count < 0) {
        close(connection, std::strerror(errno));
        events.on_batch_end(events.owner);
        return;
      }
      connection->written += static_cast<std::size_t>(count);
      while (!connection->marks.empty() && connection->marks.front().end <= connection->written) connection->marks.pop_front();
      connection->active = connection->write_since = Steady::now();
    }
    directory.unqueue(connection->queue.size());
    connection->queue.clear();
    connection->queue.shrink_to_fit();
    connection->written = 0;
    if (connection->close_when_written) close(connection, "");
  }

  bool send(const StreamDeparture& departure, Text bytes) {
    Shared connection;
    if (departure.connection != 0)
      if (const auto found = connections.find(departure.connection); found != connections.end()) connection = found->second;
    if (!connection)
      if (const std::uint32_t id = directory.find(departure.to); id != 0)
        if (const auto found = connections.find(id); found != connections.end()) connection = found->second;
    if (!connection) {
      if (!departure.only_existing && limits.connect) connection = connect(departure);
      if (!connection) {
        failed(departure.origin, departure.cookie);
        return false;
      }
    }
    write(connection, bytes, departure.cookie, departure.origin);
    if (departure.close_after && !connection->closed) {
      if (connection->queue.empty()) {
        close(connection, "");
      } else {
        connection->close_when_written = true;
      }
    }
    return true;
  }

  Shared connect(const StreamDeparture& departure) {
    const bool v6 = departure.to.family == 6;
    Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto failed = [&](const char* what) {
      note(true, std::string(what) + " " + print_peer(departure.to) + ": " + std::strerror(errno));
      return Shared();
    };
    if (!fd) return failed("socket for");
    set_stream_options(fd.get(), limits);
    sockaddr_storage address{};
    if (departure.local.family == departure.to.family) {
      // From the IP that the script sends from; the port is the kernel's choice.
      const int on = 1;
      if (!v6) static_cast<void>(setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
      sip::Address local = departure.local;
      local.port = 0;
      const socklen_t length = to_sockaddr(local, address);
      if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return failed("binding to reach");
    }
    const socklen_t length = to_sockaddr(departure.to, address);
    const bool pending = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0;
    if (pending && errno != EINPROGRESS) return failed("connecting to");
    Shared connection = adopt(std::move(fd), departure.to, departure.socket, pending);
    if (connection && pending) wait_writable(connection);
    return connection;
  }

  // ---- ends --------------------------------------------------------------------------------------------------------

  void close(const Shared& connection, const std::string& why) {
    if (connection->closed) return;
    connection->closed = true;
    if (!why.empty()) note(false, "connection with " + print_peer(connection->peer) + ": " + why);
    error_code ignored;
    ::shutdown(connection->descriptor.native_handle(), SHUT_WR);
    connection->descriptor.close(ignored);
    directory.unqueue(connection->queue.size());
    directory.close(connection->id, connection->peer);
    connections.erase(connection->id);
    for (const auto& mark : connection->marks) failed(mark.origin, mark.cookie);
    connection->marks.clear();
  }

  void wait_sweep() {
    sweeping = true;
    sweep.expires_after(std::chrono::milliseconds(500));
    sweep.async_wait([self = shared_from_this()](const error_code& error) {
      self->sweeping = false;
      if (!error && !self->shut) self->on_sweep();
    });
  }

  /// Closes what is idle or stuck.
  void on_sweep() {
    const auto now = Steady::now();
    std::vector<std::pair<Shared, const char*>> ended;
    for (const auto& [id, connection] : connections) {
      const Connection& c = *connection;
      if (c.connecting && now - c.write_since > limits.connect_timeout) ended.emplace_back(connection, "not connected in time");
      else if (!c.connecting && !c.queue.empty() && now - c.write_since > limits.send_timeout) ended.emplace_back(connection, "does not read");
      else if (c.in_message && now - c.message_since > limits.read_timeout) ended.emplace_back(connection, "a message did not end in time");
      else if (now - c.active > limits.lifetime) ended.emplace_back(connection, "idle");
    }
    for (const auto& [connection, why] : ended) close(connection, why);
    if (!ended.empty()) events.on_batch_end(events.owner);
    if (!connections.empty()) wait_sweep();
  }

  void shut_down() {
    shut = true;
    error_code ignored;
    for (const auto& listener : listeners) listener->descriptor.close(ignored);
    listeners.clear();
    std::vector<Shared> all;
    for (const auto& [id, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) close(connection, "");
    sweep.cancel();
    pause.cancel();
  }
};

StreamTransport::StreamTransport(asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits,
                                 std::uint32_t worker, Events events)
    : impl_(std::make_shared<Impl>(io, directory, limits, worker, events)) {}

StreamTransport::~StreamTransport() { shut(); }

void StreamTransport::add_listener(std::uint16_t socket, Descriptor fd) {
  impl_->listeners.push_back(std::make_shared<Impl::Listener>(impl_->io, socket, fd.release()));
  impl_->wait_connection(impl_->listeners.back());
}

bool StreamTransport::send(const StreamDeparture& departure, Text bytes) { return impl_->send(departure, bytes); }
void StreamTransport::shut() {
  if (!impl_->shut) impl_->shut_down();
}
std::size_t StreamTransport::connections() const { return impl_->connections.size(); }

}  // namespace strowger::net
