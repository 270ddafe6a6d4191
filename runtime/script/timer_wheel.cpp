// The timer wheel: a timer sits at the level of the highest byte in which its due time differs from now, and moves down when
// time enters its slot. Slots are stacks; they are reversed when taken, so timers of one millisecond fire as armed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/timer_wheel.h"

#include <bit>

namespace strowger {
namespace {

void push(Timer*& head, Timer& timer) {
  timer.next = head;
  timer.link = &head;
  if (head) head->link = &timer.next;
  head = &timer;
}

void unlink(Timer& timer) {
  *timer.link = timer.next;
  if (timer.next) timer.next->link = timer.link;
  timer.next = nullptr;
  timer.link = nullptr;
}

/// Takes the whole stack, oldest first, into `out` (which was empty).
void take_reversed(Timer*& head, Timer*& out) {
  while (Timer* timer = head) {
    unlink(*timer);
    push(out, *timer);
  }
}

}  // namespace

TimerWheel::TimerWheel(Millis now) : now_(now) {}

void TimerWheel::put(Timer& timer) {
  const std::uint64_t differs = static_cast<std::uint64_t>(timer.due) ^ static_cast<std::uint64_t>(now_);
  if (differs >> (kBits * kLevels)) {
    push(far_, timer);
    return;
  }
  const int level = differs ? (63 - std::countl_zero(differs)) / kBits : 0;
  const int slot = static_cast<int>(timer.due >> (level * kBits)) & (kSlots - 1);
  push(slots_[level][slot], timer);
  used_[level][slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::arm(Timer& timer, Millis due) {
  if (timer.armed()) cancel(timer);
  timer.due = due;
  ++armed_;
  if (due <= now_) {
    push(overdue_, timer);
  } else {
    put(timer);
  }
}

void TimerWheel::cancel(Timer& timer) {
  if (!timer.armed()) return;
  Timer** const first = &slots_[0][0];
  const bool in_slot = timer.link >= first && timer.link < first + kLevels * kSlots;
  const std::ptrdiff_t slot = in_slot ? timer.link - first : 0;
  unlink(timer);
  --armed_;
  if (in_slot && !first[slot]) used_[slot / kSlots][slot % kSlots / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

void TimerWheel::cascade(int level) {
  const int slot = static_cast<int>(now_ >> (level * kBits)) & (kSlots - 1);
  Timer* batch = nullptr;
  take_reversed(slots_[level][slot], batch);
  used_[level][slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  while (Timer* timer = batch) {
    unlink(*timer);
    put(*timer);
  }
}

Millis TimerWheel::next_step(Millis limit) const {
  if (armed_ == 0) return limit;
  for (int level = 0; level < kLevels; ++level) {
    const int here = static_cast<int>(now_ >> (level * kBits)) & (kSlots - 1);
    for (int word = here / 64; word < kSlots / 64; ++word) {
      std::uint64_t bits = used_[level][word];
      if (word == here / 64) bits &= here % 64 == 63 ? 0 : ~std::uint64_t{0} << (here % 64 + 1);
      if (!bits) continue;
      const Millis slot = word * 64 + std::countr_zero(bits);
      const Millis upper = now_ >> (level * kBits) & ~static_cast<Millis>(kSlots - 1);
      const Millis at = (upper | slot) << (level * kBits);
      return at < limit ? at : limit;
    }
  }
  if (far_) {
    const Millis at = ((now_ >> (kBits * kLevels)) + 1) << (kBits * kLevels);
    return at < limit ? at : limit;
  }
  return limit;
}

Millis TimerWheel::next_due(Millis limit) const { return overdue_ ? now_ : next_step(limit); }

void TimerWheel::fire(Timer*& batch, Worker& worker, void (*fire)(Worker&, Timer&)) {
  while (Timer* timer = batch) {
    unlink(*timer);
    --armed_;
    fire(worker, *timer);
  }
}

void TimerWheel::advance(Millis now, Worker& worker, void (*how)(Worker&, Timer&)) {
  if (overdue_) {
    Timer* batch = nullptr;
    take_reversed(overdue_, batch);
    fire(batch, worker, how);
  }
  while (now_ < now) {
    const Millis step = next_step(now + 1);
    if (step > now) {
      now_ = now;
      return;
    }
    now_ = step;
    if ((step & ((Millis{1} << (kBits * kLevels)) - 1)) == 0 && far_) {
      Timer* batch = nullptr;
      take_reversed(far_, batch);
      while (Timer* timer = batch) {
        unlink(*timer);
        put(*timer);
      }
    }
    for (int level = kLevels - 1; level > 0; --level)
      if ((step & ((Millis{1} << (level * kBits)) - 1)) == 0) cascade(level);
    const int slot = static_cast<int>(step) & (kSlots - 1);
    Timer* batch = nullptr;
    take_reversed(slots_[0][slot], batch);
    used_[0][slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    fire(batch, worker, how);
  }
}

}  // namespace strowger
