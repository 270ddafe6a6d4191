// A lock for moments: two atomic operations where nobody else holds it, the kernel's wait where somebody does.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>

namespace strowger::usrloc {

class ShortLock {
 public:
  void lock() {
    std::uint32_t free = kFree;
    if (!state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) lock_slow();
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kWaited) state_.notify_one();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kWaited = 2;  // kWaited: held, and somebody may sleep
  [[gnu::noinline]] void lock_slow() {
    while (state_.exchange(kWaited, std::memory_order_acquire) != kFree)
      state_.wait(kWaited, std::memory_order_relaxed);
  }
  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace strowger::usrloc
