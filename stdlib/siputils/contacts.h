// Walking the Contacts of a message and rewriting their URIs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::siputils {

/// For each Contact URI, `change` gives the new one: a null text leaves it, a failed one ends with -1. 1 when all went well
/// (also without Contact, and for `*`).
template <class Change>
Code rewrite_contacts(Call& call, Change change) {
  LiveMessage& live = *call.live;
  sip::Message& message = live.message;
  for (const sip::Header* h = message.first(sip::HeaderId::Contact); h; h = message.next(h)) {
    Text rest = message.value(*h);
    if (sip::trim(rest).view() == "*") continue;
    while (rest.len > 0) {
      const auto contact = sip::next_name_addr(rest);
      if (!contact) return -1;
      const Text text = change(*contact);
      if (text.is_failed()) return -1;
      if (text.is_null()) continue;
      const auto at = static_cast<std::uint32_t>(contact->uri.ptr - message.base());
      if (!live.edits.replace(*call.arena, at, static_cast<std::uint32_t>(contact->uri.len), text)) return -1;
    }
  }
  return 1;
}

}  // namespace strowger::siputils
