// Which contacts of a redirection are taken: filters of the parameters, and those that a route has set.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <memory>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger::uac_redirect {

/// Of the parameters.
struct Defaults {
  std::unique_ptr<Pattern> accept, deny;
  bool accept_others = true;
};

/// One kind of filter as the running route has changed it.
struct Filter {
  static constexpr std::size_t kLimit = 8;
  std::array<Text, kLimit> added;      ///< constants of the script
  std::size_t count = 0;
  bool without_default = false;
};

/// Per worker; forgotten when the route ends.
struct State {
  const Defaults* defaults = nullptr;
  Filter accept, deny;
};

/// False when the flags are unknown or there are too many filters.
bool change(Filter& filter, Text pattern, Text flags);

bool is_taken(Call& call, const State& state, Text uri);

}  // namespace strowger::uac_redirect
