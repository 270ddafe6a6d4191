// How hidden texts are written: with a key, in characters that may stand in a URI parameter, a branch and a Call-ID. Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"

namespace strowger::topoh {

/// Not meant against who has many pairs of plain and hidden text: it keeps addresses from being read, no more. The same text is
/// written the same way each time, so that identities stay identities.
class Cipher {
 public:
  explicit Cipher(std::string_view key);
  /// In `arena`; null when it is full.
  Text encode(Text plain, sip::Arena& arena) const;
  /// Null for what encode() has not written.
  Text decode(Text hidden, sip::Arena& arena) const;

 private:
  std::array<char, 64> digits_;
  std::array<std::int8_t, 256> values_;
  std::array<std::uint8_t, 64> pad_;
};

}  // namespace strowger::topoh
