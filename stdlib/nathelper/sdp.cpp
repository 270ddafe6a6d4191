// fix_nated_sdp(): the address seen in place of the one in the session description.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/nathelper/nat.h"

namespace strowger {
namespace {

enum Fix : Int { kDirection = 1, kConnection = 2, kNoRtpProxy = 4, kOrigin = 8 };
constexpr Code kChanged = 1, kNothing = 2, kFailed = -1;

/// The edits of one session description; lines are added behind its last one.
class Fixer {
 public:
  Fixer(Call& call, Text sdp, Text ip) : call_(call), sdp_(sdp), ip_(ip) {}

  bool add_behind(Text section, std::initializer_list<Text> parts) {
    while (section.len > 0 && (section.ptr[section.len - 1] == '\r' || section.ptr[section.len - 1] == '\n')) --section.len;
    std::size_t room = 2;
    for (const Text part : parts) room += part.len;
    char* const buffer = static_cast<char*>(call_.arena->allocate(room));
    if (!buffer) return false;
    sip::Writer out(buffer, room);
    out.put("\r\n");
    for (const Text part : parts) out.put(part);
    return call_.live->edits.insert(*call_.arena, at(section.ptr + section.len), out.text());
  }
  bool add_line(std::initializer_list<Text> parts) { return add_behind(sdp_, parts); }

  /// a=direction:active at the end of each media section.
  bool add_directions() {
    Text rest = sdp_, line, section;
    bool good = true;
    while (sip::next_line(rest, line)) {
      const bool media = line.view().starts_with("m=");
      if (media && section.ptr) good &= add_behind({section.ptr, static_cast<std::size_t>(line.ptr - section.ptr)}, {"a=direction:active"});
      if (media) section = line;
    }
    const char* const end = sdp_.ptr + sdp_.len;
    return good && (!section.ptr || add_behind({section.ptr, static_cast<std::size_t>(end - section.ptr)}, {"a=direction:active"}));
  }

  /// Replaces the address of each line that begins so, and says what it was; false where a line has none, which `optional`
  /// allows.
  bool replace(std::string_view start, bool optional) {
    bool good = true;
    nathelper::each_line(sdp_, start, [&](Text line) {
      if (!good) return;
      const nathelper::SdpAddress was = nathelper::address_in(line);
      if (was.text.empty()) {
        good = optional;
        return;
      }
      const std::string_view old = was.text.view();
      if (old == "0.0.0.0" || old == "::" || old == ip_.view()) return;
      if (call_.live->edits.removes(at(was.text.ptr))) return;   // an earlier call has changed it
      ++changed;
      good = call_.live->edits.replace(*call_.arena, at(was.text.ptr), static_cast<std::uint32_t>(was.text.len), ip_);
      if (good && Nathelper::Param::append_sdp_oldmediaip != 0)
        good = add_line({Text(was.six ? "a=oldmediaip6:" : "a=oldmediaip:"), was.text});
    });
    return good;
  }

  int changed = 0;

 private:
  std::uint32_t at(const char* place) const { return static_cast<std::uint32_t>(place - call_.message().base()); }
  Call& call_;
  Text sdp_, ip_;
};

Code fix(Call& call, Int flags, Text ip) {
  const Text sdp = nathelper::sdp_of(call.message());
  if (sdp.empty()) return kFailed;
  Fixer fixer(call, sdp, ip);
  bool good = true;
  if (flags & kDirection) good &= fixer.add_directions();
  if (flags & kNoRtpProxy) good &= fixer.add_line({Nathelper::Param::nortpproxy_str});
  if (flags & (kConnection | kOrigin)) good &= fixer.replace("a=rtcp:", true);
  if (good && (flags & kConnection)) good &= fixer.replace("c=", false);
  if (good && (flags & kOrigin)) good &= fixer.replace("o=", false);
  if (!good) {
    log_line(call, LogLevel::Err, "nathelper", {"fix_nated_sdp(): a line without an address, or changed before"});
    return kFailed;
  }
  return fixer.changed ? kChanged : kNothing;
}

}  // namespace

Code Nathelper::fix_nated_sdp(Call& call, Int flags) {
  char* const buffer = static_cast<char*>(call.arena->allocate(48));
  if (!buffer) return kFailed;
  return fix(call, flags, {buffer, sip::print_ip(call.live->source, buffer)});
}

Code Nathelper::fix_nated_sdp(Call& call, Int flags, Text ip) {
  if (ip.empty()) return fix_nated_sdp(call, flags);
  if (ip.view().find_first_of(" \r\n") != std::string_view::npos) {
    log_line(call, LogLevel::Err, "nathelper", {"fix_nated_sdp(): \"", ip, "\" is no address"});
    return kFailed;
  }
  const Text kept = call.arena->copy(ip);
  return kept.is_null() ? kFailed : fix(call, flags, kept);
}

}  // namespace strowger
