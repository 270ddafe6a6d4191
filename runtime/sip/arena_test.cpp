// The arena: alignment, large pieces, recycling, limits, moving.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/arena.h"

#include <gtest/gtest.h>

namespace strowger::sip {
namespace {

TEST(Arena, gives_aligned_memory_that_does_not_overlap) {
  ChunkPool pool;
  Arena arena(pool);
  char* last_end = nullptr;
  for (std::size_t n = 0; n < 300; ++n) {
    auto* p = static_cast<char*>(arena.allocate(n));
    ASSERT_TRUE(p);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 8, 0u);
    std::memset(p, static_cast<int>(n), n);
    EXPECT_NE(p, last_end ? last_end - 1 : nullptr);
    last_end = p + n;
  }
}

TEST(Arena, keeps_small_memory_around_large_pieces) {
  ChunkPool pool;
  Arena arena(pool);
  const Text small = arena.copy("hello");
  auto* large = static_cast<char*>(arena.allocate(100'000));
  ASSERT_TRUE(large);
  std::memset(large, 'x', 100'000);
  arena.shrink(large, 10);  // has a chunk of its own: nothing is given back
  const Text next = arena.copy("world");
  EXPECT_EQ(small.view(), "hello");
  EXPECT_EQ(next.view(), "world");
  EXPECT_EQ(large[99'999], 'x');
  EXPECT_EQ(pool.chunks_in_use(), 2u);
  arena.clear();
  EXPECT_EQ(pool.chunks_in_use(), 0u);
}

TEST(Arena, gives_back_the_tail_of_the_last_piece) {
  ChunkPool pool;
  Arena arena(pool);
  auto* p = static_cast<char*>(arena.allocate(1000));
  arena.shrink(p, 3);
  EXPECT_EQ(arena.allocate(8), p + 8);
}

TEST(Arena, stops_at_its_limit) {
  ChunkPool pool;
  Arena arena(pool);
  EXPECT_EQ(arena.allocate(Arena::kMaxBytes + 1), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.make_array<int>(SIZE_MAX / 2), nullptr);
  std::size_t got = 0;
  while (arena.allocate(1 << 20)) ++got;
  EXPECT_EQ(got, 15u);
  EXPECT_TRUE(arena.copy(Text(std::string_view("x"))).ptr);
}

TEST(Arena, moves_with_its_memory) {
  ChunkPool pool;
  Arena first(pool);
  const Text text = first.copy("kept");
  Arena second(std::move(first));
  EXPECT_EQ(text.view(), "kept");
  EXPECT_EQ(first.bytes(), 0u);
  EXPECT_EQ(second.bytes(), ChunkPool::kChunk);
  EXPECT_TRUE(first.copy("again").ptr);
}

TEST(Arena, one_chunk_is_kept_at_hand_and_counts_as_free) {
  ChunkPool pool;
  const void* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    Arena one(pool), other(pool);
    const void* const place = one.allocate(100);
    if (i > 0 && !kSingleObjects) { EXPECT_EQ(place, first); }
    first = place;
    EXPECT_TRUE(other.allocate(100));
    EXPECT_EQ(pool.chunks_in_use(), 2u);
    EXPECT_EQ(pool.bytes_in_use(), 2 * ChunkPool::kChunk);
    one.clear();
    EXPECT_EQ(pool.chunks_in_use(), 1u);
  }
  EXPECT_EQ(pool.chunks_in_use(), 0u);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  pool.set_limit(1);
  Arena one(pool), other(pool);
  EXPECT_TRUE(one.allocate(100));
  EXPECT_FALSE(other.allocate(100));
  one.clear();
  EXPECT_TRUE(other.allocate(100));
  EXPECT_FALSE(one.allocate(100));
}

TEST(Arena, keeps_the_kinds_of_null) {
  ChunkPool pool;
  Arena arena(pool);
  EXPECT_TRUE(arena.copy(Text::failed()).is_failed());
  EXPECT_FALSE(arena.copy(Text::null()).is_failed());
  EXPECT_FALSE(arena.copy("").is_null());
}

}  // namespace
}  // namespace strowger::sip
