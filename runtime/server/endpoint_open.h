// Opening of control sockets: private from the first moment, never over somebody else's live socket.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "runtime/net/udp_socket.h"
#include "runtime/script/endpoint.h"

namespace strowger::server {

/// A non-blocking descriptor, listening where it is a stream; empty with `why` on failure.
net::Descriptor open_endpoint(const Endpoint& endpoint, std::string& why);
/// Has it a path that is to be unlinked at the end?
bool has_path(const Endpoint& endpoint);

}  // namespace strowger::server
