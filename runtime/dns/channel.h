// Who asks the servers: c-ares on a worker's loop, or the simulator.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <string>

#include "runtime/dns/records.h"

namespace strowger::dns {

/// What the servers are asked with.
struct ServerOptions {
  int retry_ms = 0;                        ///< dns_retr_time: what the first try waits; 0: as the system's settings say
  int tries = 0;                           ///< dns_retr_no; 0: as the system's settings say
  int servers = 0;                         ///< dns_servers_no: at most so many of the system's; 0: all
  bool search_list = true;                 ///< dns_use_search_list
};

class Channel {
 public:
  virtual ~Channel() = default;
  /// Asks; `done` is called exactly once, in the same thread, not before ask() has returned. Never blocks.
  virtual void ask(const std::string& name, Type type, std::function<void(Answer)> done) = 0;
};

}  // namespace strowger::dns
