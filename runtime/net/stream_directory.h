// Stream connections of all workers: which worker has which, how many there are, and what is known of them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "runtime/net/stream_layer.h"
#include "runtime/net/stream_limits.h"

namespace strowger::net {

/// Who is at the other end, and what is spoken there.
struct StreamPeer {
  sip::Address address;
  sip::Protocol protocol = sip::Protocol::Tcp;
  bool operator==(const StreamPeer&) const = default;
};

/// Shared; asked only when a connection begins or ends, or when something is sent over a stream.
class StreamDirectory {
 public:
  explicit StreamDirectory(std::uint32_t workers) : workers_(workers) {}

  /// The worker that a connection id belongs to.
  std::uint32_t owner_of(std::uint32_t connection) const { return (connection - 1) % workers_; }
  /// A new id for a worker's connection; 0, with words in `why`, when there are as many as `limits` allow. Only `accepted` ones
  /// count for their source.
  std::uint32_t open(std::uint32_t worker, const StreamPeer& peer, bool accepted, const StreamLimits& limits, const char*& why);
  void close(std::uint32_t connection, const StreamPeer& peer, bool accepted);
  /// The connection speaks another protocol from now on (a WebSocket that began as HTTP).
  void change(std::uint32_t connection, const StreamPeer& from, sip::Protocol to);
  /// The peer of an accepted connection turns out to be another; false when that source has as many as it may.
  bool move(std::uint32_t connection, const StreamPeer& from, const StreamPeer& to, const StreamLimits& limits);
  /// From now on find() gives the connection for this peer, too; until close().
  void add_alias(std::uint32_t connection, const StreamPeer& alias);
  /// Counts bytes that wait to be written; false (and not counted) when that would be more than `limit`.
  bool queue(std::size_t bytes, std::size_t limit);
  void unqueue(std::size_t bytes) { queued_.fetch_sub(bytes, std::memory_order_relaxed); }
  /// The newest connection with this peer; 0 when there is none.
  std::uint32_t find(const StreamPeer& peer) const;

  bool is_open(std::uint32_t connection) const;
  /// The peer that a moved connection had first.
  std::optional<sip::Address> wire_of(std::uint32_t connection) const;

  void set_facts(std::uint32_t connection, std::shared_ptr<const StreamFacts> facts);
  /// Null when the connection has none, or has ended.
  std::shared_ptr<const StreamFacts> facts(std::uint32_t connection) const;

  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  std::size_t secure_count() const { return secure_.load(std::memory_order_relaxed); }
  std::size_t queued() const { return queued_.load(std::memory_order_relaxed); }

 private:
  struct Hash {
    std::size_t operator()(const StreamPeer& peer) const;
  };
  std::uint32_t workers_;
  std::atomic<std::size_t> count_{0}, secure_{0}, queued_{0};
  mutable std::mutex mutex_;
  std::unordered_map<StreamPeer, std::uint32_t, Hash> by_peer_;
  std::unordered_map<StreamPeer, std::uint32_t, Hash> accepted_;   ///< how many of a source; port and protocol are 0
  std::unordered_multimap<std::uint32_t, StreamPeer> aliases_;
  std::unordered_set<std::uint32_t> open_;
  std::unordered_map<std::uint32_t, sip::Address> wire_;           ///< of moved ones
  std::unordered_map<std::uint32_t, std::shared_ptr<const StreamFacts>> facts_;
  std::uint32_t next_ = 0;
};

}  // namespace strowger::net
