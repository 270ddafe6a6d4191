// fix_nated_sdp(): the address seen in place of the one in the session description.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/nathelper/nat.h"

namespace strowger {
namespace {

enum Fix : Int { kDirection = 1, kConnection = 2, kNoRtpProxy = 4, kOrigin = 8 };
constexpr std::size_t kMaxAdded = 4096;
constexpr Code kChanged = 1, kNothing = 2, kFailed = -1;

/// Replaces the addresses of "c=" or "o=" lines, and says what they were.
bool replace_addresses(Call& call, Text body, char type, Text ip, sip::Writer& added) {
  bool good = true;
  const auto now = sip::parse_ip(ip.view());
  const int family = now ? now->family : 0;
  nathelper::each_sdp_address(body, type, [&](Text old) {
    if (old.view() == ip.view() || old.view() == "0.0.0.0") return;
    const auto was = sip::parse_ip(old.view());
    if (!was || was->family != family) return;
    const auto at = static_cast<std::uint32_t>(old.ptr - call.message().base());
    good &= call.live->edits.replace(*call.arena, at, static_cast<std::uint32_t>(old.len), ip);
    if (Nathelper::Param::append_sdp_oldmediaip == 0) return;
    added.put("a=oldmediaip:");
    added.put(old);
    added.put("\r\n");
  });
  return good;
}

Code fix(Call& call, Int flags, Text ip) {
  const Text body = nathelper::body_of(call.message());
  if (body.empty()) return kFailed;
  char* const buffer = static_cast<char*>(call.arena->allocate(kMaxAdded));
  if (!buffer) return kFailed;
  const std::size_t before = call.live->edits.size();
  sip::Writer added(buffer, kMaxAdded);
  if (body.ptr[body.len - 1] != '\n') added.put("\r\n");
  const std::size_t nothing = added.size();
  if (flags & kDirection) added.put("a=direction:active\r\n");
  if (flags & kNoRtpProxy) {
    added.put(Nathelper::Param::nortpproxy_str);
    added.put("\r\n");
  }
  bool good = true;
  if (flags & kConnection) good &= replace_addresses(call, body, 'c', ip, added);
  if (flags & kOrigin) good &= replace_addresses(call, body, 'o', ip, added);
  if (!good || !added.ok()) {
    log_line(call, LogLevel::Err, "nathelper", {"fix_nated_sdp(): the body was changed before, or is too long"});
    return kFailed;
  }
  if (added.size() > nothing) {
    const auto end = static_cast<std::uint32_t>(body.ptr + body.len - call.message().base());
    if (!call.live->edits.insert(*call.arena, end, added.text())) return kFailed;
  }
  call.arena->shrink(buffer, added.size());
  return call.live->edits.size() > before ? kChanged : kNothing;
}

}  // namespace

Code Nathelper::fix_nated_sdp(Call& call, Int flags) {
  char* const buffer = static_cast<char*>(call.arena->allocate(48));
  if (!buffer) return kFailed;
  return fix(call, flags, {buffer, sip::print_ip(call.live->source, buffer)});
}

Code Nathelper::fix_nated_sdp(Call& call, Int flags, Text ip) {
  if (ip.is_null() || !sip::parse_ip(ip.view())) {
    log_line(call, LogLevel::Err, "nathelper", {"fix_nated_sdp(): \"", ip, "\" is no address"});
    return kFailed;
  }
  const Text kept = call.arena->copy(ip);
  return kept.is_null() ? kFailed : fix(call, flags, kept);
}

}  // namespace strowger
