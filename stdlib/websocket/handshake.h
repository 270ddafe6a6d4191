// The opening handshake (RFC 6455 §4.2): what a request deserves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>

#include "runtime/sip/message.h"

namespace strowger::websocket {

struct Verdict {
  int code = 101;
  std::string_view reason = "Switching Protocols";
  std::string headers;                 ///< whole lines
  std::string_view why;                ///< for the log; empty with 101
};

/// `cors_mode`: whether the Origin is allowed in the reply, 0 no, 1 any, 2 the one of the request.
Verdict judge_handshake(const sip::Message& request, int cors_mode);

/// Sec-WebSocket-Accept for a key.
std::string accept_key(std::string_view key);

}  // namespace strowger::websocket
