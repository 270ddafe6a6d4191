// Stateful scripts that the simulation runs, as their compiled routes would be. What they do by chance comes from the worker's
// random numbers, so that a seed says it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>

#include "runtime/abi/image.h"

namespace strowger::simtest {

struct Script {
  const char* name;
  RouteFunction request;
  bool waits = false;      ///< routes may wait up to kLongestWait: effects come later than their cause
  int silent = 29900, ringing = 119900;   ///< milliseconds after which a branch may have timed out
};
inline constexpr int kLongestWait = 1500;

/// `count` gets their number.
const Script* scripts(std::size_t& count);
/// Of the image: tm, rr.
void fill_image(ScriptImage& image, const Script& script);

}  // namespace strowger::simtest
