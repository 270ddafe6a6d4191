// What tells one request from another (RFC 3261 §17.2.3) as one text, for tables of requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/live_message.h"

namespace strowger {

/// Method, and the topmost Via's branch and sent-by; without the cookie of RFC 3261 that Via, Call-ID, CSeq number, tags and
/// request URI. In `arena`; null when the request has no good Via or memory ends.
Text request_key(LiveMessage& live, sip::Arena& arena);

}  // namespace strowger
