// A pipe that lets so many messages of a time interval through; for the modules that limit rates. Its owner locks it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/script/worker.h"
#include "runtime/sip/message.h"

namespace strowger {

struct RatePipe {
  enum class Algorithm : std::uint8_t { Nop, Taildrop, Red };

  Algorithm algorithm = Algorithm::Nop;
  Int limit = 0;                   ///< messages of an interval
  std::uint64_t counter = 0;       ///< of this interval
  std::uint64_t last = 0;          ///< of the one before
  std::uint64_t interval = 0;      ///< the number of this one
  std::uint64_t unused = 0;        ///< intervals without a message before this one

  /// Counts the intervals that are over.
  void roll(std::uint64_t now) {
    if (now <= interval) return;
    const std::uint64_t passed = now - interval;
    unused = counter == 0 ? unused + passed : passed - 1;
    last = passed == 1 ? counter : 0;
    counter = 0;
    interval = now;
  }

  /// Of how many messages one passes under RED: as many times as the last interval was over the limit.
  std::uint64_t drop_rate() const { return limit > 0 ? last / static_cast<std::uint64_t>(limit) : last; }

  /// Counts a message; does it pass? Taildrop: the first ones do. Red: every drop_rate()-th.
  bool pass(std::uint64_t now) {
    roll(now);
    ++counter;
    if (algorithm == Algorithm::Taildrop) return counter <= static_cast<std::uint64_t>(limit < 0 ? 0 : limit);
    if (algorithm == Algorithm::Red) return drop_rate() <= 1 || counter % drop_rate() == 0;
    return true;
  }
};

/// Nothing for algorithms that there are none of here: FEEDBACK and NETWORK.
inline std::optional<RatePipe::Algorithm> parse_rate_algorithm(Text name) {
  if (sip::equal_ignore_case(name, "NOP")) return RatePipe::Algorithm::Nop;
  if (sip::equal_ignore_case(name, "TAILDROP")) return RatePipe::Algorithm::Taildrop;
  if (sip::equal_ignore_case(name, "RED")) return RatePipe::Algorithm::Red;
  return std::nullopt;
}

inline const char* name_of(RatePipe::Algorithm algorithm) {
  return algorithm == RatePipe::Algorithm::Taildrop ? "TAILDROP" : algorithm == RatePipe::Algorithm::Red ? "RED" : "NOP";
}

/// Counts intervals from the first worker's start on; the number fits RatePipe::pass(). Shared by all workers.
class RateClock {
 public:
  void start(const Worker& worker) {
    Millis none = -1;
    start_.compare_exchange_strong(none, worker.now.mono);
  }
  std::uint64_t interval(const Worker& worker, Int seconds) const {
    const Millis since = worker.now.mono - start_.load(std::memory_order_relaxed);
    return since > 0 ? static_cast<std::uint64_t>(since / (seconds * 1000)) : 0;
  }

 private:
  std::atomic<Millis> start_{-1};
};

}  // namespace strowger
