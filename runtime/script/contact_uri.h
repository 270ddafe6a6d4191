// Contacts that a function has rewritten for those who read them later, too: what fix_nated_contact() and set_contact_alias()
// write is what save() stores.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/live_message.h"

namespace strowger {

/// Edit::tag of such edits; Edit::data is then a `const Text*` in the message's arena, the URI as it now is.
inline constexpr std::uint8_t kTagContactUri = 16;

/// The URI of a contact (a view into the message) as rewritten; null where it was not.
inline Text rewritten_contact_uri(const LiveMessage& live, Text uri) {
  if (live.edits.empty() || uri.is_null()) return Text::null();
  const auto from = static_cast<std::uint32_t>(uri.ptr - live.message.base());
  for (const sip::Edit& edit : live.edits)
    if (edit.tag == kTagContactUri && edit.at >= from && edit.at <= from + uri.len) return *static_cast<const Text*>(edit.data);
  return Text::null();
}

}  // namespace strowger
