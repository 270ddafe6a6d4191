// Our own Via, and what a receiver writes into the Via below it (RFC 3261 §18.2.1, RFC 3581).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/live_message.h"
#include "runtime/sip/edits.h"
#include "runtime/sip/print.h"

namespace strowger {

/// What the topmost received Via gets: `received` where its host is not the source or rport was asked for, `rport` where it
/// was asked for or force_rport() was called.
struct ViaMarks {
  bool received = false;          ///< write received=SOURCE
  bool rport = false;             ///< write rport=PORT
  Text rport_param, received_param;   ///< the parameters as received ("rport", "received=1.2.3.4"), null when absent
  char ip[48];
  std::size_t ip_len = 0;
  Text source() const { return {ip, ip_len}; }
};
ViaMarks marks_of(LiveMessage& live, const sip::Via& via);

/// "host:port" of our Via, and of what names us as it does. A port that was advertised is written even where it is the usual one.
void print_sent_by(sip::Writer& out, const LiveMessage& live, const Socket& socket);

/// "Via: SIP/2.0/UDP host:port;branch=...[;i=...][;rport]" with CRLF.
void print_own_via(sip::Writer& out, const LiveMessage& live, const Socket& socket, sip::Protocol protocol, Text branch);

/// The topmost Via line of a request that goes on, marks included, up to the end of that Via. False where the Via is not as
/// nearly all are: nothing is written then, and add_marks() knows what to do.
bool print_usual_via(sip::Writer& out, const LiveMessage& live, const sip::Via& via, const sip::Header& line);

/// The edits that put `received` and `rport` into the topmost Via of a request that goes on.
void add_marks(LiveMessage& live, sip::Edits& edits, sip::Arena& arena);

/// For a reply to the request: what stands from `from` on up to the end of the topmost Via value, marks included.
void print_marked_via(sip::Writer& out, LiveMessage& live, const sip::Via& via, const char* from);

}  // namespace strowger
