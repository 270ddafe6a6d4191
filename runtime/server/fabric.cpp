// Rings and bells. A bell is an eventfd that is written only when its worker may sleep and nobody has rung it since the last look.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/fabric.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace strowger::server {

Fabric::Fabric(std::uint32_t workers) : workers_(workers) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    lines_.push_back(std::make_unique<Line>());
    lines_.back()->bell = net::Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    lines_.back()->pending.resize(workers);
    good_ = good_ && lines_.back()->bell;
    for (std::uint32_t to = 0; to < workers; ++to) {
      rings_.push_back(to == i ? nullptr : std::make_unique<net::HandOffRing>());
      good_ = good_ && (to == i || rings_.back()->good());
    }
  }
}

bool Fabric::push(std::uint32_t from, std::uint32_t to, const net::HandOff& what, Text bytes) {
  Line& line = *lines_[from];
  line.pending[to] = 1;
  line.any_pending = true;
  if (ring_between(from, to).push(what, bytes)) return true;
  dropped_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Fabric::ring_bells(std::uint32_t from) {
  Line& line = *lines_[from];
  if (!line.any_pending) return;
  line.any_pending = false;
  for (std::uint32_t to = 0; to < workers_; ++to) {
    if (line.pending[to] == 0) continue;
    line.pending[to] = 0;
    ring(to);
  }
}

void Fabric::ring(std::uint32_t worker) {
  Line& line = *lines_[worker];
  State state = line.state.load();
  for (;;) {
    if (state == State::Rung || state == State::RungBusy) {
      // As it was, but not before what this thread did: the worker's exchange comes after it.
      if (line.state.compare_exchange_weak(state, state)) return;
    } else if (line.state.compare_exchange_weak(state, state == State::Busy ? State::RungBusy : State::Rung)) {
      break;
    }
  }
  if (state == State::Busy) return;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is awake anyway.
  static_cast<void>(!::write(line.bell.get(), &one, sizeof one));
}

void Fabric::quiet(std::uint32_t worker) {
  Line& line = *lines_[worker];
  std::uint64_t count = 0;
  static_cast<void>(!::read(line.bell.get(), &count, sizeof count));
  line.state.exchange(State::Busy);   // reads, too: what was pushed before the ring is seen after it
}

void Fabric::busy(std::uint32_t worker) {
  State asleep = State::Asleep;
  lines_[worker]->state.compare_exchange_strong(asleep, State::Busy);   // where the bell was rung it will be heard
}

bool Fabric::idle(std::uint32_t worker) {
  Line& line = *lines_[worker];
  State state = State::Busy;
  if (line.state.compare_exchange_strong(state, State::Asleep) || state != State::RungBusy) return true;
  line.state.exchange(State::Busy);
  return false;
}

}  // namespace strowger::server
