// Messages from one worker to one other: a ring of bytes with one writer and one reader, bounded, without locks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::net {

/// What travels beside the bytes.
struct HandOff {
  enum class Kind : std::uint8_t {
    Arrival,      ///< a received message for its owner
    Departure,    ///< bytes to be sent over a connection of the receiving worker
    Failure,      ///< a departure that the receiving worker handed on could not be sent; `cookie` tells which
    Skip,         ///< the ring's own: rest of the buffer is unused
  };
  Kind kind = Kind::Arrival;
  sip::Protocol protocol = sip::Protocol::Udp;
  std::uint8_t only_existing = 0, close_after = 0;
  std::uint16_t socket = 0;         ///< index in Process::sockets
  std::uint16_t origin = 0;         ///< departures: the worker that wants to know of a failure
  std::uint32_t connection = 0;
  std::uint32_t length = 0;         ///< set by push()
  std::uint32_t wish = 0;           ///< of a departure: how a new connection is to be made
  std::uint64_t cookie = 0;         ///< of a departure, 0 none
  sip::Address peer;                ///< source of an arrival, destination of a departure
};

class HandOffRing {
 public:
  static constexpr std::size_t kDefaultCapacity = std::size_t{1} << 19;

  /// `capacity` is a power of two; the memory is touched only as it is used. `good()` is false when there is none.
  explicit HandOffRing(std::size_t capacity = kDefaultCapacity);
  ~HandOffRing();
  HandOffRing(const HandOffRing&) = delete;
  HandOffRing& operator=(const HandOffRing&) = delete;
  bool good() const { return memory_ != nullptr; }

  /// The writer: copies; false when there is no room.
  bool push(HandOff what, Text bytes);
  /// The reader: the oldest message, whose bytes stay until pop(); false when there is none.
  bool front(HandOff& what, Text& bytes);
  void pop();
  /// Room in all, as seen by either side; for tests and figures.
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t size_of(std::size_t length) { return (sizeof(HandOff) + length + 7) & ~std::size_t{7}; }
  char* memory_ = nullptr;
  std::size_t capacity_;
  // Counters only grow; a place is counter & (capacity - 1). Each side keeps its view of the other's.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t read_seen_ = 0;
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t written_seen_ = 0;
};

}  // namespace strowger::net
