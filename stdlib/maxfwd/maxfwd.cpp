// Max-Forwards (RFC 3261 §8.1.1.6, §16.6 step 3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstring>

#include "maxfwd.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace {

/// The header and its number.
struct MaxForwards {
  const sip::Header* header = nullptr;
  Text text;
};

MaxForwards find(Call& call) {
  MaxForwards found;
  LiveMessage& live = *call.live;
  found.header = live.message.first(sip::HeaderId::MaxForwards);
  if (found.header) found.text = sip::trim(live.message.value(*found.header));
  return found;
}

/// An empty value counts as 0.
std::optional<std::uint32_t> number_of(Text text) { return text.empty() ? 0 : sip::parse_number(text); }

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
  const auto number = number_of(found.text);
  if (!number || found.text.len > 20) {
    log_line(call, LogLevel::Err, "maxfwd", {"Max-Forwards \"", found.text, "\" is no number"});
    return -2;
  }
  if (*number == 0) return -1;
  const Int left = static_cast<Int>(*number) - 1 < Param::max_limit ? static_cast<Int>(*number) - 1 : Param::max_limit;
  // Counted in the message itself, so that $hdr(Max-Forwards) tells what leaves. The width stays, so nothing else moves.
  char digits[24];
  sip::Writer short_form(digits, sizeof digits);
  short_form.put_number(left);
  if (short_form.size() > found.text.len) return -2;
  char* const at = const_cast<char*>(found.text.ptr);   // the message is a copy of this run, in its arena
  const std::size_t pad = found.text.len - short_form.size();
  std::memset(at, ' ', pad);
  std::memcpy(at + pad, digits, short_form.size());
  return 1;
}

Code Maxfwd::is_maxfwd_lt(Call& call, Int limit) {
  const MaxForwards found = find(call);
  if (!found.header) return -2;
  const auto number = number_of(found.text);
  if (!number) return -3;
  return static_cast<Int>(*number) < limit ? 1 : -1;
}

}  // namespace strowger
