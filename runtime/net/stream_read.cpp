// Reading: from the descriptor through the layers to whole messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <boost/asio/post.hpp>

#include "runtime/net/owner.h"
#include "runtime/net/proxy_protocol.h"
#include "runtime/net/stream_impl.h"

namespace strowger::net {
namespace {

constexpr int kReads = 4;                  ///< pieces that a connection gets read before others have their turn
constexpr std::size_t kPiece = 16384;      ///< for a layer: a TLS record
constexpr std::size_t kLayers = 4;         ///< on one connection

std::string_view fault_text(StreamFramer::Event event) {
  switch (event) {
    case StreamFramer::Event::TooLong: return "a message is too long";
    case StreamFramer::Event::NoLength: return "a message without Content-Length";
    case StreamFramer::Event::BadLength: return "a message with a bad Content-Length";
    case StreamFramer::Event::Encoded: return "HTTP with a Transfer-Encoding, which is not supported";
    default: return "";
  }
}

}  // namespace

void StreamTransport::Impl::wait_readable(const Shared& connection) {
  connection->descriptor.async_wait(StreamDescriptor::wait_read, [self = shared_from_this(), connection](const error_code& error) {
    if (!error && !connection->closed) self->on_readable(connection);
  });
}

void StreamTransport::Impl::on_readable(const Shared& connection) {
  bool got_messages = false, ended = false;
  StreamEndCause cause = StreamEndCause::Closed;
  std::string why;
  being_read = connection.get();
  for (int i = 0; i < kReads && !ended && !connection->closed && !connection->held; ++i) {
    const bool plain = connection->layers.empty() && !connection->head;
    std::size_t room = kPiece;
    char* to = nullptr;
    if (plain) {
      connection->framer.lend(spare);
      to = connection->framer.space(room);
    } else {
      if (wire.empty()) wire.resize(kPiece);
      to = wire.data();
    }
    const ssize_t count = ::recv(connection->descriptor.native_handle(), to, room, MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (would_block(errno)) break;
      why = std::strerror(errno);
      if (errno == ECONNRESET) cause = StreamEndCause::Reset;
      ended = true;
      break;
    }
    if (count == 0) {
      ended = true;
      break;
    }
    connection->active = Steady::now();
    if (plain) {
      connection->framer.commit(static_cast<std::size_t>(count));
      ended = !take_messages(connection, got_messages) || !feed_fresh_layer(connection, {}, got_messages);
    } else if (connection->head) {
      ended = !take_head(connection, {to, static_cast<std::size_t>(count)}, got_messages);
    } else {
      ended = !rise(connection, 0, {to, static_cast<std::size_t>(count)}, got_messages);
    }
    if (static_cast<std::size_t>(count) < room) break;   // there is no more, or the next wait tells
  }
  end_reading(connection, got_messages, ended, why, cause);
}

/// The end of a turn: closes, waits for more, or leaves it for when the connection may be read again.
void StreamTransport::Impl::end_reading(const Shared& connection, bool got_messages, bool ended, const std::string& why,
                                        StreamEndCause cause) {
  being_read = nullptr;
  after_reading(*connection, got_messages);
  go_on_finishing(connection);
  if (connection->closed) return;
  if (ended) {
    close(connection, why, cause);
    events.on_batch_end(events.owner);
  } else if (connection->unwritten() > limits.write_queue / 2) {
    connection->paused = true;                     // who does not read our answers gets no more of them: on_writable()
  } else if (!connection->held) {
    wait_readable(connection);
  }
}

void StreamTransport::Impl::hold(const Shared& connection, bool on) {
  if (std::exchange(connection->held, on) == on || on || being_read == connection.get()) return;
  asio::post(io, [self = shared_from_this(), connection] {
    if (!connection->closed && !connection->held) self->go_on_reading(connection);
  });
}

/// After hold(): first what is there already.
void StreamTransport::Impl::go_on_reading(const Shared& connection) {
  bool got_messages = false;
  connection->paused = false;
  being_read = connection.get();
  connection->framer.lend(spare);
  const bool open = take_messages(connection, got_messages) && feed_fresh_layer(connection, {}, got_messages);
  end_reading(connection, got_messages, !open, "", StreamEndCause::Closed);
}

/// What a turn of reading leaves: answers go out, and the memory that was lent comes back.
void StreamTransport::Impl::after_reading(Connection& connection, bool got_messages) {
  connection.framer.settle(spare);
  const bool inside = !connection.held && connection.inside_message();
  if (inside && !connection.in_message) connection.message_since = Steady::now();
  connection.in_message = inside;
  if (got_messages) events.on_batch_end(events.owner);
}

/// First bytes, which may be a PROXY header; what is behind it goes up. False when the stream is to be closed.
bool StreamTransport::Impl::take_head(const Shared& connection, Text bytes, bool& got_messages) {
  connection->head->append(bytes.view());
  const ProxyHeader header = read_proxy_header(Text(std::string_view(*connection->head)));
  if (header.kind == ProxyHeader::Kind::More) return true;
  const std::unique_ptr<std::string> head = std::move(connection->head);
  if (header.kind == ProxyHeader::Kind::Bad) {
    note(true, "connection from " + print_peer(connection->peer.address) + " closed: a bad PROXY header");
    return false;
  }
  if (header.kind == ProxyHeader::Kind::Client) {
    const StreamPeer client{header.source, connection->peer.protocol};
    if (!directory.move(connection->id, connection->peer, client, limits)) {
      note(true, "no more connections by tcp_accept_iplimit: " + print_peer(header.source) + " refused");
      return false;
    }
    connection->peer = client;
  }
  const Text rest(head->data() + header.length, head->size() - header.length);
  return rest.len == 0 || (rise(connection, 0, rest, got_messages) && feed_fresh_layer(connection, {}, got_messages));
}

/// Bytes from below layer `from`, up through the stack and on. False when the stream is to be closed.
bool StreamTransport::Impl::rise(const Shared& connection, std::size_t from, Text bytes, bool& got_messages) {
  StreamLayer::State state = StreamLayer::State::Open;
  for (std::size_t i = from; i < connection->layers.size(); ++i) {
    StreamLayer& layer = *connection->layers[i];
    const bool messages = layer.keeps_messages();
    do {
      rising.clear();
      sunk.clear();
      state = layer.receive(bytes, rising, sunk);
      if (!sunk.empty() && !sink(connection, i, Text(std::string_view(sunk)))) return true;   // closed
      if (messages && !rising.empty()) hand_over(connection, Text(std::string_view(rising)), got_messages);
      if (connection->closed) return true;
      bytes = Text("");
    } while (messages && !rising.empty() && state == StreamLayer::State::Open);
    after_layer(*connection, layer);
    if (state == StreamLayer::State::Failed) {
      note(true, "connection with " + print_peer(connection->peer.address) + " closed: " + layer.fault);
      return false;
    }
    if (messages) return state == StreamLayer::State::Open;
    std::swap(risen, rising);
    bytes = Text(std::string_view(risen));
    if (state != StreamLayer::State::Open) break;
    if (bytes.len == 0) return true;
  }
  return deliver(connection, bytes, got_messages) && state == StreamLayer::State::Open;
}

/// What a layer's new state changes: facts that are known now, and whose bytes have left it.
void StreamTransport::Impl::after_layer(Connection& connection, const StreamLayer& layer) {
  if (!connection.has_facts) {
    if (auto facts = layer.facts()) {
      directory.set_facts(connection.id, std::move(facts));
      connection.has_facts = true;
    }
  }
  if (connection.marks.empty() || connection.marks.back().end != Connection::kInLayer || connection.layer_holds()) return;
  if (connection.unwritten() == 0) return connection.marks.clear();
  for (auto& mark : connection.marks)
    if (mark.end == Connection::kInLayer) mark.end = connection.queue.size();
}

/// Plain bytes of the topmost layer into the framer.
bool StreamTransport::Impl::deliver(const Shared& connection, Text bytes, bool& got_messages) {
  connection->framer.lend(spare);
  while (bytes.len > 0) {
    std::size_t room = 0;
    char* to = connection->framer.space(room);
    const std::size_t count = std::min(room, bytes.len);
    std::memcpy(to, bytes.ptr, count);
    connection->framer.commit(count);
    bytes = {bytes.ptr + count, bytes.len - count};
    if (!take_messages(connection, got_messages)) return false;
    if (connection->closed) return true;
    if (connection->fresh_layer) return feed_fresh_layer(connection, bytes, got_messages);
  }
  return true;
}

/// False when the stream cannot be followed any further.
bool StreamTransport::Impl::take_messages(const Shared& connection, bool& got_messages) {
  while (!connection->held) {
    Text message;
    const StreamFramer::Event event = connection->framer.next(message);
    switch (event) {
      case StreamFramer::Event::More: return true;
      case StreamFramer::Event::Message: hand_over(connection, message, got_messages); break;
      case StreamFramer::Event::Ping:
        if (limits.crlf_ping) write(connection, "\r\n", 0, 0);
        break;
      default:
        note(true, "connection from " + print_peer(connection->peer.address) + " closed: " + std::string(fault_text(event)));
        return false;
    }
    if (connection->closed || connection->fresh_layer) return true;
  }
  return true;
}

void StreamTransport::Impl::hand_over(const Shared& connection, Text message, bool& got_messages) {
  connection->in_message = false;
  got_messages = true;
  if (limits.accept_aliases) take_alias(*connection, message);
  events.on_message(events.owner, {message, connection->peer.address, connection->peer.protocol, connection->socket, connection->id});
}

/// RFC 5923 §4: with `alias` in the top Via, the peer can also be reached by the port of that Via over this connection.
void StreamTransport::Impl::take_alias(const Connection& connection, Text message) {
  if (message.view().starts_with("SIP/2.0 ")) return;
  if (const auto port = find_alias_port(message)) {
    StreamPeer alias = connection.peer;
    alias.address.port = *port;
    directory.add_alias(connection.id, alias);
  }
}

/// A layer that was put on while messages were cut gets what is behind the message that caused it, and `more`.
bool StreamTransport::Impl::feed_fresh_layer(const Shared& connection, Text more, bool& got_messages) {
  if (!connection->fresh_layer || connection->closed) return true;
  connection->fresh_layer = false;
  std::string rest(connection->framer.rest().view());
  rest.append(more.view());
  connection->framer.forget();
  return rest.empty() || rise(connection, connection->layers.size() - 1, Text(std::string_view(rest)), got_messages);
}

bool StreamTransport::Impl::put_layer(const Shared& connection, std::unique_ptr<StreamLayer> layer, const Socket& socket, Text first) {
  if (connection->closed || connection->layers.size() >= kLayers) return false;
  if (first.len > 0) write(connection, first, 0, 0);
  if (connection->closed) return false;
  if (socket.protocol != connection->peer.protocol) {
    directory.change(connection->id, connection->peer, socket.protocol);
    connection->peer.protocol = socket.protocol;
  }
  connection->socket = socket.id;
  connection->layers.push_back(std::move(layer));
  connection->fresh_layer = true;
  if (being_read == connection.get()) return true;   // fed when its message has been handled
  asio::post(io, [self = shared_from_this(), connection] {
    bool got_messages = false;
    const bool open = self->feed_fresh_layer(connection, {}, got_messages);
    self->after_reading(*connection, got_messages);
    if (!open) self->close(connection, "");
  });
  return true;
}

}  // namespace strowger::net
