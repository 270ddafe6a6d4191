// Memory of one message or transaction: bump allocation in chunks from a pool; freed all at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "runtime/abi/values.h"
#include "runtime/sip/slab_pool.h"

namespace strowger::sip {

/// Fixed-size chunks, recycled. One per worker; not thread-safe.
class ChunkPool {
 public:
  static constexpr std::size_t kChunk = 4032;   ///< 63 cache lines: chunks begin in all sets of a cache
  ChunkPool();

  struct Chunk { Chunk* next; std::size_t size; };   ///< header in front of the payload; size counts the header
  /// kChunk bytes in all.
  Chunk* take() {
    if (Chunk* const chunk = std::exchange(spare_, nullptr)) return chunk;
    return take_new();
  }
  Chunk* take_large(std::size_t payload);
  /// For what is small and stays: `payload` rounded up to the next multiple of kSmallStep. Null above kSmall.
  Chunk* take_small(std::size_t payload);
  void give(Chunk* chunk) {
    if (!kSingleObjects && chunk->size == kChunk && spare_ == nullptr && limit_ == SIZE_MAX) {
      spare_ = chunk;            // most messages need one, and one after the other
    } else {
      give_back(chunk);
    }
  }
  void trim();                                       ///< about once a second: gives memory back to the system
  std::size_t chunks_in_use() const { return in_use_ - (spare_ ? 1 : 0); }
  std::size_t bytes_in_use() const { return bytes_ - (spare_ ? kChunk : 0); }
  /// No more than `chunks` in use at once; take() gives null then, as where memory has ended.
  void set_limit(std::size_t chunks) {
    if (spare_) give_back(std::exchange(spare_, nullptr));
    limit_ = chunks;
  }

 private:
  Chunk* take_new();
  void give_back(Chunk* chunk);
  static constexpr std::size_t kSmallStep = 128, kSmall = 2048;
  SlabPool chunks_;
  SlabPool small_[kSmall / kSmallStep];
  Chunk* spare_ = nullptr;                           ///< of kChunk bytes, the next to be taken; counted as in use
  std::size_t in_use_ = 0, bytes_ = 0, limit_ = SIZE_MAX;
};

/// Movable, so that a transaction can take over the arena of the message that created it.
/// Everything allocated must be trivially destructible.
class Arena {
 public:
  static constexpr std::size_t kMaxBytes = 16 << 20;  ///< a run that wants more gets null from allocate()

  explicit Arena(ChunkPool& pool) : pool_(&pool) {}
  ~Arena() {
    while (chunks_) pool_->give(std::exchange(chunks_, chunks_->next));
  }
  Arena(Arena&& other) noexcept { *this = std::move(other); }
  Arena& operator=(Arena&& other) noexcept;

  /// Uninitialised, 8-byte aligned; null when the arena's limit is reached.
  void* allocate(std::size_t bytes) {
    if (bytes > kMaxBytes) return nullptr;
    bytes = bytes ? (bytes + 7) & ~std::size_t{7} : 8;
    if (bytes <= static_cast<std::size_t>(end_ - at_)) {
      void* p = at_;
      at_ += bytes;
      return p;
    }
    return allocate_slow(bytes);
  }
  /// As allocate(), from the chunk at hand; null where that has no room.
  void* try_allocate(std::size_t bytes) {
    bytes = (bytes + 8) & ~std::size_t{7};   // never 0
    if (bytes > static_cast<std::size_t>(end_ - at_)) return nullptr;
    void* p = at_;
    at_ += bytes;
    __builtin_assume(p != nullptr);
    return p;
  }
  template <class T, class... A>
  T* make(A&&... args) {
    void* p = allocate(sizeof(T));
    return p ? new (p) T{std::forward<A>(args)...} : nullptr;
  }
  template <class T>
  T* make_array(std::size_t n) {
    if (n > kMaxBytes / sizeof(T)) return nullptr;
    return static_cast<T*>(allocate(n * sizeof(T)));
  }
  /// A copy that lives as long as the arena; null stays null.
  Text copy(Text t) {
    if (t.is_null()) return t;
    char* p = static_cast<char*>(allocate(t.len ? t.len : 1));
    if (!p) return Text::failed();
    if (t.len) std::memcpy(p, t.ptr, t.len);
    return {p, t.len};
  }
  /// Gives back the unused tail of the last allocation. Does nothing when that got a chunk of its own.
  void shrink(void* p, std::size_t used) {
    char* const tail = static_cast<char*>(p) + ((used + 7) & ~std::size_t{7});
    if (chunks_ && p >= chunks_ + 1 && tail <= at_) at_ = tail;
  }
  /// An empty arena gets a block of just this size, when it is small; false when it is not, or memory ends.
  bool begin(std::size_t bytes);
  void clear() {
    while (chunks_) pool_->give(std::exchange(chunks_, chunks_->next));
    at_ = end_ = nullptr;
    total_ = 0;
  }
  std::size_t bytes() const { return total_; }
  ChunkPool& pool() { return *pool_; }

 private:
  void* allocate_slow(std::size_t bytes);
  ChunkPool* pool_ = nullptr;
  ChunkPool::Chunk* chunks_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t total_ = 0;
};

}  // namespace strowger::sip
