// What is hidden in a message that leaves, and found again in one that comes. Bytes in, bytes out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a message came is written into the blanks in front of its Call-ID: these are copied to whatever is made of it (the request
// sent on, its CANCEL and ACK, replies made here), and do not leave. What goes to ourselves (a loop) is not hidden, and keeps them.
#pragma once

#include <functional>

#include "runtime/sip/uri.h"
#include "stdlib/topoh/cipher.h"

namespace strowger::topoh {

struct Names {
  Text ip, uri_param, uri_prefix, via_param, via_prefix, call_id_prefix;
  bool mask_call_id = false;
  bool exact_uri = false;          ///< only URIs that begin exactly as ours do were hidden
};

class Hider {
 public:
  Hider(std::string_view key, const Names& names) : cipher_(key), names_(names) {}
  /// A message that has come, as it was before it was hidden, with its mark. In `arena`, or `bytes` itself. Of those from an
  /// address of our own (`from_here`) one with a mark stays as it is.
  Text find(Text bytes, sip::Arena& arena, bool from_here = false) const;
  /// A message that is about to leave; `is_ours` tells our own Record-Routes. In `arena`, or `bytes` itself.
  Text hide(Text bytes, sip::Arena& arena, const std::function<bool(const sip::Uri&)>& is_ours) const;

  /// A message that leaves as it is, without its mark.
  Text leave_open(Text bytes, sip::Arena& arena) const;

 private:
  Cipher cipher_;
  Names names_;
  friend class Rewriter;
};

}  // namespace strowger::topoh
