// Work for another worker's connection is posted to its loop.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/stream_hub.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "runtime/net/stream_transport.h"

namespace strowger::server {

bool StreamHub::with(Worker& caller, std::uint32_t connection, std::function<void(Worker&, StreamControl&)> work) {
  if (connection == 0) return false;
  WorkerLoop& owner = *loops_[directory_.owner_of(connection)];
  const auto act = [&owner, connection, work = std::move(work)] {
    return owner.streams().with(connection, [&](StreamControl& control) { work(owner.worker(), control); });
  };
  if (&owner.worker() == &caller) return act();
  owner.worker().scripts.post_job([act] { act(); });
  return true;
}

void StreamHub::list(Worker& caller, std::function<void(std::vector<StreamInfo>)> done) {
  struct Collected {
    std::mutex mutex;
    std::vector<StreamInfo> all;
    std::size_t missing = 0;
  };
  const auto collected = std::make_shared<Collected>();
  collected->missing = loops_.size();
  Scripts& asker = caller.scripts;
  for (const auto& loop : loops_) {
    loop->worker().scripts.post_job([&loop = *loop, &asker, collected, done] {
      std::vector<StreamInfo> own = loop.streams().list();
      const std::lock_guard lock(collected->mutex);
      collected->all.insert(collected->all.end(), own.begin(), own.end());
      if (--collected->missing != 0) return;
      std::sort(collected->all.begin(), collected->all.end(), [](const StreamInfo& a, const StreamInfo& b) { return a.id < b.id; });
      asker.post_job([collected, done] { done(std::move(collected->all)); });
    });
  }
}

void StreamHub::count(std::size_t& all, std::size_t& secure, std::size_t& queued) const {
  all = directory_.count();
  secure = directory_.secure_count();
  queued = directory_.queued();
}

}  // namespace strowger::server
