// One seed: a world made by chance, run to its end, and checked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strowger::simtest {

enum class Links : std::uint8_t { Datagrams, Streams };

struct Outcome {
  std::vector<std::string> broken;
  std::string ladder;            ///< when something is broken, or asked for
  std::string description;
  std::size_t packets = 0, calls = 0;
};

Outcome run_seed(std::uint64_t seed, Links links, bool want_ladder = false);

}  // namespace strowger::simtest
