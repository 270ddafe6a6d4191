// How connections end: in order, broken, idle or stuck; and what is said of them before.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/socket.h>

#include <utility>

#include <boost/asio/post.hpp>

#include "runtime/net/stream_impl.h"

namespace strowger::net {

/// Closes in order, once everything is written.
void StreamTransport::Impl::finish(const Shared& connection) {
  connection->closing = true;
  go_on_finishing(connection);
}

void StreamTransport::Impl::go_on_finishing(const Shared& connection) {
  if (!connection->closing || connection->closed || connection->connecting || connection->layer_holds()) return;
  if (!connection->layers_finished) {
    connection->layers_finished = true;
    for (std::size_t i = connection->layers.size(); i-- > 0;) {
      sunk.clear();
      connection->layers[i]->finish(sunk);
      if (!sunk.empty() && !sink(connection, i, Text(std::string_view(sunk)))) return;
    }
  }
  if (connection->unwritten() == 0) close(connection, "");
}

/// Closes now. What waits is lost, and whoever asked for it is told.
void StreamTransport::Impl::close(const Shared& connection, const std::string& why, StreamEndCause cause) {
  if (connection->closed) return;
  connection->closed = true;
  if (!why.empty()) note(false, "connection with " + print_peer(connection->peer.address) + ": " + why);
  if (events.on_ended != nullptr && !shut) {
    if (ends.empty()) asio::post(io, [self = shared_from_this()] { self->tell_ends(); });
    ends.push_back({info(*connection), cause});
  }
  error_code ignored;
  ::shutdown(connection->descriptor.native_handle(), SHUT_WR);
  connection->descriptor.close(ignored);
  directory.unqueue(connection->queue.size());
  directory.close(connection->id, connection->peer, connection->accepted);
  connections.erase(connection->id);
  for (const auto& mark : std::exchange(connection->marks, {})) failed(mark.origin, mark.cookie);
}

void StreamTransport::Impl::tell_ends() {
  if (shut) return;
  for (const StreamEnd& end : std::exchange(ends, {})) events.on_ended(events.owner, end);
  events.on_batch_end(events.owner);
}

void StreamTransport::Impl::wait_sweep() {
  sweeping = true;
  sweep.expires_after(std::chrono::milliseconds(500));
  sweep.async_wait([self = shared_from_this()](const error_code& error) {
    self->sweeping = false;
    if (!error && !self->shut) self->on_sweep();
  });
}

/// Closes what is idle or stuck.
void StreamTransport::Impl::on_sweep() {
  const auto now = Steady::now();
  std::vector<std::pair<Shared, std::string>> stuck;
  std::vector<Shared> idle;
  for (const auto& [id, connection] : connections) {
    const Connection& c = *connection;
    if (c.connecting && now - c.write_since > limits.connect_timeout) stuck.emplace_back(connection, "not connected in time");
    else if (!c.connecting && !c.queue.empty() && now - c.write_since > limits.send_timeout) {
      stuck.emplace_back(connection, "");
      note(true, "connection with " + print_peer(c.peer.address) + " closed: " + std::to_string(c.unwritten()) + " bytes wait and it does not read");
    }
    else if (c.in_message && now - c.message_since > limits.read_timeout) stuck.emplace_back(connection, "a message did not end in time");
    else if (!c.layers.empty() && now - c.begun > limits.handshake_timeout && !c.ready()) stuck.emplace_back(connection, "no handshake in time");
    else if (now - c.active > c.lifetime) idle.push_back(connection);
  }
  for (const auto& [connection, why] : stuck) close(connection, why, StreamEndCause::TimedOut);
  for (const auto& connection : idle) {
    note(false, "connection with " + print_peer(connection->peer.address) + ": idle");
    finish(connection);
  }
  if (!stuck.empty()) events.on_batch_end(events.owner);
  if (!connections.empty()) wait_sweep();
}

void StreamTransport::Impl::shut_down() {
  shut = true;
  error_code ignored;
  for (const auto& listener : listeners) listener->descriptor.close(ignored);
  listeners.clear();
  std::vector<Shared> all;
  for (const auto& [id, connection] : connections) all.push_back(connection);
  for (const auto& connection : all) {
    finish(connection);
    close(connection, "");
  }
  sweep.cancel();
  pause.cancel();
}

StreamInfo StreamTransport::Impl::info(const Connection& connection) const {
  StreamInfo out;
  out.id = connection.id;
  out.worker = worker;
  out.peer = connection.peer.address;
  out.protocol = connection.peer.protocol;
  out.socket = connection.socket;
  out.connecting = connection.connecting;
  out.accepted = connection.accepted;
  out.ready = connection.ready();
  out.queued = connection.unwritten();
  out.idle_ms = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - connection.active).count();
  out.lifetime_ms = connection.lifetime.count();
  if (connection.has_facts) out.facts = directory.facts(connection.id);
  return out;
}

}  // namespace strowger::net
