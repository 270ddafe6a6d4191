// What all workers and the RPC commands share of cfgutils.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>

#include "runtime/script/process.h"

namespace strowger::cfgutils {

struct Knobs {
  std::atomic<Int> chance{0};
  std::atomic<std::uint32_t> flags{0};
};
Knobs& knobs_of(const Process& process);

/// 2^power locks; before workers run.
void make_locks(Process& process, unsigned power);

}  // namespace strowger::cfgutils
