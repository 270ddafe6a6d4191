// Sockets as the script layer knows them: what they are called, not how they are read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::sip {

/// One listening socket. All texts live as long as the process.
struct SendSocketView {
  std::uint16_t id = 0;                ///< index in Process::sockets
  Protocol protocol = Protocol::Udp;
  Address address;                     ///< bound address and port
  Text host;                           ///< as printed in URIs and Via: IPv6 in brackets
  Text advertised_host;                ///< null when none
  std::uint16_t advertised_port = 0;
  Text name;                           ///< null when none
  Text via_sent_by;                    ///< "127.0.0.1:5060" (advertised where there is one), ready for a Via
  Text as_text;                        ///< "udp:127.0.0.1:5060"
  Text uri;                            ///< "sip:127.0.0.1:5060"; null while it has no port
  bool carried = false;                ///< nothing listens here: its streams begin on the socket of this address over TCP or TLS
};

}  // namespace strowger::sip

namespace strowger {
using Socket = sip::SendSocketView;
}
