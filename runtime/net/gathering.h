// When it pays to let datagrams gather for some microseconds before they are handled.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>

namespace strowger::net {

/// Datagrams that come one by one, fast, cost a wake-up, three system calls and a send each: several times what they cost
/// handled by the dozen. So a busy socket of which little was read is left alone for a moment, as network cards do with
/// their interrupts. Where few come, nothing waits; where waiting brings too little, it is tried ever more seldom.
class Gathering {
 public:
  static constexpr int kEnough = 24;               ///< so many at once are handled at once
  static constexpr int kWorth = 16;                ///< what waiting has to bring
  static constexpr std::uint32_t kMostSkipped = 1024;

  /// `longest_us`: how long to wait; 0 never.
  explicit Gathering(std::uint32_t longest_us) : longest_us_(longest_us) {}

  /// `count` (at least 1) datagrams were read at `now_us`, on a clock that never goes back. Microseconds to wait for more.
  std::uint32_t wait(int count, std::int64_t now_us) {
    const std::int64_t passed = std::max<std::int64_t>(now_us - last_us_, 1), came = gathered_ + count;
    last_us_ = now_us;
    gathered_ = 0;
    if (count >= kEnough || came * longest_us_ < passed * kWorth) return 0;
    if (skip_ > 0) return --skip_, 0;
    return longest_us_;
  }
  /// How many more there were after waiting.
  void gathered(int count) {
    gathered_ = count;
    skipped_ = count >= kWorth ? 0 : std::min(skipped_ * 2 + 1, kMostSkipped);
    skip_ = skipped_;
  }

 private:
  std::uint32_t longest_us_;
  std::int64_t last_us_ = 0, gathered_ = 0;
  std::uint32_t skip_ = 0, skipped_ = 0;           ///< times not to wait: from now on, and after the last vain wait
};

}  // namespace strowger::net
