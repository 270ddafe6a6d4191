// One contact of an address of record.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"
#include "runtime/script/live_message.h"
#include "runtime/script/socket.h"
#include "runtime/sip/arena.h"

namespace strowger::usrloc {

/// A view: the texts belong to a message, an arena, or (while it is locked) the table.
struct Contact {
  Text address;  ///< the URI, without brackets
  Text ruid;     ///< made by the table
  Text call_id, user_agent;
  Text received, path, instance;   ///< null where there is none
  const Socket* socket = nullptr;  ///< where the REGISTER came in
  std::int64_t expires = 0;        ///< seconds since 1970; 0: never
  std::int64_t modified = 0;
  std::uint32_t cseq = 0;
  std::uint32_t flags = 0, branch_flags = 0;
  std::uint32_t methods = 0xffffffff;  ///< MethodBit set of Allow
  std::uint32_t reg_id = 0;
  std::uint32_t connection = 0;  ///< 0: a datagram
  std::uint32_t server_id = 0;
  std::int16_t q = kNoQ;  ///< 0..1000

  bool is_valid(std::int64_t now) const { return expires == 0 || expires > now; }
  /// With texts copied; false when the arena is full.
  bool copy_into(sip::Arena& arena, Contact& out) const;
};

}  // namespace strowger::usrloc
