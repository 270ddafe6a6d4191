// The Route header values of a request, and taking single values out of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "runtime/script/live_message.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"

namespace strowger::rr {

/// One Route value: where it lies and what it names.
struct RouteValue {
  std::uint32_t at = 0;        ///< offset of its first byte
  std::uint32_t end = 0;       ///< behind its last byte
  std::uint32_t next_at = 0;   ///< first byte of the next value of the line; 0 for the line's last
  const sip::Header* header = nullptr;
  Text uri_text;
  sip::Uri uri;
  bool removed = false;

  bool is_loose() const;
};

/// All Route values in order; a value that cannot be parsed ends the list and marks it bad.
struct RouteSet {
  static constexpr int kLimit = 32;
  union {                      // only the first `count` are made
    RouteValue values[kLimit];
  };
  int count = 0;
  bool bad = false;

  explicit RouteSet(sip::Message& message);
  /// Puts the removal of all values marked `removed` into the edits: whole lines where nothing of them stays.
  void apply(LiveMessage& live, sip::Arena& arena) const;
};

/// Is it a URI of ours? The socket's protocol counts where the URI names a transport, not for sips alone.
bool is_ours(const Process& process, const sip::Uri& uri);

/// Does the request go from the callee to the caller, by the ftag of our Route? Before and after loose_route().
bool is_upstream(Call& call);
/// append_fromtag: can a direction be told?
bool records_from_tag();

}  // namespace strowger::rr
