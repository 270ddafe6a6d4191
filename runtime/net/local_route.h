// From which local address the system would send to an address (mhomed).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "runtime/sip/address.h"

namespace strowger::net {

/// Asks the kernel's routes by connecting a UDP socket, which sends nothing and does not wait. Answers are kept for a second, so
/// that a route that changes counts soon; as many as there are entries, whatever asks. Any thread.
class LocalRoutes {
 public:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLifetime{1};
  /// Without a port; nothing where there is no route.
  std::optional<sip::Address> towards(const sip::Address& to, Steady::time_point now = Steady::now());
  std::uint64_t asked() const { return asked_; }   ///< questions to the kernel, for tests

 private:
  static constexpr std::size_t kSets = 32, kOfSet = 32;
  struct Entry {
    sip::Address to, local;             ///< local.family 0: no route
    Steady::time_point until{};
  };
  struct alignas(64) Set {
    std::mutex mutex;
    std::array<Entry, kOfSet> entries;
  };
  std::unique_ptr<Set[]> sets_ = std::make_unique<Set[]>(kSets);
  std::atomic<std::uint64_t> asked_{0};
};

}  // namespace strowger::net
