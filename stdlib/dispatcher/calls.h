// Calls that destinations carry: who got which call, for the distribution by load.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/script/timer_wheel.h"

namespace strowger::dispatcher {

/// Where a call is: set and duid.
struct CallPlace {
  std::int64_t set = 0;
  std::string duid;
};

/// Calls by Call-ID, in shards that lock themselves for a look-up or a change. Expired ones are taken out by expire().
class Calls {
 public:
  static constexpr std::size_t kMaxCalls = 1 << 20;  ///< of one shard
  explicit Calls(std::size_t shards) : shards_(shards) {}

  /// False when the call is there already, or there are too many.
  bool add(std::string_view call_id, CallPlace place, Millis expires);
  /// Gives the call to another destination; the one it had in `out`.
  bool move(std::string_view call_id, CallPlace place, CallPlace& out);
  /// The call lasts: its new end.
  bool confirm(std::string_view call_id, Millis expires);
  bool remove(std::string_view call_id, CallPlace& out);
  void expire(Millis now, const std::function<void(const CallPlace&)>& gone);

 private:
  struct Entry {
    CallPlace place;
    Millis expires = 0;
  };
  struct Shard {
    std::mutex lock;
    std::unordered_map<std::string, Entry> calls;
  };
  Shard& shard_of(std::string_view call_id) { return shards_[std::hash<std::string_view>()(call_id) % shards_.size()]; }
  std::vector<Shard> shards_;
};

}  // namespace strowger::dispatcher
