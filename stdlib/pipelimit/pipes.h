// All pipes of the process, by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "pipelimit.interface.h"
#include "runtime/script/rate_pipe.h"

namespace strowger::pipelimit {

class Pipes {
 public:
  static constexpr std::size_t kMostOfShard = 4096, kMaxName = 256, kShards = 32;

  RateClock clock;
  std::mutex load_mutex;
  RateLoad load;                     ///< under its mutex
  std::atomic<bool> steered = false; ///< there is, or was, a pipe with FEEDBACK
  std::uint64_t measured = 0;        ///< worker 0: the interval in which the load was
  std::uint64_t now(const Worker& worker) const { return clock.interval(worker, Pipelimit::Param::timer_interval); }

  /// Runs `f(pipe)` under its lock; false when there is no such pipe.
  template <class F>
  bool with(std::string_view name, F f) {
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    const auto at = shard.pipes.find(name);
    if (at == shard.pipes.end()) return false;
    f(at->second);
    return true;
  }
  /// As with(); makes the pipe first where there is none. False when there is no room for it.
  template <class F>
  bool with_new(std::string_view name, RatePipe::Algorithm algorithm, std::uint64_t interval, F f) {
    if (name.size() > kMaxName) return false;
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    auto at = shard.pipes.find(name);
    if (at == shard.pipes.end()) {
      if (shard.pipes.size() >= kMostOfShard) return false;
      at = shard.pipes.emplace(std::string(name), RatePipe{}).first;
      at->second.algorithm = algorithm;
      at->second.interval = interval;
    }
    f(at->second);
    return true;
  }
  template <class F>
  void each(F f) {
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      for (auto& [name, pipe] : shard.pipes) f(name, pipe);
    }
  }
  /// Removes pipes that were not used for clean_unused intervals, of one shard a call.
  void clean(std::uint64_t now) {
    Shard& shard = shards_[next_clean_++ % kShards];
    std::lock_guard lock(shard.mutex);
    for (auto at = shard.pipes.begin(); at != shard.pipes.end();) {
      RatePipe& pipe = at->second;
      pipe.roll(now);
      const bool unused = pipe.counter == 0 && pipe.unused >= static_cast<std::uint64_t>(Pipelimit::Param::clean_unused);
      at = unused ? shard.pipes.erase(at) : std::next(at);
    }
  }

 private:
  struct Shard {
    std::mutex mutex;                 ///< held for a search and a few additions
    std::map<std::string, RatePipe, std::less<>> pipes;
  };
  Shard& shard_of(std::string_view name) { return shards_[std::hash<std::string_view>{}(name) % kShards]; }
  std::array<Shard, kShards> shards_;
  std::size_t next_clean_ = 0;
};

void steer(Pipes& pipes);

/// The pipes of the table in db_url, if there is one. False and `why`.
bool load_pipes(const Process& process, Pipes& pipes, std::string& why);

inline Pipes& pipes_of(Worker& worker) { return *static_cast<Pipes*>(worker.process.module_state[Pipelimit::slot]); }

}  // namespace strowger::pipelimit
