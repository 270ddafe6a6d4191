// Timers of one worker: a hierarchical wheel, 4 levels of 256 slots, one tick a millisecond. Arm and cancel are O(1), no
// allocation: the Timer is a member of what it times.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>

namespace strowger {

struct Worker;

/// Milliseconds of the monotonic clock (or the simulator's).
using Millis = std::int64_t;

struct Timer {
  Timer* next = nullptr;
  Timer** link = nullptr;      ///< the pointer that points here; null when not armed
  Millis due = 0;
  void (*fire)(Worker&, Timer&) = nullptr;
  bool armed() const { return link != nullptr; }
};

class TimerWheel {
 public:
  explicit TimerWheel(Millis now = 0);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  /// Fires at the first advance() to `due` or later; re-arms a timer that is armed. A due time in the past fires next.
  void arm(Timer& timer, Millis due);
  void cancel(Timer& timer);
  /// Fires everything due, in order of time (ties: order of arming). Timers may arm and cancel timers. `fire` calls the
  /// timer's.
  void advance(Millis now, Worker& worker, void (*fire)(Worker&, Timer&) = [](Worker& w, Timer& t) { t.fire(w, t); });
  /// When something may be due next; `limit` when nothing is before it.
  Millis next_due(Millis limit) const;
  std::size_t armed() const { return armed_; }

 private:
  static constexpr int kBits = 8, kSlots = 1 << kBits, kLevels = 4;
  void put(Timer& timer);
  void cascade(int level);
  Millis next_step(Millis limit) const;          ///< the next tick at which a slot is fired or moved down
  void fire(Timer*& batch, Worker& worker, void (*fire)(Worker&, Timer&));
  Timer* slots_[kLevels][kSlots] = {};
  std::uint64_t used_[kLevels][kSlots / 64] = {};
  Timer* overdue_ = nullptr;   ///< armed for a time that has passed
  Timer* far_ = nullptr;       ///< beyond the wheel (49 days)
  Millis now_;
  std::size_t armed_ = 0;
};

}  // namespace strowger
