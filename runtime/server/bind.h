// Opens the sockets of all workers, before anything else is started.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/net/stream_limits.h"
#include "runtime/net/udp_socket.h"
#include "runtime/server/listen.h"

namespace strowger::server {

/// The sockets of one address: one for each worker.
struct BoundListen {
  Listen listen;                               ///< with the port that was bound, where 0 was asked for
  std::vector<net::Descriptor> descriptors;
};

struct BindFault {
  std::string text;                            ///< which address, why, and what to do
  int exit_code = 0;
};

/// Binds every address for `workers` workers, exclusively: another process on one of them is a fault.
std::optional<std::vector<BoundListen>> bind_all(const std::vector<Listen>& listens, int workers,
                                                 const net::StreamLimits& streams, BindFault& fault);

}  // namespace strowger::server
