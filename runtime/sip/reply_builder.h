// Builds the reply to a request (RFC 3261 §8.2.6).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"
#include "runtime/sip/message.h"

namespace strowger::sip {

struct ReplyPlan {
  int code = 0;
  Text reason;
  Text to_tag;              ///< appended to To where it has no tag; null or "" for none (100)
  Text extra_headers;       ///< whole lines, each with its CRLF; null for none
  Text server_header;       ///< "Server: x"; its CRLF is added when missing; null for none
  Text body;                ///< its Content-Type belongs to extra_headers
  bool add_received = false;  ///< ";received=" with the IP of `source` in the topmost Via (an old value is replaced)
  bool add_rport = false;     ///< ";rport=" with the port of `source` (a written rport gets the value in its place)
  Address source;
};

/// What Kamailio decides for a reply: rport is filled in when the Via has it (or the script said force_rport());
/// received is added with a written rport, and when the Via's host is not the source's IP.
struct ViaMarks { bool received = false, rport = false; };
ViaMarks via_marks(const Via& via, const Address& source, bool force_rport);

/// Status line; Via, Record-Route (codes 180 to 299), From, To, Call-ID and CSeq as received and in the request's order,
/// folds and odd spelling kept; extra headers, Server, Content-Length, body. Returns the bytes written, or 0 when they
/// do not fit or the request has no Via.
std::size_t build_reply(Message& request, const ReplyPlan& plan, char* out, std::size_t capacity);

}  // namespace strowger::sip
