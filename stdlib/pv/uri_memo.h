// Parsed URIs by their text: scripts ask several things of one URI, and often about the same ones.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/uri.h"

namespace strowger::pv {

class UriMemo {
 public:
  /// The URI, whose parts point into the memo until the next call; null where it is none or too long to be kept.
  const sip::Uri* find(Text text);

 private:
  static constexpr std::size_t kLongest = 160;
  static constexpr unsigned kEntryBits = 4;
  struct Entry {
    char bytes[kLongest];
    std::size_t size = 0;   ///< 0: empty
    sip::Uri uri;
  };
  Entry entries_[1 << kEntryBits];
};

}  // namespace strowger::pv
