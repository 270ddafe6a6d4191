// Work that takes time (reading a table again), done in a thread of its own while the script that wants it waits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/script/worker.h"

namespace strowger {

/// One thing at a time. Lives in a module's state; its end waits for the work.
class Aside {
 public:
  enum class Result : std::uint8_t { Done, Busy, Gone };
  Aside() = default;
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside();

  /// Runs `work`, which must own or outlive all that it touches, and waits. Busy: other work is not done yet, nothing is run.
  /// Gone: the script could not wait; the work goes on by itself.
  Result run(Worker& worker, std::function<void()> work);

 private:
  std::atomic<bool> busy_{false};
  std::mutex lock_;                        ///< of `thread_`, which may end before it is stored there
  std::thread thread_;
};

}  // namespace strowger
