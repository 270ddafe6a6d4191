// Writing: through the layers to the descriptor, or to the queue while the peer does not read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/net/stream_impl.h"

namespace strowger::net {

void StreamTransport::Impl::failed(std::uint16_t origin, std::uint64_t cookie) {
  if (cookie != 0 && !shut) events.on_failed(events.owner, origin, cookie);
}

bool StreamTransport::Impl::send(const StreamDeparture& departure, Text bytes) {
  Shared connection;
  if (departure.connection != 0)
    if (const auto found = connections.find(departure.connection); found != connections.end()) connection = found->second;
  if (!connection)
    if (const std::uint32_t id = directory.find({departure.to, departure.protocol}); id != 0)
      if (const auto found = connections.find(id); found != connections.end()) connection = found->second;
  if (!connection) {
    if (!departure.only_existing && limits.connect) connection = connect(departure);
    if (!connection) {
      failed(departure.origin, departure.cookie);
      return false;
    }
  }
  if (bytes.len > 0 || !departure.close_after) write(connection, bytes, departure.cookie, departure.origin);
  if (departure.close_after && !connection->closed) finish(connection);
  return true;
}

/// A message for the peer, whatever lies between.
void StreamTransport::Impl::write(const Shared& connection, Text bytes, std::uint64_t cookie, std::uint16_t origin) {
  if (connection->closed) return failed(origin, cookie);
  connection->active = Steady::now();
  if (connection->layers.empty()) return static_cast<void>(write_wire(connection, bytes, cookie, origin));
  if (!sink(connection, connection->layers.size(), bytes)) return failed(origin, cookie);
  if (cookie == 0) return;
  if (connection->layer_holds()) {
    connection->marks.push_back({Connection::kInLayer, cookie, origin});
  } else if (connection->unwritten() > 0) {
    connection->marks.push_back({connection->queue.size(), cookie, origin});
  }
}

/// Down through the layers beneath layer `below` to the wire. False when the connection was closed over it. `bytes` may be `sunk`.
bool StreamTransport::Impl::sink(const Shared& connection, std::size_t below, Text bytes) {
  while (below-- > 0) {
    StreamLayer& layer = *connection->layers[below];
    std::string& down = sinking[below % 2];
    down.clear();
    const StreamLayer::State state = layer.send(bytes, down);
    bytes = Text(std::string_view(down));
    if (state == StreamLayer::State::Open) continue;
    if (state == StreamLayer::State::Failed)
      note(true, "connection with " + print_peer(connection->peer.address) + " closed: " + layer.fault);
    close(connection, "");
    return false;
  }
  return bytes.len == 0 || write_wire(connection, bytes, 0, 0);
}

/// False (and on_failed()) when the connection was closed over it.
bool StreamTransport::Impl::write_wire(const Shared& connection, Text bytes, std::uint64_t cookie, std::uint16_t origin) {
  if (!connection->connecting && connection->queue.empty()) {
    while (bytes.len > 0) {
      const ssize_t count = ::send(connection->descriptor.native_handle(), bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && would_block(errno)) break;
      if (count < 0) {
        close(connection, std::strerror(errno), StreamEndCause::Reset);
        failed(origin, cookie);
        return false;
      }
      bytes.ptr += count;
      bytes.len -= static_cast<std::size_t>(count);
    }
    if (bytes.len == 0) return true;
    connection->write_since = Steady::now();
  }
  if (connection->unwritten() + bytes.len > limits.write_queue || !directory.queue(bytes.len, limits.write_queues)) {
    note(true, "connection to " + print_peer(connection->peer.address) + " closed: " +
                   std::to_string(connection->unwritten()) + " bytes wait and it does not read");
    close(connection, "", StreamEndCause::TimedOut);
    failed(origin, cookie);
    return false;
  }
  connection->queue.append(bytes.ptr, bytes.len);
  if (cookie != 0) connection->marks.push_back({connection->queue.size(), cookie, origin});
  wait_writable(connection);
  return true;
}

void StreamTransport::Impl::wait_writable(const Shared& connection) {
  if (connection->waits_to_write) return;
  connection->waits_to_write = true;
  connection->descriptor.async_wait(StreamDescriptor::wait_write, [self = shared_from_this(), connection](const error_code& error) {
    connection->waits_to_write = false;
    if (!error && !connection->closed) self->on_writable(connection);
  });
}

void StreamTransport::Impl::on_writable(const Shared& connection) {
  if (connection->connecting && !on_connected(connection)) return;
  while (connection->unwritten() > 0) {
    const ssize_t count = ::send(connection->descriptor.native_handle(), connection->queue.data() + connection->written,
                                 connection->unwritten(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && would_block(errno)) return wait_writable(connection);
    if (count < 0) {
      close(connection, std::strerror(errno), StreamEndCause::Reset);
      events.on_batch_end(events.owner);
      return;
    }
    connection->written += static_cast<std::size_t>(count);
    connection->active = connection->write_since = Steady::now();
    auto& marks = connection->marks;
    const auto waits = [&](const Connection::Mark& mark) { return mark.end > connection->written; };
    marks.erase(marks.begin(), std::find_if(marks.begin(), marks.end(), waits));
  }
  directory.unqueue(connection->queue.size());
  connection->queue = std::string();
  connection->written = 0;
  if (connection->marks.empty()) connection->marks.shrink_to_fit();
  go_on_finishing(connection);
  if (connection->closed) return;
  if (std::exchange(connection->paused, false) && !connection->held) wait_readable(connection);
}

}  // namespace strowger::net
