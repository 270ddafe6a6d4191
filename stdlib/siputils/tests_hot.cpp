// Tests of the message that are short enough to be inlined into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "siputils.interface.h"

namespace strowger {

Code Siputils::is_request(Call& call) { return call.live->message.is_request() ? 1 : -1; }
Code Siputils::is_reply(Call& call) { return call.live->message.is_request() ? -1 : 1; }
Code Siputils::has_totag(Call& call) { return call.live->message.to_tag().empty() ? -1 : 1; }

}  // namespace strowger
