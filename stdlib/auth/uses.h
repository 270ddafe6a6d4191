// How often numbered nonces were used (RFC 7616 §3.4, nc): a ring of cells that all workers share without locks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace strowger::auth {

/// Numbers are given one after another; the last `size` of them have a cell, older ones are over. Memory is taken from the system
/// where cells are used.
class Uses {
 public:
  /// Counts of one nonce end here, as in Kamailio, which has a byte for them.
  static constexpr std::uint64_t kMostUses = 255;

  /// `size` is rounded up to a power of two. Without memory is_good() is false.
  explicit Uses(std::uint64_t size) : size_(round_up(size)) {
    cells_.reset(static_cast<std::atomic<std::uint64_t>*>(std::calloc(size_, sizeof(std::atomic<std::uint64_t>))));
  }
  bool is_good() const { return cells_ != nullptr; }

  enum class Use : std::uint8_t { Fresh, Repeated, Over };
  /// Uses the nonce for the `count`th time: each count once, and only upwards. `next`: the number that is given next. Over: the
  /// number is too old, or was never given.
  Use use(std::uint32_t number, std::uint64_t count, std::uint32_t next) {
    const std::uint32_t age = next - 1 - number;
    if (age >= size_) return Use::Over;
    if (count == 0 || count > kMostUses) return Use::Repeated;
    // A cell has the number that took it last, marked so that 0 is none, and its count.
    std::atomic<std::uint64_t>& cell = cells_.get()[number & (size_ - 1)];
    const std::uint64_t mine = (std::uint64_t{number} | kTaken) << 8U;
    std::uint64_t seen = cell.load(std::memory_order_relaxed);
    do {
      if (seen >> 8U == mine >> 8U && (seen & 255U) >= count) return Use::Repeated;
      const bool is_newer = seen != 0 && seen >> 8U != mine >> 8U && static_cast<std::int32_t>(static_cast<std::uint32_t>(seen >> 8U) - number) > 0;
      if (is_newer) return Use::Over;
    } while (!cell.compare_exchange_weak(seen, mine | count, std::memory_order_relaxed));
    return Use::Fresh;
  }

 private:
  static constexpr std::uint64_t kTaken = std::uint64_t{1} << 32U;
  static std::uint64_t round_up(std::uint64_t size) {
    std::uint64_t power = 1;
    while (power < size) power *= 2;
    return power;
  }
  struct Free {
    void operator()(std::atomic<std::uint64_t>* cells) const { std::free(static_cast<void*>(cells)); }
  };

  const std::uint64_t size_;
  std::unique_ptr<std::atomic<std::uint64_t>[], Free> cells_;
};

}  // namespace strowger::auth
