// Max-Forwards (RFC 3261 §8.1.1.6, §16.6 step 3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "maxfwd.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace {

/// The header's number and the edit that has replaced it, when the script has counted before.
struct MaxForwards {
  const sip::Header* header = nullptr;
  Text text;                       ///< the value in force
  sip::Edit* edit = nullptr;
  std::uint32_t at = 0, length = 0;   ///< of the number in the message
};

MaxForwards find(Call& call) {
  MaxForwards found;
  LiveMessage& live = *call.live;
  found.header = live.message.first(sip::HeaderId::MaxForwards);
  if (!found.header) return found;
  found.text = sip::trim(live.message.value(*found.header));
  found.at = static_cast<std::uint32_t>(found.text.ptr - live.message.base());
  found.length = static_cast<std::uint32_t>(found.text.len);
  for (sip::Edit& edit : live.edits) {
    if (edit.at != found.at || edit.remove != found.length || edit.insert.is_null()) continue;
    found.edit = &edit;
    found.text = edit.insert;
  }
  return found;
}

}  // namespace

Code Maxfwd::process_maxfwd(Call& call, Int max) {
  LiveMessage& live = *call.live;
  const MaxForwards found = find(call);
  constexpr std::size_t kRoom = 40;
  if (!found.header) {
    char* const room = static_cast<char*>(call.arena->allocate(kRoom));
    if (!room || max < 0) return -2;
    sip::Writer out(room, kRoom);
    out.put("Max-Forwards: ");
    out.put_number(max);
    out.put("\r\n");
    return live.edits.insert(*call.arena, live.message.headers_at(), out.text()) ? 2 : -2;
  }
  const auto number = sip::parse_number(found.text);
  if (!number || found.length > 20) {
    log_line(call, LogLevel::Err, "maxfwd", {"Max-Forwards \"", found.text, "\" is no number"});
    return -2;
  }
  if (*number == 0) return -1;
  const Int left = static_cast<Int>(*number) - 1 < Param::max_limit ? static_cast<Int>(*number) - 1 : Param::max_limit;
  // The number keeps its width, so that nothing else in the message moves.
  char digits[24];
  sip::Writer short_form(digits, sizeof digits);
  short_form.put_number(left);
  const std::size_t width = found.length > short_form.size() ? found.length : short_form.size();
  char* const room = static_cast<char*>(call.arena->allocate(width));
  if (!room) return -2;
  sip::Writer out(room, width);
  for (std::size_t i = short_form.size(); i < width; ++i) out.put(' ');
  out.put(short_form.text());
  if (found.edit) {
    found.edit->insert = out.text();
    return 1;
  }
  return live.edits.replace(*call.arena, found.at, found.length, out.text()) ? 1 : -2;
}

Code Maxfwd::is_maxfwd_lt(Call& call, Int limit) {
  const MaxForwards found = find(call);
  if (!found.header) return -2;
  const auto number = sip::parse_number(found.text);
  if (!number) return -3;
  return static_cast<Int>(*number) < limit ? 1 : -1;
}

}  // namespace strowger
