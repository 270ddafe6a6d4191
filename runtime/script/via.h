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

/// Is there an rport without a value, in small letters, and no `received`, as nearly always? `rport` is behind the name then.
inline bool has_usual_marks(const sip::Via& via) {
  const char* const behind = via.rport.ptr;
  return via.has_rport && via.rport.len == 0 && via.received.is_null() && behind >= via.params.ptr + 5 &&
         behind <= via.params.ptr + via.params.len && __builtin_memcmp(behind - 5, "rport", 5) == 0;
}

// A `Writer` is a sip::Writer or a sip::SureWriter.

/// "host:port" of our Via, and of what names us as it does. A port that was advertised is written even where it is the usual one.
template <class Writer>
void print_sent_by(Writer& out, const LiveMessage& live, const Socket& socket);

/// How long what print_own_via() writes may be.
std::size_t room_for_own_via(const LiveMessage& live, const Socket& socket, Text branch);

/// The same for Record-Route and Path: what the socket advertises itself comes before what the script says of the message.
void print_route_address(sip::Writer& out, const LiveMessage& live, const Socket& socket);
/// "host:port" of the socket itself: what it advertises, else what it is bound to, whatever advertised_address says.
void print_own_address(sip::Writer& out, const Socket& socket);

/// "Via: SIP/2.0/UDP host:port;branch=...[;i=...][;rport]" with CRLF.
template <class Writer>
void print_own_via(Writer& out, const LiveMessage& live, const Socket& socket, sip::Protocol protocol, Text branch);

/// The topmost Via line of a request that goes on, marks included, up to the end of that Via. False where the Via is not as
/// nearly all are: nothing is written then, and add_marks() knows what to do.
template <class Writer>
bool print_usual_via(Writer& out, const LiveMessage& live, const sip::Via& via, const sip::Header& line);

/// The edits that put `received` and `rport` into the topmost Via of a request that goes on.
void add_marks(LiveMessage& live, sip::Edits& edits, sip::Arena& arena);

/// So much more than the Via as received the two above and the one below write at most.
inline constexpr std::size_t kMarksRoom = 96;

/// For a reply to the request: what stands from `from` on up to the end of the topmost Via value, marks included.
void print_marked_via(sip::SureWriter& out, LiveMessage& live, const sip::Via& via, const char* from);
/// The same where has_usual_marks().
[[gnu::always_inline]] inline void print_usual_marked_via(sip::SureWriter& out, const LiveMessage& live, const sip::Via& via, const char* from) {
  out.put(from, via.rport.ptr);
  out.put('=');
  out.put_port(live.source.port);
  out.put(via.rport.ptr, via.whole.ptr + via.whole.len);
  out.put(";received=");
  out.put_ip(live.source);
}

}  // namespace strowger
