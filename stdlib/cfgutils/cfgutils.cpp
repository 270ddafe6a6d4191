// Chance, flags and locks of all workers, hashes, routes by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "cfgutils.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/core_hash.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/cfgutils/locks.h"

namespace strowger {
namespace {

/// A lock is held by a run of a script, which may take it again; the end of a request's run gives it back.
struct Lock {
  struct Waiter {
    std::uint64_t run;
    Scripts* scripts;
    Ticket ticket;
  };
  std::mutex mutex;                     ///< of the fields; held for a few instructions
  std::uint64_t owner = 0;              ///< run_name(); 0: free
  std::uint32_t depth = 0;
  std::vector<Waiter> waiters;          ///< in order
};

/// All workers read and write it.
struct Shared : cfgutils::Knobs {
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

constexpr Millis kPatience = 10000;   ///< for a lock

/// Names the run in the process.
std::uint64_t run_name(Call& call) {
  if (call.run == 0) call.run = call.worker->scripts.next_run();
  return std::uint64_t{call.worker->index + 1} << 48 | call.run;
}

/// Locks that runs of a worker have taken and not given back.
struct Taken {
  struct One {
    std::uint64_t run;
    Lock* lock;
  };
  std::vector<One> all;
};
Taken& taken_by(Call& call) { return call.state<Taken>(Cfgutils::slot); }

/// With the mutex held: `run` gets the lock if it can.
bool take(Lock& lock, std::uint64_t run) {
  if (lock.owner != 0 && lock.owner != run) return false;
  lock.owner = run;
  ++lock.depth;
  return true;
}

/// Free, or the next waiter's, who goes on then.
void give_back(Lock& lock) {
  const std::lock_guard guard(lock.mutex);
  lock.owner = lock.depth = 0;
  if (lock.waiters.empty()) return;
  const Lock::Waiter next = lock.waiters.front();
  lock.waiters.erase(lock.waiters.begin());
  take(lock, next.run);
  next.scripts->post(next.ticket);
}

/// Waits for the lock; false when it did not get it.
bool wait_for(Call& call, Lock& lock, std::uint64_t run) {
  Scripts& scripts = call.worker->scripts;
  const Ticket ticket = scripts.ticket();
  {
    const std::lock_guard guard(lock.mutex);
    if (take(lock, run)) return scripts.wait(ticket, 0), true;   // given back meanwhile
    lock.waiters.push_back({run, &scripts, ticket});
  }
  static_cast<void>(scripts.wait(ticket, kPatience));
  const std::lock_guard guard(lock.mutex);
  if (lock.owner == run) return true;
  std::erase_if(lock.waiters, [run](const Lock::Waiter& one) { return one.run == run; });
  return false;
}

constexpr Int kLongestPause = INT32_MAX;

/// All workers share one process, and so its memory.
Code tell_memory(Call& call) {
  rusage usage{};
  if (!call.worker->logs(LogLevel::Debug) || ::getrusage(RUSAGE_SELF, &usage) != 0) return 1;
  log_line(call, LogLevel::Debug, "cfgutils", {"the process has used up to ", Int{usage.ru_maxrss}, " KB of memory"});
  return 1;
}

Code pause(Call& call, Int milliseconds) {
  if (milliseconds <= 0 || call.worker->scripts.sleep(milliseconds)) return 1;
  log_line(call, LogLevel::Err, "cfgutils", {"the script cannot wait: too many do, or the proxy ends"});
  return -1;
}

}  // namespace

cfgutils::Knobs& cfgutils::knobs_of(const Process& process) { return *static_cast<Shared*>(process.module_state[Cfgutils::slot]); }

void cfgutils::make_locks(Process& process, unsigned power) {
  auto& state = *static_cast<Shared*>(process.module_state[Cfgutils::slot]);
  state.lock_count = 1U << power;
  state.locks = std::make_unique<Lock[]>(state.lock_count);
}

void Cfgutils::start(Process& process) {
  auto* state = new Shared;
  state->chance = Param::initial_probability;
  state->flags = static_cast<std::uint32_t>(Param::initial_gflags);
  process.module_state[slot] = state;
  if (Param::lock_set_size > 0) cfgutils::make_locks(process, static_cast<unsigned>(Param::lock_set_size));
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

Code Cfgutils::abort(Call&) { std::abort(); }
Code Cfgutils::pkg_status(Call& call) { return tell_memory(call); }
Code Cfgutils::shm_status(Call& call) { return tell_memory(call); }
Code Cfgutils::pkg_summary(Call& call) { return tell_memory(call); }
Code Cfgutils::shm_summary(Call& call) { return tell_memory(call); }

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
  Lock* const lock = lock_of(call, key);
  if (!lock) return -1;
  const std::uint64_t run = run_name(call);
  const Text name = call.arena->copy(key);   // a $var may change while others run
  bool done = false;
  {
    const std::lock_guard guard(lock->mutex);
    done = take(*lock, run);
  }
  if (!done && !wait_for(call, *lock, run)) {
    log_line(call, LogLevel::Err, "cfgutils", {"the lock of \"", name, "\" is not given back"});
    return -1;
  }
  taken_by(call).all.push_back({run, lock});
  return 1;
}

Code Cfgutils::trylock(Call& call, Text key) {
  Lock* const lock = lock_of(call, key);
  if (!lock) return -1;
  const std::uint64_t run = run_name(call);
  {
    const std::lock_guard guard(lock->mutex);
    if (lock->owner != 0 || !take(*lock, run)) return -1;   // also where this run has it
  }
  taken_by(call).all.push_back({run, lock});
  return 1;
}

Code Cfgutils::unlock(Call& call, Text key) {
  Lock* const lock = lock_of(call, key);
  if (!lock) return -1;
  const std::uint64_t run = run_name(call);
  auto& all = taken_by(call).all;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Taken::One& one) { return one.run == run && one.lock == lock; });
  if (found == all.end()) return 1;
  all.erase(found);
  if (lock->depth > 1) {                     // written by its owner only
    --lock->depth;
  } else {
    give_back(*lock);
  }
  return 1;
}

void Cfgutils::worker_start(Worker& worker) {
  auto* const taken = new Taken;
  worker.module_state[slot] = taken;
  worker.cleanups.push_back([taken] { delete taken; });
}

void Cfgutils::script_end(Call& call) {
  auto& all = taken_by(call).all;
  if (all.empty()) return;
  const std::uint64_t run = run_name(call);
  for (const Taken::One& one : all)
    if (one.run == run && --one.lock->depth == 0) give_back(*one.lock);
  std::erase_if(all, [run](const Taken::One& one) { return one.run == run; });
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
