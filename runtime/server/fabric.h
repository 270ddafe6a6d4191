// What connects the workers of a process: a ring from each to each other, and a bell for each.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/net/hand_off_ring.h"
#include "runtime/net/udp_socket.h"

namespace strowger::server {

class Fabric {
 public:
  explicit Fabric(std::uint32_t workers);
  /// False when memory or descriptors ran out.
  bool good() const { return good_; }
  std::uint32_t workers() const { return workers_; }

  /// From the thread of `from`: for `to`, which is rung at ring_bells(). False (and counted) when the ring is full.
  bool push(std::uint32_t from, std::uint32_t to, const net::HandOff& what, Text bytes);
  /// Wakes everyone that `from` pushed to since the last time.
  void ring_bells(std::uint32_t from);
  /// Wakes one worker, from any thread.
  void ring(std::uint32_t worker);

  /// The descriptor that becomes readable when a worker that is not busy is rung; then call quiet() and look for work.
  int bell(std::uint32_t worker) const { return lines_[worker]->bell.get(); }
  /// From the worker's thread, after its bell: it is busy now.
  void quiet(std::uint32_t worker);
  /// From the worker's thread: until idle(), ringing it costs no system call.
  void busy(std::uint32_t worker);
  /// From the worker's thread: it is about to sleep. False when it was rung meanwhile: it is still busy, and has to look for work.
  bool idle(std::uint32_t worker);
  net::HandOffRing& ring_between(std::uint32_t from, std::uint32_t to) { return *rings_[from * workers_ + to]; }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { Asleep, Rung, Busy, RungBusy };   ///< Rung: by the descriptor
  struct alignas(64) Line {
    net::Descriptor bell;
    std::atomic<State> state{State::Asleep};
    std::vector<std::uint8_t> pending;     ///< of the worker as a sender: whom to ring
    bool any_pending = false;
  };
  std::uint32_t workers_;
  bool good_ = true;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<std::unique_ptr<net::HandOffRing>> rings_;   ///< [from * workers + to], null on the diagonal
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace strowger::server
