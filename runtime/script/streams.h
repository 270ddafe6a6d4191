// Stream connections as modules see them: what is known of one, and what may be done to it. The shell implements it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/net/stream_layer.h"
#include "runtime/script/socket.h"

namespace strowger {

struct Worker;

/// A connection at one moment.
struct StreamInfo {
  std::uint32_t id = 0, worker = 0;
  sip::Address peer;
  sip::Protocol protocol = sip::Protocol::Tcp;
  std::uint16_t socket = 0;            ///< index in Process::sockets
  bool connecting = false, accepted = false;
  bool ready = true;                   ///< no handshake is under way
  std::size_t queued = 0;              ///< bytes waiting to be written
  std::int64_t idle_ms = 0;            ///< since something was read or written
  std::int64_t lifetime_ms = 0;        ///< how long it may be idle
  std::shared_ptr<const net::StreamFacts> facts;
};

/// One connection, in the thread of the worker that owns it; only during the call that got it.
class StreamControl {
 public:
  virtual ~StreamControl() = default;
  virtual StreamInfo info() const = 0;
  /// Writes `first` (below the new layer), then puts the layer on top. What was read behind the message that is being handled
  /// goes to the layer. `socket`: what the connection speaks from now on, and belongs to. False when the connection is closed, or
  /// has four layers.
  virtual bool put_layer(std::unique_ptr<net::StreamLayer> layer, const Socket& socket, Text first) = 0;
  /// Sends bytes through all layers, before everything that is in the worker's outbox.
  virtual void write(Text bytes) = 0;
  /// No messages are handed over, and none are read, until hold(false): answers must come in order, and one is not there yet.
  virtual void hold(bool on) = 0;
  /// The topmost layer, null when there is none. send_below(): bytes that it has made by itself (a ping, a close frame).
  virtual net::StreamLayer* top() = 0;
  virtual void send_below(Text bytes) = 0;
  /// Ends it in order: the layers' finish(), what waits is written, then the descriptor is closed.
  virtual void close() = 0;
  virtual void set_lifetime(std::int64_t milliseconds) = 0;
  /// The kernel's keep-alive: seconds, seconds, probes; `on` false switches it off. False when the system refused.
  virtual bool set_keepalive(bool on, int idle, int interval, int count) = 0;
};

class Streams {
 public:
  virtual ~Streams() = default;
  /// Does `work` in the thread of the worker that owns the connection: before it returns when that is the caller's (true), later
  /// otherwise. False when it is ours and gone; without effect when it is another's and gone by then.
  virtual bool with(Worker& caller, std::uint32_t connection, std::function<void(Worker&, StreamControl&)> work) = 0;
  /// Any thread. Null when the connection has none or has ended.
  virtual std::shared_ptr<const net::StreamFacts> facts(std::uint32_t connection) const = 0;
  /// The newest connection with this peer, of any worker; 0 when there is none. Any thread.
  virtual std::uint32_t find(const sip::Address& peer, sip::Protocol protocol) const = 0;
  /// Is the connection there? Any thread, as all that follows up to list().
  virtual bool is_open(std::uint32_t connection) const = 0;
  /// From now on what is sent to `alias` leaves by the connection, until it ends (RFC 5923); at most four of each.
  virtual void add_alias(std::uint32_t connection, const sip::Address& alias, sip::Protocol protocol) = 0;
  /// Who the connection is from where a PROXY header has named another; nothing otherwise.
  virtual std::optional<sip::Address> behind_proxy(std::uint32_t connection) const = 0;
  /// Collects what all workers have; `done` is called later in the caller's thread.
  virtual void list(Worker& caller, std::function<void(std::vector<StreamInfo>)> done) = 0;
  /// All, over TLS, bytes that wait in all of them. Any thread.
  virtual void count(std::size_t& all, std::size_t& secure, std::size_t& queued) const = 0;
};

enum class StreamEndCause : std::uint8_t { Closed, TimedOut, Reset };

/// A connection that has ended, for Process::stream_ended.
struct StreamEnd {
  StreamInfo info;
  StreamEndCause cause = StreamEndCause::Closed;
};

}  // namespace strowger
