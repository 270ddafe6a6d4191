// HTTP requests as the modules that answer them see them: xhttp itself, websocket, jsonrpcs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "runtime/script/call.h"

namespace strowger::xhttp {

/// A request on its way through event_route[xhttp:request].
struct Exchange {
  mutable bool answered = false;
};

/// Null outside of that route.
const Exchange* exchange_of(Call& call);

/// A whole reply. `headers` are whole lines with CRLF, behind those of append_to_reply(); control characters in `reason` become
/// blanks. `code` has three digits.
std::string print_reply(Call& call, Int code, Text reason, Text headers, Text body);

/// Sends such a reply, once: 1, or -1. Ends the connection behind it where the script (set_reply_close()) or the client wants that.
Code reply(Call& call, Int code, Text reason, Text headers, Text body);

/// Does the list of tokens in the headers of a name hold `token`? Any case.
bool has_token(const sip::Message& message, Text name, std::string_view token);

}  // namespace strowger::xhttp
