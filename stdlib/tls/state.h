// What the module keeps for the process: the snapshot in force, and what scripts have wished for new connections.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/script/call.h"
#include "stdlib/tls/contexts.h"
#include "stdlib/tls/facts.h"
#include "stdlib/tls/layer.h"

namespace strowger::tls {

/// For the next connection: which name to ask for, which profile to use.
struct Wish {
  std::string server_name, server_id;
  bool operator==(const Wish&) const = default;
};

/// Wishes on their way from a script to the worker that connects, by number. The last 4,096 different ones are known.
class Wishes {
 public:
  /// Never 0.
  std::uint32_t put(Wish wish);
  /// Nothing for 0, and for those that are too old.
  std::optional<Wish> take(std::uint32_t number) const;

 private:
  static constexpr std::uint32_t kRoom = 4096;
  mutable std::mutex mutex_;
  std::array<Wish, kRoom> ring_;
  std::uint32_t last_ = 0;
};

struct State {
  Common common;
  LayerOptions options;
  std::int64_t lifetime_ms = 0;
  std::atomic<std::size_t> kept{0};
  Wishes wishes;
  RouteFunction connection_out = nullptr;   ///< event_route[tls:connection-out], null where there is none

  std::shared_ptr<const Snapshot> snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

State& state_of(const Process& process);
/// Reads the file of `config`, or the parameters, and all files that they name. Null with a sentence.
std::shared_ptr<const Snapshot> load(const Process& process, const State& state, std::string& why);
/// Of the connection that the call's message came over; null when it is not over TLS, or gone.
std::shared_ptr<const Facts> facts_of(Call& call);

}  // namespace strowger::tls
