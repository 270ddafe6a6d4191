// When it pays to let datagrams gather for some microseconds before they are handled.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace strowger::net {

/// Datagrams that come one by one, fast, cost a wake-up, three system calls and a send each: several times what they cost
/// handled by the dozen. So a busy socket is left alone for a moment, as network cards do with their interrupts. `wait()` asks
/// for it before little is handled: where many come, and where waiting brings too little ever more seldom. `rest()` asks for it
/// after all is handled, instead of waiting for the socket: one wake-up by the clock for those of several datagrams. Senders that
/// wait for answers send less then: every two seconds it is tried whether more comes without resting (or with it no less). Where few
/// come, nothing waits.
class Gathering {
 public:
  static constexpr int kEnough = 24;               ///< so many at once are handled at once
  static constexpr int kWorth = 16;                ///< what waiting has to bring
  static constexpr std::uint32_t kMostSkipped = 1024;
  static constexpr int kWorthResting = 2;          ///< what a rest has to bring
  static constexpr std::uint32_t kShortestRest = 50;

  /// `longest_us`, `longest_rest_us`: how long to wait and to rest; 0 never.
  Gathering(std::uint32_t longest_us, std::uint32_t longest_rest_us) : longest_us_(longest_us), longest_rest_us_(longest_rest_us) {}

  /// `count` (at least 1) datagrams were read at `now_us`, on a clock that never goes back. Microseconds to wait for more.
  std::uint32_t wait(int count, std::int64_t now_us) {
    const std::int64_t passed = std::max<std::int64_t>(now_us - last_us_, 1), came = gathered_ + count;
    last_us_ = now_us;
    gathered_ = 0;
    came_ += count;
    if (count >= kEnough || came * longest_us_ < passed * kWorth) return 0;
    if (skip_ > 0) return --skip_, 0;
    return longest_us_;
  }
  /// How many more there were after waiting.
  void gathered(int count) {
    gathered_ = count;
    came_ += count;
    skipped_ = count >= kWorth ? 0 : std::min(skipped_ * 2 + 1, kMostSkipped);
    skip_ = skipped_;
  }
  /// All that was read is handled. Microseconds to sleep before reading again; 0: wait until there is something to read.
  std::uint32_t rest() {
    const std::int64_t passed = std::max<std::int64_t>(last_us_ - rested_us_, 1);
    const std::int64_t rate = (came_ << kRateBits) / passed;
    rate_ = passed > kForget * longest_rest_us_ ? rate : (3 * rate_ + rate) / 4;
    judge();
    rested_us_ = last_us_;
    came_ = 0;
    if (resting_ == trying_) return 0;
    if (rate_ * longest_rest_us_ < std::int64_t{kWorthResting} << kRateBits) return 0;
    const std::int64_t enough = (std::int64_t{kEnough} << kRateBits) / rate_;
    return enough < kShortestRest ? 0 : static_cast<std::uint32_t>(std::min<std::int64_t>(enough, longest_rest_us_));
  }

 private:
  static constexpr int kRateBits = 20;
  static constexpr std::int64_t kForget = 16;      ///< after so many rests without a datagram only the last arrivals count

  static constexpr std::int64_t kWindowUs = 50'000;
  static constexpr int kWindows = 40;              ///< so many pass before the other way is tried for one

  /// Counts arrivals by windows, and compares the last with one in which it was tried to rest, or not to.
  void judge() {
    window_came_ += came_;
    const std::int64_t passed = last_us_ - window_us_;
    if (passed < kWindowUs) return;
    const std::int64_t rate = (window_came_ << kRateBits) / passed;
    window_us_ = last_us_;
    window_came_ = 0;
    if (passed > 2 * kWindowUs) return;            // nothing came for a while: it tells nothing
    if (!trying_) {
      window_rate_ = rate;
      trying_ = ++windows_ % kWindows == 0;
      return;
    }
    trying_ = false;
    const auto [with, without] = resting_ ? std::pair(window_rate_, rate) : std::pair(rate, window_rate_);
    resting_ = 9 * with >= 8 * without;
  }

  std::uint32_t longest_us_, longest_rest_us_;
  std::int64_t last_us_ = 0, gathered_ = 0;
  std::uint32_t skip_ = 0, skipped_ = 0;           ///< times not to wait: from now on, and after the last vain wait
  std::int64_t rested_us_ = 0, came_ = 0;          ///< the last arrivals when it was last asked to rest, and how many came since
  std::int64_t rate_ = 0;                          ///< arrivals in 2^kRateBits microseconds, smoothed
  bool resting_ = true, trying_ = false;           ///< whether it rests, and whether it does the opposite for a window
  int windows_ = 0;
  std::int64_t window_us_ = 0, window_came_ = 0, window_rate_ = 0;
};

}  // namespace strowger::net
