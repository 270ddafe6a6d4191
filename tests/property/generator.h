// Random scripts that the compiler accepts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/property/random.h"
#include "tests/property/tree.h"

namespace strowger::property {

struct GeneratorOptions {
  bool narrow = false;         ///< no values beyond 32 bits and nothing where Strowger differs from Kamailio on purpose
  bool nested = true;          ///< runs inside of runs (a branch route) and waits
  bool calls_by_name = true;   ///< names of routes made at run time: flow analysis then knows little, of all programs
};

/// A program by its seed.
Program random_program(std::uint64_t seed, int id, GeneratorOptions options = {});

}  // namespace strowger::property
