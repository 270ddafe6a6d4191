// Records stand in one piece: where one would wrap, the rest of the buffer is skipped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/hand_off_ring.h"

#include <sys/mman.h>

namespace strowger::net {

HandOffRing::HandOffRing(std::size_t capacity) : capacity_(capacity) {
  void* memory = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) memory_ = static_cast<char*>(memory);
}

HandOffRing::~HandOffRing() {
  if (memory_ != nullptr) munmap(memory_, capacity_);
}

bool HandOffRing::push(HandOff what, Text bytes) {
  const std::size_t size = size_of(bytes.len);
  if (size > capacity_ / 2) return false;
  std::uint64_t at = written_.load(std::memory_order_relaxed);
  const std::size_t place = at & (capacity_ - 1), to_end = capacity_ - place;
  const std::size_t skip = size > to_end ? to_end : 0;
  if (at + skip + size - read_seen_ > capacity_) {
    read_seen_ = read_.load(std::memory_order_acquire);
    if (at + skip + size - read_seen_ > capacity_) return false;
  }
  if (skip > 0) {
    // Less than a header may be left: the reader then knows without one.
    if (to_end >= sizeof(HandOff)) {
      HandOff mark;
      mark.kind = HandOff::Kind::Skip;
      std::memcpy(memory_ + place, &mark, sizeof mark);
    }
    at += skip;
  }
  what.length = static_cast<std::uint32_t>(bytes.len);
  char* out = memory_ + (at & (capacity_ - 1));
  std::memcpy(out, &what, sizeof what);
  if (bytes.len > 0) std::memcpy(out + sizeof what, bytes.ptr, bytes.len);
  written_.store(at + size, std::memory_order_release);
  return true;
}

bool HandOffRing::front(HandOff& what, Text& bytes) {
  for (;;) {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    if (at == written_seen_) {
      written_seen_ = written_.load(std::memory_order_acquire);
      if (at == written_seen_) return false;
    }
    const std::size_t place = at & (capacity_ - 1), to_end = capacity_ - place;
    bool skip = to_end < sizeof(HandOff);
    if (!skip) {
      std::memcpy(&what, memory_ + place, sizeof what);
      skip = what.kind == HandOff::Kind::Skip;
    }
    if (skip) {
      read_.store(at + to_end, std::memory_order_release);
      continue;
    }
    bytes = {memory_ + place + sizeof what, what.length};
    return true;
  }
}

void HandOffRing::pop() {
  const std::uint64_t at = read_.load(std::memory_order_relaxed);
  HandOff what;
  std::memcpy(&what, memory_ + (at & (capacity_ - 1)), sizeof what);
  read_.store(at + size_of(what.length), std::memory_order_release);
}

}  // namespace strowger::net
