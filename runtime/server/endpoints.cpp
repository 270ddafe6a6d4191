// Serves control sockets: readable ones are read in worker 0's turns, answers leave at once or when the peer reads again.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/endpoints.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "runtime/script/connected_peer.h"
#include "runtime/script/worker.h"
#include "runtime/server/endpoint_open.h"

namespace strowger::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kMaxConnections = 64;        ///< of an endpoint
constexpr std::size_t kMaxWaiting = 4 * 1024 * 1024;   ///< answer bytes that a stream's peer has not read

/// Answers to the sender of one datagram.
class DatagramPeer : public EndpointPeer {
 public:
  DatagramPeer(std::shared_ptr<net::Descriptor> fd, const sockaddr_storage& to, socklen_t length) : fd_(std::move(fd)), to_(to), length_(length) {}
  void send(std::string_view bytes) override {
    // A client without an address, or one that does not read, gets nothing: control must not wait.
    if (length_ > sizeof(sa_family_t))
      ::sendto(fd_->get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to_), length_);
  }

 private:
  std::shared_ptr<net::Descriptor> fd_;
  sockaddr_storage to_;
  socklen_t length_;
};

class NoPeer : public EndpointPeer {
 public:
  void send(std::string_view) override {}
};

}  // namespace

struct Endpoints::Impl {
  struct Connection : ConnectedPeer, std::enable_shared_from_this<Connection> {
    Connection(asio::io_context& io, int fd) : descriptor(io, fd) {}
    void send(std::string_view bytes) override {
      if (closed) return;
      if (out.size() + bytes.size() > kMaxWaiting) return close();
      out.append(bytes);
      flush();
    }
    bool is_open() const override { return !closed; }
    std::pair<std::string, std::string> source() const override {
      sockaddr_storage peer{};
      socklen_t length = sizeof peer;
      char host[64], port[16];
      auto* const address = reinterpret_cast<sockaddr*>(&peer);
      if (closed || ::getpeername(fd_of(), address, &length) < 0 || peer.ss_family == AF_UNIX ||
          ::getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return {};
      return {host, port};
    }
    int fd_of() const { return const_cast<asio::posix::stream_descriptor&>(descriptor).native_handle(); }
    void flush() {
      std::size_t done = 0;
      while (done < out.size()) {
        const ssize_t sent = ::send(descriptor.native_handle(), out.data() + done, out.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return close();
        if (sent < 0) break;
        done += static_cast<std::size_t>(sent);
      }
      out.erase(0, done);
      if (out.empty() || writing) return;
      writing = true;
      descriptor.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](const error_code& error) {
        self->writing = false;
        if (!error && !self->closed) self->flush();
      });
    }
    void close() {
      closed = true;
      error_code ignored;                          // closing what is broken tells nothing new
      descriptor.close(ignored);
    }
    asio::posix::stream_descriptor descriptor;
    std::string in, out;
    bool closed = false, writing = false;
  };

  struct One {
    One(asio::io_context& io, const Endpoint& endpoint, net::Descriptor fd)
        : endpoint(endpoint), fd(std::make_shared<net::Descriptor>(std::move(fd))), descriptor(io, this->fd->get()) {}
    ~One() {
      for (auto& connection : connections) connection->close();
      descriptor.release();                        // the Descriptor's
      if (has_path(endpoint)) ::unlink(endpoint.path.c_str());
    }
    const Endpoint& endpoint;
    std::shared_ptr<net::Descriptor> fd;
    asio::posix::stream_descriptor descriptor;
    std::vector<std::shared_ptr<Connection>> connections;
    std::string in;                                ///< FIFO
  };

  Impl(asio::io_context& io, Worker& worker, std::function<void()> before, std::function<void()> after)
      : io(io), worker(worker), before(std::move(before)), after(std::move(after)) {}

  asio::io_context& io;
  Worker& worker;
  std::function<void()> before, after;
  std::vector<std::unique_ptr<One>> all;
  std::vector<char> buffer;

