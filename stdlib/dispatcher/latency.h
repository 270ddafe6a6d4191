// How long a destination takes to answer probes. Written by worker 0, read by all.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>

namespace strowger::dispatcher {

/// Milliseconds.
class Latency {
 public:
  /// `alpha`: the share of the past in the estimate, in thousandths.
  void add(double sample, double alpha) {
    const std::uint64_t n = count_.load(kRelaxed) + 1;
    const double before = average_.load(kRelaxed);
    const double average = before + (sample - before) / static_cast<double>(n);
    squares_.store(squares_.load(kRelaxed) + (sample - before) * (sample - average), kRelaxed);
    average_.store(average, kRelaxed);
    const double share = alpha / 1000;
    estimate_.store(n <= kLearning ? average : estimate_.load(kRelaxed) * share + sample * (1 - share), kRelaxed);
    if (sample > max_.load(kRelaxed)) max_.store(sample, kRelaxed);
    count_.store(n, kRelaxed);
  }
  void add_timeout() { timeouts_.fetch_add(1, kRelaxed); }
  void copy(const Latency& other) {
    count_.store(other.count_.load(kRelaxed), kRelaxed);
    timeouts_.store(other.timeouts_.load(kRelaxed), kRelaxed);
    average_.store(other.average(), kRelaxed);
    squares_.store(other.squares_.load(kRelaxed), kRelaxed);
    estimate_.store(other.estimate(), kRelaxed);
    max_.store(other.max(), kRelaxed);
  }
  /// Before the first sample.
  void expect(double milliseconds) {
    average_.store(milliseconds, kRelaxed);
    estimate_.store(milliseconds, kRelaxed);
  }

  double average() const { return average_.load(kRelaxed); }
  double estimate() const { return estimate_.load(kRelaxed); }
  double max() const { return max_.load(kRelaxed); }
  std::uint64_t timeouts() const { return timeouts_.load(kRelaxed); }
  double deviation() const {
    const std::uint64_t n = count_.load(kRelaxed);
    return n < 2 ? 0 : std::sqrt(squares_.load(kRelaxed) / static_cast<double>(n - 1));
  }
  /// By how much it is slower than it uses to be.
  double congestion() const {
    const double more = estimate() - average();
    return more > 0 ? more : 0;
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr std::uint64_t kLearning = 10;  ///< samples whose mean is the estimate
  std::atomic<std::uint64_t> count_{0}, timeouts_{0};
  std::atomic<double> average_{0}, squares_{0}, estimate_{0}, max_{0};
};

}  // namespace strowger::dispatcher
