// The destinations of a message that are still to be tried, kept in xavps.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/dispatcher/state.h"

namespace strowger::dispatcher {

struct Chosen {
  const Set* set = nullptr;
  const Destination* one = nullptr;
  bool counted = false;  ///< the call is counted: the records carry the duid
};

/// In front of those that are there: one record each, and the number of them. False when memory ends.
bool keep(Call& call, const std::vector<Chosen>& chosen);

/// The record of the destination in use.
struct Kept {
  Int set = 0;
  Text uri, duid;
  const Socket* socket = nullptr;
};
std::optional<Kept> in_use(Call& call);

/// The request URI with the host, port and parameters of a destination; null when it cannot be made.
Text request_uri_at(Call& call, std::string_view destination);

}  // namespace strowger::dispatcher
