// Chance, flags and locks of all workers, hashes, routes by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "cfgutils.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/core_hash.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

/// A lock is held by a worker, not by a thread: a script may take it again, and its end gives it back.
struct Lock {
  std::atomic<std::uint32_t> owner{0};  ///< worker index plus one; 0: free
  std::uint32_t depth = 0;              ///< written by the owner only
};

/// All workers read and write it.
struct Shared {
  std::atomic<Int> chance{0};
  std::atomic<std::uint32_t> flags{0};
  std::unique_ptr<Lock[]> locks;
  std::uint32_t lock_count = 0;
};

Shared& shared(Call& call) { return *static_cast<Shared*>(call.process().module_state[Cfgutils::slot]); }

bool bit_of(Call& call, Int flag, std::uint32_t& bit) {
  if (flag < 0 || flag > 31) {
    log_line(call, LogLevel::Err, "cfgutils", {"there is no flag ", flag});
    return false;
  }
  bit = 1u << flag;
  return true;
}

RouteFunction find_route(Call& call, Text name) {
  const ScriptImage& image = call.process().image;
  for (std::uint64_t i = 0; i < image.route_count; ++i)
    if (image.routes[i].kind == kRequestRoute && Operators::text_eq(image.routes[i].name, name))
      return image.routes[i].function;
  return nullptr;
}

/// FNV-1a.
std::uint32_t hash(std::uint32_t h, Text text) {
  for (std::size_t i = 0; i < text.len; ++i) h = (h ^ static_cast<unsigned char>(text.ptr[i])) * 16777619u;
  return h;
}

/// The key's lock; null (and a log line) when lock_set_size is 0.
Lock* lock_of(Call& call, Text key) {
  Shared& state = shared(call);
  if (state.lock_count == 0) {
    log_line(call, LogLevel::Err, "cfgutils", {"there are no locks: lock_set_size is 0"});
    return nullptr;
  }
  return &state.locks[hash(2166136261u, key) & (state.lock_count - 1)];
}

bool take(Call& call, Lock& lock) {
  const std::uint32_t me = call.worker->index + 1;
  std::uint32_t owner = 0;
  if (!lock.owner.compare_exchange_strong(owner, me, std::memory_order_acquire) && owner != me) return false;
  ++lock.depth;
  return true;
}

constexpr Int kLongestPause = INT32_MAX;

Code pause(Call& call, Int milliseconds) {
  if (milliseconds <= 0 || call.worker->scripts.sleep(milliseconds)) return 1;
  log_line(call, LogLevel::Err, "cfgutils", {"the script cannot wait: too many do, or the proxy ends"});
  return -1;
}

/// Others hold locks for the rest of a script run at most; one that waits longer than this reports it.
constexpr int kPatience = 1000000;

}  // namespace

void Cfgutils::start(Process& process) {
  auto* state = new Shared;
  state->chance = Param::initial_probability;
  state->flags = static_cast<std::uint32_t>(Param::initial_gflags);
  if (Param::lock_set_size > 0) {
    state->lock_count = 1u << Param::lock_set_size;
    state->locks = std::make_unique<Lock[]>(state->lock_count);
  }
  process.module_state[slot] = state;
}

void Cfgutils::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Cfgutils::rand_set_prob(Call& call, Int percent) {
  if (percent < 0 || percent > 100) {
    log_line(call, LogLevel::Err, "cfgutils", {percent, " is no percentage"});
    return -1;
  }
  shared(call).chance = percent;
  return 1;
}

Code Cfgutils::rand_reset_prob(Call& call) {
  shared(call).chance = Param::initial_probability;
  return 1;
}

Code Cfgutils::rand_get_prob(Call& call) { return static_cast<Code>(shared(call).chance.load()); }

Code Cfgutils::rand_event(Call& call) {
  const auto draw = static_cast<Int>(call.worker->random() % 100);
  return draw < shared(call).chance.load() ? 1 : -1;
}

Code Cfgutils::sleep(Call& call, Int seconds) { return pause(call, seconds <= kLongestPause / 1000 ? seconds * 1000 : kLongestPause); }
Code Cfgutils::usleep(Call& call, Int microseconds) {
  return pause(call, microseconds <= kLongestPause * 1000 ? (microseconds + 999) / 1000 : kLongestPause);
}

Code Cfgutils::set_gflag(Call& call, Int flag) {
  std::uint32_t bit = 0;
  if (!bit_of(call, flag, bit)) return -1;
  shared(call).flags |= bit;
  return 1;
}

Code Cfgutils::reset_gflag(Call& call, Int flag) {
  std::uint32_t bit = 0;
  if (!bit_of(call, flag, bit)) return -1;
  shared(call).flags &= ~bit;
  return 1;
}

Code Cfgutils::is_gflag(Call& call, Int flag) {
  std::uint32_t bit = 0;
  return bit_of(call, flag, bit) && shared(call).flags.load() & bit ? 1 : -1;
}

Code Cfgutils::lock(Call& call, Text key) {
  Lock* lock = lock_of(call, key);
  if (!lock) return -1;
  for (int i = 0; i < kPatience; ++i) {
    if (take(call, *lock)) return 1;
    std::this_thread::yield();
  }
  log_line(call, LogLevel::Err, "cfgutils", {"the lock of \"", key, "\" is not given back"});
  return -1;
}

Code Cfgutils::trylock(Call& call, Text key) {
  Lock* lock = lock_of(call, key);
  return lock && take(call, *lock) ? 1 : -1;
}

Code Cfgutils::unlock(Call& call, Text key) {
  Lock* lock = lock_of(call, key);
  if (!lock || lock->owner.load(std::memory_order_relaxed) != call.worker->index + 1) return -1;
  if (--lock->depth == 0) lock->owner.store(0, std::memory_order_release);
  return 1;
}

void Cfgutils::script_end(Call& call) {
  Shared& state = shared(call);
  for (std::uint32_t i = 0; i < state.lock_count; ++i) {
    Lock& lock = state.locks[i];
    if (lock.owner.load(std::memory_order_relaxed) != call.worker->index + 1) continue;
    lock.depth = 0;
    lock.owner.store(0, std::memory_order_release);
  }
}

Code Cfgutils::check_route_exists(Call& call, Text name) { return find_route(call, name) ? 1 : -1; }

Code Cfgutils::route_if_exists(Call& call, Text name) {
  const RouteFunction route = find_route(call, name);
  if (!route) return -1;
  if (!Operators::enter_route(&call, name, 100)) return -1;
  const Int code = route(&call);
  Operators::leave_route(&call);
  return static_cast<Code>(code);
}

Int Cfgutils::get_RANDOM(Call& call) { return static_cast<Int>(call.worker->random() >> 33); }

Code Cfgutils::core_hash(Call&, Text a, Text b, Int size) {
  const std::uint32_t hash = core_hash_of(core_hash_sum(a) + core_hash_sum(b));
  const std::uint64_t slots = size <= 0 ? 2 : size < 32 ? std::uint64_t{1} << size : 1;
  return static_cast<Code>((hash & (slots - 1)) + 1);
}

}  // namespace strowger
