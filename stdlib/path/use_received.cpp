// use_received: the parameter of our Path, which has become a Route, says where the phone is (behind its NAT).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "path.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/flow_text.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/uri.h"

namespace strowger {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// "%3B" as ";". Failed when the arena is full.
Text unescape(sip::Arena& arena, Text text) {
  char* const buffer = static_cast<char*>(arena.allocate(text.len + 1));
  if (!buffer) return Text::failed();
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.len; ++i) {
    const bool escaped = text.ptr[i] == '%' && i + 2 < text.len && digit(text.ptr[i + 1]) >= 0 && digit(text.ptr[i + 2]) >= 0;
    buffer[n++] = escaped ? static_cast<char>(digit(text.ptr[i + 1]) << 4 | digit(text.ptr[i + 2])) : text.ptr[i];
    if (escaped) i += 2;
  }
  return {buffer, n};
}

void use_received(Call& call) {
  Text rest = call.rr_params;
  sip::Param param;
  while (sip::next_param(rest, param)) {
    if (!sip::equal_ignore_case(param.name, PathModule::Param::received_name)) continue;
    const Text uri = PathModule::Param::received_format != 0 ? uri_of_flow(*call.arena, param.value) : unescape(*call.arena, param.value);
    if (!uri.is_null() && sip::parse_uri(uri)) {
      set_dst_uri(*call.live, *call.arena, uri);
    } else {
      log_line(call, LogLevel::Err, "path", {"\"", param.value, "\" in our Route is no address"});
    }
    return;
  }
}

}  // namespace

void PathModule::start(Process& process) {
  if (Param::use_received != 0) process.own_route_taken.push_back(use_received);
}

}  // namespace strowger
