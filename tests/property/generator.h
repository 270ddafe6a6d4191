// Random scripts that the compiler accepts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/property/random.h"
#include "tests/property/tree.h"

namespace strowger::property {

/// A program by its seed. `narrow`: no values beyond 32 bits and nothing where Strowger differs from Kamailio on purpose.
Program random_program(std::uint64_t seed, int id, bool narrow = false);

}  // namespace strowger::property
