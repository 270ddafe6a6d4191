// Private addresses, and what nathelper writes of a message's source.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "runtime/sip/multipart.h"

namespace strowger::nathelper {

/// 10/8, 172.16/12, 192.168/16; with `wide` also 100.64/10 (RFC 6598) and 192.0.0.0/24.
bool is_private(const sip::Address& address, bool wide);
/// For a host of a URI, Via or SDP; names are not private.
bool is_private(Text host, bool wide);

/// "1.2.3.4:5060" in the arena; failed when that is full.
Text source_host_port(Call& call);
/// "sip:1.2.3.4:5060", with ";transport=tcp" where it is not UDP.
Text source_uri(Call& call);

/// The contact that functions look at and rewrite, as Kamailio does: the last one of the first Contact header. Nothing for `*`,
/// or where one cannot be read.
std::optional<sip::NameAddr> the_contact(sip::Message& message);

/// The session description: the body, or its part of type application/sdp. Empty without one, or without Content-Length.
Text sdp_of(const sip::Message& message);

/// An address in a line: behind "IP4" or "IP6"; empty where there is none.
struct SdpAddress {
  Text text;
  bool six = false;
};
SdpAddress address_in(Text line);

/// Calls `f(line)` for each line that begins with `start`, without its end.
template <class F>
void each_line(Text sdp, std::string_view start, F f) {
  Text line;
  while (sip::next_line(sdp, line)) {
    while (line.len > 0 && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == '\n')) --line.len;
    if (line.view().starts_with(start)) f(line);
  }
}

}  // namespace strowger::nathelper
