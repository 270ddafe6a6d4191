// For tests: a proxy in a child process over a script that is written here, in C++.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "runtime/abi/image.h"

namespace strowger::server::test {

/// A child that runs run_proxy(); its stderr and stdout are read by the parent.
class ForkedProxy {
 public:
  ForkedProxy(const ScriptImage& image, std::vector<std::string> arguments);
  ~ForkedProxy();                                  ///< SIGKILL, if it still runs
  ForkedProxy(const ForkedProxy&) = delete;
  ForkedProxy& operator=(const ForkedProxy&) = delete;

  /// Reads output until it has `part`; false when it ended or took longer than `limit`.
  bool wait_for(std::string_view part, std::chrono::milliseconds limit = std::chrono::seconds(20));
  bool wait_ready() { return wait_for("\nready\n"); }
  void signal(int number) const;
  /// Waits for the end; the exit code, -1 on a signal or when it took longer than `limit`.
  int wait_exit(std::chrono::milliseconds limit = std::chrono::seconds(20));
  std::string output;                              ///< all that was read so far
  pid_t pid() const { return pid_; }

 private:
  bool read_some(int milliseconds);
  pid_t pid_ = -1;
  int pipe_ = -1;
  bool ended_ = false;
};

}  // namespace strowger::server::test
