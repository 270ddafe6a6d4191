// How listen sockets are shown to operators (core.sockets_list, corex.list_sockets).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <vector>

#include "runtime/script/process.h"

namespace strowger {

/// Those of UDP first, then TCP, then TLS, each in the order of their declarations; without the WebSockets that these carry.
std::vector<const Socket*> listed_sockets(const Process& process);
/// The name that `listen` says, else the address without brackets.
Text listed_name(const Process& process, const Socket& socket);
bool is_multicast(const sip::Address& address);

}  // namespace strowger
