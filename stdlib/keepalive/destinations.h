// The destinations that are watched, shared by all workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/script/call.h"

namespace strowger::keepalive {

enum class Condition : std::uint8_t { Unknown = 0, Up = 1, Down = 2 };

struct Destination {
  std::string uri, owner;
  Condition condition = Condition::Unknown;
  std::int64_t checked = 0, up = 0, down = 0;   ///< seconds since 1970, 0 never
  Int failures = 0;                             ///< since it last answered
  Millis due = 0;                               ///< when it is asked next
};

/// Any thread. What it gives out are copies.
class Destinations {
 public:
  static constexpr std::size_t kMost = 10000;

  /// "sip:" comes in front of what has no scheme. False when it is there already, is empty or no URI, or when there are too many.
  bool add(std::string_view uri, std::string_view owner);
  bool remove(std::string_view uri, std::string_view owner);
  void clear();
  std::vector<Destination> all() const;         ///< the newest first
  /// Of any owner where that is null.
  std::optional<Destination> find(std::string_view uri, const std::string_view* owner) const;
  /// Those whose time has come; the next time is `interval` later. Without those that failed more than `most_failures` times (0: all).
  std::vector<Destination> take_due(Millis now, Millis interval, Int most_failures);
  /// Counts an answer, or that there was none. True when that changes what is known of the destination.
  bool count(const Destination& asked, bool answered, std::int64_t now);

 private:
  Destination* find_here(std::string_view uri, const std::string_view* owner);
  mutable std::mutex mutex_;
  std::vector<Destination> list_;
};

struct State {
  Destinations destinations;
  RouteFunction up = nullptr, down = nullptr;   ///< the events' routes
};

State& state_of(const Process& process);

}  // namespace strowger::keepalive
