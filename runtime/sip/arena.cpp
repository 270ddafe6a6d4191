// Chunks and their recycling: the memory of messages and transactions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/arena.h"

namespace strowger::sip {

ChunkPool::ChunkPool()
    : chunks_(kChunk),
      small_{SlabPool(128),  SlabPool(256),  SlabPool(384),  SlabPool(512),  SlabPool(640),  SlabPool(768),
             SlabPool(896),  SlabPool(1024), SlabPool(1152), SlabPool(1280), SlabPool(1408), SlabPool(1536),
             SlabPool(1664), SlabPool(1792), SlabPool(1920), SlabPool(2048)} {
  static_assert(sizeof small_ / sizeof small_[0] == 16);
}

ChunkPool::Chunk* ChunkPool::take_new() {
  if (in_use_ >= limit_) return nullptr;
  void* const place = chunks_.take();
  if (!place) return nullptr;
  ++in_use_;
  bytes_ += kChunk;
  return new (place) Chunk{nullptr, kChunk};
}

ChunkPool::Chunk* ChunkPool::take_small(std::size_t payload) {
  const std::size_t size = (payload + sizeof(Chunk) + kSmallStep - 1) / kSmallStep * kSmallStep;
  if (size > kSmall || in_use_ >= limit_) return nullptr;
  void* const place = small_[size / kSmallStep - 1].take();
  if (!place) return nullptr;
  ++in_use_;
  bytes_ += size;
  return new (place) Chunk{nullptr, size};
}

void ChunkPool::trim() {
  chunks_.trim();
  for (SlabPool& pool : small_) pool.trim();
}

ChunkPool::Chunk* ChunkPool::take_large(std::size_t payload) {
  if (payload > Arena::kMaxBytes || in_use_ >= limit_) return nullptr;
  const std::size_t size = payload + sizeof(Chunk);
  auto* chunk = static_cast<Chunk*>(::operator new(size, std::nothrow));
  if (!chunk) return nullptr;
  chunk->next = nullptr;
  chunk->size = size;
  ++in_use_;
  bytes_ += size;
  return chunk;
}

void ChunkPool::give_back(Chunk* chunk) {
  --in_use_;
  bytes_ -= chunk->size;
  if (chunk->size == kChunk) {
    chunks_.give(chunk);
  } else if (chunk->size <= kSmall) {
    small_[chunk->size / kSmallStep - 1].give(chunk);
  } else {
    ::operator delete(chunk);
  }
}

Arena& Arena::operator=(Arena&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  chunks_ = std::exchange(other.chunks_, nullptr);
  at_ = std::exchange(other.at_, nullptr);
  end_ = std::exchange(other.end_, nullptr);
  total_ = std::exchange(other.total_, 0);
  return *this;
}

bool Arena::begin(std::size_t bytes) {
  if (!pool_ || chunks_) return false;
  ChunkPool::Chunk* const chunk = pool_->take_small(bytes);
  if (!chunk) return false;
  total_ = chunk->size;
  chunks_ = chunk;
  at_ = reinterpret_cast<char*>(chunk + 1);
  end_ = reinterpret_cast<char*>(chunk) + chunk->size;
  return true;
}

// A request that fits no normal chunk gets one of its own, behind the current one, whose rest stays in use. The second chunk
// is a small one: few transactions need much more than the first.
void* Arena::allocate_slow(std::size_t bytes) {
  if (!pool_) return nullptr;
  if (!chunks_ && bytes <= ChunkPool::kChunk - sizeof(ChunkPool::Chunk)) [[likely]] {
    ChunkPool::Chunk* const chunk = pool_->take();
    if (!chunk) return nullptr;
    total_ = ChunkPool::kChunk;
    chunk->next = nullptr;
    chunks_ = chunk;
    char* const payload = reinterpret_cast<char*>(chunk + 1);
    at_ = payload + bytes;
    end_ = reinterpret_cast<char*>(chunk) + ChunkPool::kChunk;
    return payload;
  }
  const bool large = bytes > ChunkPool::kChunk - sizeof(ChunkPool::Chunk);
  constexpr std::size_t kSecond = 1024;
  const bool small = chunks_ && !chunks_->next && bytes <= kSecond - sizeof(ChunkPool::Chunk);
  const std::size_t size = large ? bytes + sizeof(ChunkPool::Chunk) : small ? kSecond : ChunkPool::kChunk;
  if (total_ + size > kMaxBytes) return nullptr;
  ChunkPool::Chunk* chunk = large   ? pool_->take_large(bytes)
                            : small ? pool_->take_small(kSecond - sizeof(ChunkPool::Chunk))
                                    : pool_->take();
  if (!chunk) return nullptr;
  total_ += size;
  char* payload = reinterpret_cast<char*>(chunk + 1);
  if (large && chunks_) {
    chunk->next = chunks_->next;
    chunks_->next = chunk;
    return payload;
  }
  chunk->next = chunks_;
  chunks_ = chunk;
  at_ = payload + bytes;
  end_ = reinterpret_cast<char*>(chunk) + size;
  return payload;
}

}  // namespace strowger::sip
