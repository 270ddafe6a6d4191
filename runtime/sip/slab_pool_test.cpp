// Slabs: every object its own place, what was given is taken again, empty slabs go back to the system.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/slab_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace strowger::sip {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STROWGER_SINGLE_OBJECTS 1
#endif
#endif

constexpr std::size_t kSize = 4032;
constexpr std::size_t kEach = (SlabPool::kSlab - 64) / kSize;

TEST(SlabPool, objects_do_not_overlap_and_are_taken_again) {
  SlabPool pool(kSize);
  std::vector<void*> taken;
  for (std::size_t i = 0; i < 3 * kEach; ++i) {
    void* object = pool.take();
    ASSERT_TRUE(object);
    std::memset(object, static_cast<int>(i), kSize);
    taken.push_back(object);
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto* bytes = static_cast<unsigned char*>(taken[i]);
    EXPECT_EQ(bytes[0], i & 255);
    EXPECT_EQ(bytes[kSize - 1], i & 255);
  }
  const std::set<void*> before(taken.begin(), taken.end());
  EXPECT_EQ(before.size(), taken.size());
  for (void* object : taken) pool.give(object);
#ifndef STROWGER_SINGLE_OBJECTS
  EXPECT_EQ(pool.slabs(), 3u);
  for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_TRUE(before.contains(pool.take()));
  EXPECT_EQ(pool.slabs(), 3u);
#endif
}

#ifndef STROWGER_SINGLE_OBJECTS
TEST(SlabPool, empty_slabs_go_back_to_the_system_but_not_at_once) {
  SlabPool pool(kSize);
  std::vector<void*> taken;
  for (std::size_t i = 0; i < 20 * kEach; ++i) taken.push_back(pool.take());
  pool.trim();
  EXPECT_EQ(pool.slabs(), 20u);
  void* const kept = taken[5 * kEach];
  std::memset(kept, 7, kSize);
  for (void* object : taken)
    if (object != kept) pool.give(object);
  pool.trim();                                   // they were in use since the last time
  EXPECT_EQ(pool.slabs(), 20u);
  pool.trim();
  EXPECT_EQ(pool.slabs(), 18u);
  for (int i = 0; i < 40; ++i) pool.trim();
  EXPECT_EQ(pool.slabs(), 2u);                   // an empty one, and the one in use
  EXPECT_EQ(static_cast<char*>(kept)[kSize - 1], 7);
  for (std::size_t i = 0; i < 2 * kEach; ++i) std::memset(pool.take(), 1, kSize);
  EXPECT_EQ(static_cast<char*>(kept)[kSize - 1], 7);
}

TEST(SlabPool, a_slab_that_was_needed_meanwhile_stays) {
  SlabPool pool(kSize);
  std::vector<void*> taken;
  for (std::size_t i = 0; i < 4 * kEach; ++i) taken.push_back(pool.take());
  for (int round = 0; round < 10; ++round) {
    for (void* object : taken) pool.give(object);
    for (void*& object : taken) object = pool.take();
    pool.trim();
  }
  EXPECT_EQ(pool.slabs(), 4u);
}
#endif

}  // namespace
}  // namespace strowger::sip
