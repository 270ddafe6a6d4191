// A reply to OPTIONS takes nothing from the global allocator once the worker is warm.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "runtime/script/test_world.h"
#include "sl.interface.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STROWGER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define STROWGER_TSAN 1     // its own operators cannot be replaced: nothing is counted
#endif
#endif

namespace {

thread_local bool g_counting = false;
thread_local long g_allocations = 0;

[[maybe_unused]] void* take(std::size_t bytes) {
  if (g_counting) ++g_allocations;
  if (void* p = std::malloc(bytes ? bytes : 1)) return p;
  throw std::bad_alloc();
}

}  // namespace

#ifndef STROWGER_TSAN
void* operator new(std::size_t bytes) { return take(bytes); }
void* operator new[](std::size_t bytes) { return take(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
#ifndef STROWGER_ASAN   // there each object of a pool comes from here (slab_pool.cpp)
  if (g_counting) ++g_allocations;
#endif
  return std::malloc(bytes ? bytes : 1);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& nothrow) noexcept { return operator new(bytes, nothrow); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace strowger {
namespace {

Int reply_ok(Call* call) { return Sl::sl_send_reply(*call, 200, "OK"); }

TEST(Allocations, AReplyToOptionsMakesNone) {
  TestWorld world;
  ModuleImage sl;
  sl.name = "sl";
  sl.start = Sl::start;
  sl.worker_start = Sl::worker_start;
  sl.request_in = Sl::request_in;
  sl.stop = Sl::stop;
  world.modules = {sl};
  world.image.request_route = reply_ok;
  world.start();
  const std::string request = test_request("OPTIONS", "sip:ping@sip.test", ";rport", "User-Agent: test\r\nAccept: a/b\r\n");
  Arrival arrival;
  arrival.bytes = std::string_view(request);
  arrival.source = {4, 5080, {127, 0, 0, 11}};
  arrival.socket = world.process->sockets.front().get();
  for (int i = 0; i < 3; ++i) world.worker->receive(arrival);
  world.worker->outbox.clear();
  g_allocations = 0;
  g_counting = true;
  for (int i = 0; i < 3; ++i) world.worker->receive(arrival);
  g_counting = false;
  EXPECT_EQ(g_allocations, 0);
  EXPECT_EQ(world.worker->outbox.entries().size(), 3u);
  EXPECT_EQ(world.worker->pool.chunks_in_use(), 0u);
}

}  // namespace
}  // namespace strowger
