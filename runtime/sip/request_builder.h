// Builds the hop-by-hop requests that follow an INVITE that was sent: CANCEL and ACK to a negative final reply.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"

namespace strowger::sip {

/// RFC 3261 §9.1: Request-URI, topmost Via, Route, Max-Forwards, From, To, Call-ID and CSeq number of the INVITE, in the
/// INVITE's order. `extra_headers` are whole lines (Reason), put behind Content-Length; `ua_header` is "User-Agent: x"
/// or null. Headers whose names begin with `copied` (any case; empty: none) come along. False when the INVITE lacks one of them
/// or the result does not fit.
bool build_cancel(Message& sent_invite, Text extra_headers, Text ua_header, Writer& writer, Text copied = Text());

/// RFC 3261 §17.1.1.3: like build_cancel(), but To is the reply's: `reply_to_line` is that whole header line.
bool build_ack_negative(Message& sent_invite, Text reply_to_line, Writer& writer, Text copied = Text());
/// The same, To taken from the reply.
bool build_ack_negative(Message& sent_invite, const Message& reply, Writer& writer, Text copied = Text());

}  // namespace strowger::sip
