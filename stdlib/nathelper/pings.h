// Pings of registered contacts, which keep the way through their NAT open.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/script/worker.h"
#include "stdlib/usrloc/contact.h"

namespace strowger::nathelper {

struct PingOptions {
  bool only_nated = false;             ///< ping_nated_only
  std::uint32_t nat_mask = 0;          ///< branch flags of contacts behind a NAT
  std::uint32_t sip_mask = 0;          ///< sipping_bflag: these get a request, not four zero bytes
  std::uint32_t never_mask = 0;        ///< natping_disable_bflag
  Text from, method;                   ///< sipping_from: none, no requests
  bool by_path = false;                ///< udpping_from_path: zero bytes go to the first hop of the Path
  bool own_only = false;               ///< filter_server_id
  const Socket* socket = nullptr;      ///< force_socket
};

/// Puts the ping of one contact into the outbox; false where it gets none (no datagrams, no numeric address, not wanted).
bool ping(Worker& worker, const usrloc::Contact& contact, const PingOptions& options, std::int64_t now);

}  // namespace strowger::nathelper
