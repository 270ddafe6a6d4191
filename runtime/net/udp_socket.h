// UDP sockets read and written in batches: one system call for up to 64 datagrams.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/net/ip_options.h"
#include "runtime/abi/values.h"
#include "runtime/script/descriptor.h"
#include "runtime/sip/address.h"

struct mmsghdr;
struct sockaddr_storage;

namespace strowger::net {

/// Into `out`; returns the length for bind() and friends.
std::uint32_t to_sockaddr(const sip::Address& address, sockaddr_storage& out);
/// Family 0 for what is neither IPv4 nor IPv6; an IPv4-mapped address becomes IPv4.
sip::Address from_sockaddr(const sockaddr_storage& in);

using strowger::Descriptor;

/// Room for bursts in a socket's buffers: 4 MB, or as much as the system lets us have.
void widen_buffers(int fd);

/// A bound, non-blocking UDP socket; empty on failure, with errno set.
Descriptor open_udp(const sip::Address& address, bool reuse_port, const IpOptions& options);
/// What a socket is bound to (its port, when 0 was asked for).
sip::Address bound_address(int fd);

/// Buffers for received datagrams, used by one worker for all its sockets. Memory is touched only as it is needed.
class DatagramBatch {
 public:
  static constexpr int kSize = 64;
  static constexpr std::size_t kBytes = 65536;
  static constexpr std::size_t kStride = kBytes + 33 * 64;   ///< not all in the same sets of the caches

  DatagramBatch();
  ~DatagramBatch();
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;
  bool good() const { return memory_ != nullptr; }

  /// Keeps the first `kept` and reads what comes behind them. How many came; 0 when there is nothing now, -1 on an error (errno).
  int receive(int fd, int kept = 0);
  Text bytes(int index) const;
  sip::Address source(int index) const;

 private:
  struct Headers;
  char* memory_ = nullptr;
  std::unique_ptr<Headers> headers_;
};

/// Sends datagrams over one socket in batches. What the kernel does not take now waits in a bounded queue.
/// Datagrams of one length to one peer leave as one piece that the kernel cuts (UDP_SEGMENT), where it can: a third of the
/// cost of sending is per call into the network stack. To that end messages of different calls may overtake each other;
/// those of one call to one peer, and what belongs to none, never do.
class DatagramSender {
 public:
  static constexpr std::size_t kMaxQueued = 8192;
  static constexpr std::size_t kMaxQueuedBytes = std::size_t{8} << 20;

  /// sendmmsg(), or what a test puts in its place.
  using SendMany = int (*)(int fd, mmsghdr* messages, unsigned count, int flags);

  explicit DatagramSender(int fd, SendMany send_many = nullptr);
  ~DatagramSender();
  DatagramSender(DatagramSender&&) noexcept;
  DatagramSender& operator=(DatagramSender&&) = delete;

  /// Adds one to the batch; `bytes` must stay until flush(). Flushes by itself when the batch is full.
  /// `call` as in Departure.
  void add(const sip::Address& to, Text bytes, std::uint64_t cookie = 0, std::uint32_t call = 0);
  void flush();
  /// Is something queued? Then call send_queued() when the socket is writable.
  bool waiting() const { return !queue_.empty(); }
  void send_queued();

  std::uint64_t sent = 0;
  std::uint64_t dropped_full = 0;        ///< the queue was full
  std::uint64_t refused = 0;             ///< the kernel refused: too long, no route ...
  int last_error = 0;                    ///< errno of the last refusal
  std::vector<std::uint64_t> failed;     ///< cookies (not 0) of what was refused; the caller empties it

 private:
  struct Queued {
    sip::Address to;
    std::string bytes;
    std::uint64_t cookie;
  };
  struct Headers;
  static bool same_name(const Headers& headers, int a, int b);
  /// Puts what may leave in one piece into one message; how many messages there are.
  int join();
  /// Message `index`, whose `parts` parts are in place; `head` is the first datagram of them.
  void fill(int index, int head, int parts);
  /// Sends the datagrams of one joined message one by one; false when the kernel takes no more now.
  bool send_singly(int message);
  void keep_from(int message, int part);
  void keep(const sip::Address& to, Text bytes, std::uint64_t cookie);
  void refuse(int error, std::uint64_t cookie);
  int fd_;
  SendMany send_many_;
  int count_ = 0;
  bool segments_ = false;                ///< the kernel can cut
  std::unique_ptr<Headers> headers_;
  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;
};

}  // namespace strowger::net
