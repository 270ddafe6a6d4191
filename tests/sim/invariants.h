// What must hold of every run, whatever was lost, late or torn: read from the trace of a world's network.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

#include "runtime/sim/world.h"
#include "tests/sim/scripts.h"

namespace strowger::simtest {

struct Expectations {
  const Script* script = nullptr;
  bool memory_ended = false;     ///< allocations failed: requests may stay unanswered
};

/// What does not hold, one line each with its reason.
std::vector<std::string> broken_invariants(const sim::World& world, const sip::Address& proxy, const Expectations& expectations);

}  // namespace strowger::simtest
