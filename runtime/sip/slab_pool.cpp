// Slabs: mapped at multiples of their size, so that an object's address tells its slab.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/slab_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace strowger::sip {
namespace {

constexpr std::size_t kHeader = 64;
constexpr std::size_t kPages = 64 << 10;     ///< bytes whose pages are asked for together
constexpr std::size_t kStaysEmpty = 1;       ///< slabs that trim() leaves
constexpr std::size_t kTrimmedPart = 16;     ///< of the others it takes one in so many, and one more

char* map_slab() {
  constexpr std::size_t kSlab = SlabPool::kSlab;
  void* const memory = mmap(nullptr, 2 * kSlab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(memory);
  const std::size_t before = (kSlab - reinterpret_cast<std::uintptr_t>(begin) % kSlab) % kSlab;
  if (before > 0) munmap(begin, before);
  munmap(begin + before + kSlab, kSlab - before);
  return begin + before;
}

}  // namespace

SlabPool::SlabPool(std::size_t size) : size_(size), each_(static_cast<std::uint32_t>((kSlab - kHeader) / size)) {
  static_assert(sizeof(Slab) <= kHeader);
}

SlabPool::~SlabPool() {
  while (all_) unmap(all_);
}

void SlabPool::link(Slab* slab) {
  if (open_) {
    slab->next = open_;
    slab->previous = open_->previous;
    slab->previous->next = slab;
    open_->previous = slab;
  } else {
    slab->next = slab->previous = slab;
  }
  open_ = slab;
}

void SlabPool::unlink(Slab* slab) {
  slab->previous->next = slab->next;
  slab->next->previous = slab->previous;
  if (open_ == slab) open_ = slab->next == slab ? nullptr : slab->next;
}

void* SlabPool::take() {
  if (kSingleObjects) return ::operator new(size_, std::nothrow);
  if (!open_ && !add_slab()) return nullptr;
  Slab* const slab = open_;
  void* object = slab->free;
  if (object) {
    slab->free = slab->free->next;
  } else {
    object = take_fresh(slab);
  }
  if (slab->used++ == 0) least_empty_ = std::min(least_empty_, --empty_);
  if (slab->used == each_) unlink(slab);
  return object;
}

void* SlabPool::take_fresh(Slab* slab) {
  char* const memory = reinterpret_cast<char*>(slab);
  const std::size_t at = kHeader + slab->fresh++ * size_;
  while (at + size_ > slab->present) {
#ifdef MADV_POPULATE_WRITE
    static_cast<void>(madvise(memory + slab->present, kPages, MADV_POPULATE_WRITE));   // an old kernel cannot, and need not
#endif
    slab->present += kPages;
  }
  return memory + at;
}

bool SlabPool::add_slab() {
  char* const memory = map_slab();
  if (!memory) return false;
  all_ = new (memory) Slab{nullptr, nullptr, nullptr, 0, 0, 0, all_, nullptr};
  if (all_->next_of_all) all_->next_of_all->previous_of_all = all_;
  ++slabs_;
  ++empty_;
  link(all_);
  return true;
}

void SlabPool::give(void* object) {
  if (kSingleObjects) return ::operator delete(object);
  auto* const slab = reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(object) & ~(kSlab - 1));
  slab->free = new (object) Object{slab->free};
  if (slab->used-- == each_) link(slab);
  if (slab->used == 0) ++empty_;
}

void SlabPool::trim() {
  if (least_empty_ > kStaysEmpty) {
    std::size_t gone = (least_empty_ - kStaysEmpty) / kTrimmedPart + 1;
    for (Slab *slab = open_->previous, *before; gone > 0; slab = before) {   // the least used come last
      before = slab->previous;
      if (slab->used > 0) continue;
      unlink(slab);
      unmap(slab);
      --empty_;
      --gone;
    }
  }
  least_empty_ = empty_;
}

void SlabPool::unmap(Slab* slab) {
  (slab->previous_of_all ? slab->previous_of_all->next_of_all : all_) = slab->next_of_all;
  if (slab->next_of_all) slab->next_of_all->previous_of_all = slab->previous_of_all;
  --slabs_;
  munmap(slab, kSlab);
}

}  // namespace strowger::sip
