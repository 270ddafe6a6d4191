// Rings and bells. A bell is an eventfd that is written only when nobody has rung it since the last look.
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
  if (line.rung.exchange(true)) return;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is awake anyway.
  static_cast<void>(!::write(line.bell.get(), &one, sizeof one));
}

void Fabric::quiet(std::uint32_t worker) {
  Line& line = *lines_[worker];
  std::uint64_t count = 0;
  static_cast<void>(!::read(line.bell.get(), &count, sizeof count));
  line.rung.exchange(false);   // reads, too: what was pushed before the ring is seen after it
}

}  // namespace strowger::server
