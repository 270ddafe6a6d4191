// Edits of whole header lines that several modules make.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "runtime/sip/edits.h"

namespace strowger {

/// Removes bytes, with the edits that were made in them. True as well when they are gone already.
inline bool remove_bytes(Call& call, std::uint32_t at, std::uint32_t length) {
  constexpr std::uint8_t kGone = 255;
  sip::Edits& edits = call.live->edits;
  if (length == 0) return true;
  for (const sip::Edit& edit : edits)
    if (edit.at <= at && edit.at + edit.remove >= at + length && edit.insert.empty() && !edit.make) return true;
  for (sip::Edit& edit : edits)
    if (edit.at >= at && edit.at + edit.remove <= at + length && edit.remove > 0) edit.tag = kGone;
  edits.withdraw(kGone);
  return edits.remove(*call.arena, at, length);
}

inline bool remove_line(Call& call, const sip::Header& header) {
  return remove_bytes(call, header.at, header.end - header.at);
}

/// Copies the text and inserts it; nothing to do for an empty one.
inline bool insert_text(Call& call, std::uint32_t at, Text text) {
  if (text.empty()) return true;
  const Text copy = call.arena->copy(text);
  return !copy.is_null() && call.live->edits.insert(*call.arena, at, copy);
}

inline bool replace_text(Call& call, std::uint32_t at, std::uint32_t length, Text text) {
  const Text copy = call.arena->copy(text.is_null() ? Text("") : text);
  return !copy.is_null() && call.live->edits.replace(*call.arena, at, length, copy);
}

/// Where the part of the message lies in it.
inline std::uint32_t offset_of(const Call& call, Text part) {
  return static_cast<std::uint32_t>(part.ptr - call.live->message.base());
}

}  // namespace strowger
