// The simulator's random numbers: PCG32, so that a seed means the same on every machine and library.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

namespace strowger::sim {

/// PCG-XSH-RR 64/32.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed + kIncrement) { next(); }

  std::uint32_t next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + kIncrement;
    const auto mixed = static_cast<std::uint32_t>(((old >> 18U) ^ old) >> 27U);
    const auto turn = static_cast<std::uint32_t>(old >> 59U);
    return (mixed >> turn) | (mixed << ((32U - turn) & 31U));
  }
  /// 0 .. bound-1; 0 for bound 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next()) * bound) >> 32U);
  }
  /// True with probability `p`; takes a number from the sequence even for 0 and 1, so that runs stay comparable.
  bool chance(double p) { return next() < p * 4294967296.0; }

 private:
  static constexpr std::uint64_t kIncrement = 1442695040888963407ULL;
  std::uint64_t state_;
};

}  // namespace strowger::sim