  void wait(One& one) {
    one.descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this, &one](const error_code& error) {
      if (error) return;
      before();
      switch (one.endpoint.kind) {
        case Endpoint::Kind::UnixDatagram:
        case Endpoint::Kind::Udp: on_datagrams(one); break;
        case Endpoint::Kind::UnixStream:
        case Endpoint::Kind::Tcp: on_connections(one); break;
        case Endpoint::Kind::Fifo: on_fifo(one); break;
      }
      after();
      wait(one);
    });
  }

  /// A few; the next turn takes the rest.
  void on_datagrams(One& one) {
    if (buffer.size() < one.endpoint.max_bytes + 1) buffer.resize(one.endpoint.max_bytes + 1);
    for (int i = 0; i < 4; ++i) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t got = ::recvfrom(one.fd->get(), buffer.data(), one.endpoint.max_bytes + 1, MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 0) return;                         // nothing more, or an error of an earlier answer
      if (static_cast<std::size_t>(got) > one.endpoint.max_bytes) {
        worker.log(LogLevel::Warn, "<core>: a control datagram is too big");
        continue;
      }
      one.endpoint.receive(worker, {buffer.data(), static_cast<std::size_t>(got)}, std::make_shared<DatagramPeer>(one.fd, from, length));
    }
  }

  void on_connections(One& one) {
    std::erase_if(one.connections, [](const auto& c) { return c->closed; });
    const int fd = ::accept4(one.fd->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (one.connections.size() >= kMaxConnections) {
      ::close(fd);
      worker.log(LogLevel::Warn, "<core>: too many control connections");
      return;
    }
    auto connection = std::make_shared<Connection>(io, fd);
    one.connections.push_back(connection);
    wait_connection(one, connection);
  }

  void wait_connection(One& one, const std::shared_ptr<Connection>& connection) {
    connection->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this, &one, connection](const error_code& error) {
      if (error || connection->closed) return;
      before();
      on_bytes(one, connection);
      after();
      if (!connection->closed) wait_connection(one, connection);
    });
  }

  void on_bytes(One& one, const std::shared_ptr<Connection>& connection) {
    char bytes[16 * 1024];
    const ssize_t got = ::recv(connection->descriptor.native_handle(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return connection->close();
    connection->in.append(bytes, static_cast<std::size_t>(got));
    const std::size_t used = one.endpoint.receive(worker, connection->in, connection);
    if (used == Endpoint::kClose) return connection->close();
    connection->in.erase(0, std::min(used, connection->in.size()));
    if (connection->in.size() > one.endpoint.max_bytes) {
      worker.log(LogLevel::Warn, "<core>: a control request is too big");
      connection->close();
    }
  }

  void on_fifo(One& one) {
    char bytes[16 * 1024];
    const ssize_t got = ::read(one.fd->get(), bytes, sizeof bytes);
    if (got <= 0) return;
    one.in.append(bytes, static_cast<std::size_t>(got));
    const std::size_t used = one.endpoint.receive(worker, one.in, std::make_shared<NoPeer>());
    one.in.erase(0, std::min(used, one.in.size()));
    if (one.in.size() > one.endpoint.max_bytes) one.in.clear();
  }
};

Endpoints::Endpoints(asio::io_context& io, Worker& worker, std::function<void()> before, std::function<void()> after)
    : impl_(std::make_unique<Impl>(io, worker, std::move(before), std::move(after))) {}
Endpoints::~Endpoints() = default;

bool Endpoints::open(const Endpoint& endpoint, std::string& why) {
  net::Descriptor fd = open_endpoint(endpoint, why);
  if (!fd) return false;
  impl_->all.push_back(std::make_unique<Impl::One>(impl_->io, endpoint, std::move(fd)));
  return true;
}

void Endpoints::start() {
  for (auto& one : impl_->all) impl_->wait(*one);
}

}  // namespace strowger::server
