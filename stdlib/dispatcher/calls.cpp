// The table of calls.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dispatcher/calls.h"

namespace strowger::dispatcher {

bool Calls::add(std::string_view call_id, CallPlace place, Millis expires) {
  Shard& shard = shard_of(call_id);
  const std::lock_guard guard(shard.lock);
  return shard.calls.size() < kMaxCalls &&
         shard.calls.try_emplace(std::string(call_id), Entry{std::move(place), expires}).second;
}

bool Calls::move(std::string_view call_id, CallPlace place, CallPlace& out) {
  Shard& shard = shard_of(call_id);
  const std::lock_guard guard(shard.lock);
  const auto it = shard.calls.find(std::string(call_id));
  if (it == shard.calls.end()) return false;
  out = std::exchange(it->second.place, std::move(place));
  return true;
}

bool Calls::confirm(std::string_view call_id, Millis expires) {
  Shard& shard = shard_of(call_id);
  const std::lock_guard guard(shard.lock);
  const auto it = shard.calls.find(std::string(call_id));
  if (it == shard.calls.end()) return false;
  it->second.expires = expires;
  return true;
}

bool Calls::remove(std::string_view call_id, CallPlace& out) {
  Shard& shard = shard_of(call_id);
  const std::lock_guard guard(shard.lock);
  const auto it = shard.calls.find(std::string(call_id));
  if (it == shard.calls.end()) return false;
  out = std::move(it->second.place);
  shard.calls.erase(it);
  return true;
}

void Calls::expire(Millis now, const std::function<void(const CallPlace&)>& gone) {
  for (Shard& shard : shards_) {
    const std::lock_guard guard(shard.lock);
    std::erase_if(shard.calls, [&](const auto& call) {
      if (call.second.expires > now) return false;
      gone(call.second.place);
      return true;
    });
  }
}

}  // namespace strowger::dispatcher
