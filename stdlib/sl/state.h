// What sl keeps: the tag prefix of this start, event routes, and counters per worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>

#include "runtime/script/call.h"

namespace strowger::sl {

struct ProcessState {
  static constexpr std::size_t kPrefix = 32;
  char prefix[kPrefix + 1];                 ///< hexadecimal digits and a '.'
  RouteFunction filtered_ack = nullptr;
  RouteFunction local_response = nullptr;
};

struct WorkerState {
  const ProcessState* process = nullptr;
  Millis filter_until = 0;                  ///< ACKs with our prefix are absorbed until then
  std::array<std::uint64_t, 700> code_replies{};    ///< [code]; [0] others
  std::uint64_t sent = 0, sent_errors = 0, failures = 0, received_acks = 0;
};

/// sl:* of stats.get_statistics.
void add_statistics(Process& process);
/// The To tag of a stateless reply to this request, "PREFIX.xxxxxxxx": the same for retransmissions.
Text to_tag(Call& call);

}  // namespace strowger::sl
