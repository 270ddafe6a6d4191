// SIP over TCP for one worker: accepts, connects, frames, writes. Calls back with whole messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "runtime/abi/values.h"
#include "runtime/net/stream_limits.h"
#include "runtime/net/udp_socket.h"
#include "runtime/sip/address.h"

namespace boost::asio {
class io_context;
}

namespace strowger::net {

/// Connections of all workers: which worker has which. Shared; asked only when something is sent over a stream.
class StreamDirectory {
 public:
  explicit StreamDirectory(std::uint32_t workers) : workers_(workers) {}

  /// The worker that a connection id belongs to.
  std::uint32_t owner_of(std::uint32_t connection) const { return (connection - 1) % workers_; }
  /// A new id for a worker's connection; 0 when there are `limit` connections already.
  std::uint32_t open(std::uint32_t worker, const sip::Address& peer, std::size_t limit);
  void close(std::uint32_t connection, const sip::Address& peer);
  /// From now on find() gives the connection for this address, too; until close().
  void add_alias(std::uint32_t connection, const sip::Address& alias);
  /// Counts bytes that wait to be written; false (and not counted) when that would be more than `limit`.
  bool queue(std::size_t bytes, std::size_t limit);
  void unqueue(std::size_t bytes) { queued_.fetch_sub(bytes, std::memory_order_relaxed); }
  /// The newest connection with this peer address and port; 0 when there is none.
  std::uint32_t find(const sip::Address& peer) const;
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  struct Hash {
    std::size_t operator()(const sip::Address& address) const;
  };
  std::uint32_t workers_;
  std::atomic<std::size_t> count_{0}, queued_{0};
  mutable std::mutex mutex_;
  std::unordered_map<sip::Address, std::uint32_t, Hash> by_peer_;
  std::unordered_multimap<std::uint32_t, sip::Address> aliases_;
  std::uint32_t next_ = 0;
};

/// What is to be sent over a stream.
struct StreamDeparture {
  std::uint16_t socket = 0;            ///< the listening socket to send "from"
  sip::Address local;                  ///< its address: new connections are bound to its IP
  sip::Address to;
  sip::Protocol protocol = sip::Protocol::Tcp;
  std::uint32_t connection = 0;        ///< this one if it is there, 0: by address
  bool only_existing = false, close_after = false;
  std::uint64_t cookie = 0;            ///< handed to on_failed() when the bytes cannot be sent; 0: nobody asks
  std::uint16_t origin = 0;            ///< handed to on_failed(), too
};

class StreamTransport {
 public:
  /// What happens is told through plain functions with an owner pointer.
  struct Events {
    void* owner = nullptr;
    /// A whole message; `bytes` stay during the call.
    void (*on_message)(void* owner, Text bytes, const sip::Address& source, std::uint16_t socket, std::uint32_t connection) = nullptr;
    /// After one or more on_message() or on_failed() that came by themselves: time to send what they caused.
    void (*on_batch_end)(void* owner) = nullptr;
    /// What send() took (or refused) did not reach the kernel. May be called from within send().
    void (*on_failed)(void* owner, std::uint16_t origin, std::uint64_t cookie) = nullptr;
    /// Something to be logged; `error` for what the peer did wrong or the system refused, else for debugging.
    void (*on_note)(void* owner, bool error, std::string_view text) = nullptr;
  };

  StreamTransport(boost::asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits, std::uint32_t worker,
                  Events events);
  ~StreamTransport();

  void add_listener(std::uint16_t socket, Descriptor fd);
  /// Sends over a connection of this worker, or a new one. False (and on_failed()) when there is no such and none may be made.
  bool send(const StreamDeparture& departure, Text bytes);
  /// Closes everything and forgets the pending operations.
  void shut();
  std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// A listening, non-blocking TCP socket; empty on failure, with errno set.
Descriptor open_listener(const sip::Address& address, bool reuse_port);

}  // namespace strowger::net
