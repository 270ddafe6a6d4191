// What the script says of all its sockets: the IP header, and binding.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace strowger::net {

struct IpOptions {
  int type_of_service = -1;              ///< tos: the header's byte; -1: the system's
  bool free_bind = false;                ///< ip_free_bind: addresses may be bound that the machine does not have (yet)
  bool dont_fragment = false;            ///< pmtu_discovery: datagrams that are too long for a network are lost, not cut up
};

/// For a socket that is not bound yet. `datagrams`: it is a UDP socket.
void set_ip_options(int fd, bool v6, bool datagrams, const IpOptions& options);

}  // namespace strowger::net
