// Private addresses, and what nathelper writes of a message's source.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::nathelper {

/// 10/8, 172.16/12, 192.168/16; with `wide` also 100.64/10 (RFC 6598) and 192.0.0.0/24.
bool is_private(const sip::Address& address, bool wide);
/// For a host of a URI, Via or SDP; names are not private.
bool is_private(Text host, bool wide);

/// "1.2.3.4:5060" in the arena; failed when that is full.
Text source_host_port(Call& call);
/// "sip:1.2.3.4:5060", with ";transport=tcp" where it is not UDP.
Text source_uri(Call& call);

/// Calls `f(address)` for each "c=" (or "o=") line's address in the body.
template <class F>
void each_sdp_address(Text body, char type, F f) {
  const char* p = body.ptr;
  const char* const end = body.ptr + body.len;
  while (p < end) {
    const char* const feed = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    const char* line_end = feed ? feed : end;
    const char* const next = feed ? feed + 1 : end;
    while (line_end > p && (line_end[-1] == '\r' || line_end[-1] == ' ')) --line_end;
    if (line_end - p > 2 && p[0] == type && p[1] == '=') {
      const char* at = line_end;
      while (at > p + 2 && at[-1] != ' ') --at;
      const char* stop = at;
      while (stop < line_end && *stop != '/') ++stop;  // multicast TTL
      const std::string_view line(p, static_cast<std::size_t>(line_end - p));
      if (line.find(" IP4 ") != line.npos || line.find(" IP6 ") != line.npos || line.substr(2, 6) == "IN IP4" ||
          line.substr(2, 6) == "IN IP6")
        f(Text(at, static_cast<std::size_t>(stop - at)));
    }
    p = next;
  }
}

/// The body by Content-Length; the whole rest without.
Text body_of(const sip::Message& message);

}  // namespace strowger::nathelper
