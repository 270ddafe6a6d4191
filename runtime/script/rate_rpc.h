// RPC commands about FEEDBACK that modules with rate pipes share: the factors, and a load from elsewhere.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdio>

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
  const auto ki = call.next_double(), kp = call.next_double(), kd = call.next_double();
  const auto fits = [](const std::optional<double>& factor) { return factor && *factor >= -1e6 && *factor <= 1e6; };
  if (!fits(ki) || !fits(kp) || !fits(kd)) return call.fault(400, "Invalid parameters");
  load.ki = *ki;
  load.kp = *kp;
  load.kd = *kd;
}

/// 0 to 1; holds until the next one, or until it is measured again.
inline void push_load(RpcCall& call, RateLoad& load) {
  const auto value = call.next_double();
  if (!value || !(*value >= 0 && *value <= 1)) return call.fault(400, "Value out of range");
  load.load = *value;
}

}  // namespace strowger
