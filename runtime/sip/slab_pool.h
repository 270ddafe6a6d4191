// Objects of one size, in slabs of 2 MB from the system: no call of the allocator while there is a free one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// glibc grows the heap of a thread by one mprotect() for every 4 KB, and each of those pages is then faulted in alone: a
// third of what a busy stateful proxy did. A slab is one mapping whose pages are asked for in groups, as they are needed.
// (Huge pages were slower: they are cleared while somebody waits, and in virtual machines fetched from the host.)
#pragma once

#include <cstddef>
#include <cstdint>

namespace strowger::sip {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STROWGER_SINGLE_OBJECTS 1
#endif
#endif
/// Each object is one of the allocator's, so that the sanitizer sees who uses it too long.
#ifdef STROWGER_SINGLE_OBJECTS
inline constexpr bool kSingleObjects = true;
#else
inline constexpr bool kSingleObjects = false;
#endif

/// One per worker and kind; not thread-safe. What is free stays at hand, trim() gives it back to the system over time.
class SlabPool {
 public:
  static constexpr std::size_t kSlab = std::size_t{2} << 20;

  /// `size` of each object: a multiple of 8, at most kSlab / 16.
  explicit SlabPool(std::size_t size);
  ~SlabPool();                             ///< whatever was taken is gone
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  void* take();                            ///< `size` bytes, uninitialised, 8-byte aligned; null when memory ends
  void give(void* object);                 ///< what take() gave
  /// To be called about once a second: unmaps some of the slabs that were empty all the time since the last call.
  void trim();
  std::size_t slabs() const { return slabs_; }

 private:
  struct Object { Object* next; };
  struct Slab {
    Slab* next;                            ///< of the slabs with a free object: a ring
    Slab* previous;
    Object* free;
    std::uint32_t used;
    std::uint32_t fresh;                   ///< so many were ever taken: those behind are not on `free`
    std::uint32_t present;                 ///< so many bytes have their pages
    Slab* next_of_all;
    Slab* previous_of_all;
  };
  bool add_slab();
  void* take_fresh(Slab* slab);
  void link(Slab* slab);
  void unlink(Slab* slab);
  void unmap(Slab* slab);

  std::size_t size_;
  std::uint32_t each_;                     ///< objects in a slab
  Slab* open_ = nullptr;                   ///< one with a free object, the next to take from
  Slab* all_ = nullptr;
  std::size_t slabs_ = 0, empty_ = 0, least_empty_ = 0;
};

}  // namespace strowger::sip
