// Chunks and their recycling: the memory of messages and transactions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/arena.h"

namespace strowger::sip {

ChunkPool::Chunk* ChunkPool::take() {
  if (in_use_ >= limit_) return nullptr;
  void* const place = chunks_.take();
  if (!place) return nullptr;
  ++in_use_;
  return new (place) Chunk{nullptr, kChunk};
}

ChunkPool::Chunk* ChunkPool::take_large(std::size_t payload) {
  if (payload > Arena::kMaxBytes || in_use_ >= limit_) return nullptr;
  const std::size_t size = payload + sizeof(Chunk);
  auto* chunk = static_cast<Chunk*>(::operator new(size, std::nothrow));
  if (!chunk) return nullptr;
  chunk->next = nullptr;
  chunk->size = size;
  ++in_use_;
  return chunk;
}

void ChunkPool::give(Chunk* chunk) {
  --in_use_;
  if (chunk->size == kChunk) {
    chunks_.give(chunk);
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

// A request that fits no normal chunk gets one of its own, behind the current one, whose rest stays in use.
void* Arena::allocate_slow(std::size_t bytes) {
  if (!pool_) return nullptr;
  const bool large = bytes > ChunkPool::kChunk - sizeof(ChunkPool::Chunk);
  const std::size_t size = large ? bytes + sizeof(ChunkPool::Chunk) : ChunkPool::kChunk;
  if (total_ + size > kMaxBytes) return nullptr;
  ChunkPool::Chunk* chunk = large ? pool_->take_large(bytes) : pool_->take();
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

void Arena::clear() {
  while (chunks_) {
    ChunkPool::Chunk* next = chunks_->next;
    pool_->give(chunks_);
    chunks_ = next;
  }
  at_ = end_ = nullptr;
  total_ = 0;
}

}  // namespace strowger::sip
