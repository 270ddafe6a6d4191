// RPC commands about FEEDBACK that modules with rate pipes share: the factors, and a load from elsewhere.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "runtime/script/rate_pipe.h"
#include "runtime/script/rpc.h"

namespace strowger {

inline void tell_factors(RpcCall& call, const RateLoad& load) {
  char text[128];
  const int length = std::snprintf(text, sizeof text, "ki[%f] kp[%f] kd[%f] ", load.ki, load.kp, load.kd);
  call.reply.add(std::string_view(text, static_cast<std::size_t>(length)));
}

/// KI KP KD
inline void set_factors(RpcCall& call, RateLoad& load) {
  double factors[3];
  for (double& factor : factors) {
    const auto given = call.next_double();
    if (!given) return call.refuse(400, "Invalid parameters");
    factor = *given;
  }
  if (!std::all_of(std::begin(factors), std::end(factors), [](double factor) { return factor >= -1e6 && factor <= 1e6; }))
    return call.fault(400, "Invalid parameters");
  load.ki = factors[0];
  load.kp = factors[1];
  load.kd = factors[2];
}

/// 0 to 1; holds until the next one, or until it is measured again.
inline void push_load(RpcCall& call, RateLoad& load) {
  const auto value = call.next_double();
  if (!value) return call.refuse(400, "Value out of range");
  if (!(*value >= 0 && *value <= 1)) return call.fault(400, "Value out of range");
  load.load = *value;
}

}  // namespace strowger
