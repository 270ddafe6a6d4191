// A pipe that lets so many messages of a time interval through; for the modules that limit rates. Its owner locks it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "runtime/script/worker.h"
#include "runtime/sip/message.h"

namespace strowger {

/// How busy the machine is, and the factors of FEEDBACK: one for all pipes of a module. Its owner locks it.
struct RateLoad {
  double ki = -25, kp = 0, kd = 0;   ///< of the sum of errors, the error, its change; the result is percent of messages
  double load = 0;                   ///< 0 to 1, of the last interval
  std::uint64_t busy = 0, all = 0;   ///< what /proc/stat said last

  /// A line "cpu USER NICE SYSTEM IDLE WAITING ..." of /proc/stat: the load since the line before. Nothing else is read.
  void see(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::uint64_t sum = 0, worked = 0, ticks = 0;
    int fields = 0;
    for (; fields < 7 && words >> ticks; ++fields) {
      sum += ticks;
      if (fields != 3 && fields != 4) worked += ticks;   // idle, and waiting for disks
    }
    if (name != "cpu" || fields < 5) return;
    if (all != 0 && sum > all && worked >= busy) load = static_cast<double>(worked - busy) / static_cast<double>(sum - all);
    busy = worked;
    all = sum;
  }
  void measure() {
    std::ifstream file("/proc/stat");   // made by the kernel: no disk is waited for
    if (std::string line; std::getline(file, line)) see(line);
  }
};

struct RatePipe {
  enum class Algorithm : std::uint8_t { Nop, Red, Taildrop, Feedback };   ///< in the order of their numbers in RPC replies

  Algorithm algorithm = Algorithm::Nop;
  Int limit = 0;                   ///< messages of an interval
  std::uint64_t counter = 0;       ///< of this interval
  std::uint64_t last = 0;          ///< of the one before
  std::uint64_t interval = 0;      ///< the number of this one
  std::uint64_t unused = 0;        ///< intervals without a message before this one
  double error_sum = 0, last_error = 0;
  std::uint64_t drops = 0;         ///< FEEDBACK: percent of the messages

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

  /// One step of the controller: the load shall be `wanted` percent.
  void steer(const RateLoad& machine, Int wanted) {
    const double error = static_cast<double>(wanted) / 100 - machine.load;
    error_sum += error;
    // No more than what all messages take: else it would go on dropping long after the load has gone.
    const double most = machine.ki != 0 ? 100 / machine.ki : 0;
    error_sum = std::clamp(error_sum, std::min(most, 0.0), std::max(most, 0.0));
    const double percent = machine.ki * error_sum + machine.kp * error + machine.kd * (error - last_error);
    last_error = error;
    drops = static_cast<std::uint64_t>(std::clamp(percent, 0.0, 100.0) + 0.5);
  }

  /// Counts a message; does it pass? Taildrop: the first ones do. Red: every drop_rate()-th. Feedback: all but `drops` of a hundred,
  /// evenly.
  bool pass(std::uint64_t now) {
    roll(now);
    ++counter;
    if (algorithm == Algorithm::Feedback) return counter * drops / 100 == (counter - 1) * drops / 100;
    if (algorithm == Algorithm::Taildrop) return counter <= static_cast<std::uint64_t>(limit < 0 ? 0 : limit);
    if (algorithm == Algorithm::Red) return drop_rate() <= 1 || counter % drop_rate() == 0;
    return true;
  }
};

/// Nothing for algorithms that there are none of here: NETWORK.
inline std::optional<RatePipe::Algorithm> parse_rate_algorithm(Text name) {
  if (sip::equal_ignore_case(name, "NOP")) return RatePipe::Algorithm::Nop;
  if (sip::equal_ignore_case(name, "TAILDROP")) return RatePipe::Algorithm::Taildrop;
  if (sip::equal_ignore_case(name, "RED")) return RatePipe::Algorithm::Red;
  if (sip::equal_ignore_case(name, "FEEDBACK")) return RatePipe::Algorithm::Feedback;
  return std::nullopt;
}

inline const char* name_of(RatePipe::Algorithm algorithm) {
  static constexpr const char* kNames[] = {"NOP", "RED", "TAILDROP", "FEEDBACK"};
  return kNames[static_cast<int>(algorithm)];
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
