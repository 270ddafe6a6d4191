// Nonces: when they were made, when they end, their number where uses are counted, and what they are bound to, signed. Pure; nothing is
// kept of a nonce to check it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/abi/values.h"
#include "runtime/sip/keyed_hash.h"

namespace strowger::auth {

struct Nonce {
  std::uint32_t expires = 0, made = 0;       ///< seconds since 1970
  std::optional<std::uint32_t> number;       ///< where uses are counted
};

/// Hash over the parts of a request that a nonce is bound to (auth_checks_*); null: it is bound to none.
using Binding = sip::KeyedHash;

/// The longest nonce, in characters; longer ones are not looked at.
inline constexpr std::size_t kMostNonce = 64;

/// Writes base64 of 24 bytes, 5 more with a number, and 16 more with a binding. Its length.
std::size_t print_nonce(const Nonce& nonce, const sip::HashKey& key, const Binding* binding, char* out);

enum class NonceFault : std::uint8_t {
  None,
  Forged,    ///< of another form, or not signed by us
  Stale,     ///< it has ended, or was made in the future, or for a request that differs in what it is bound to
};

struct NonceRules {
  std::uint32_t now = 0;                     ///< seconds since 1970
  Int longest_life = 0;                      ///< seconds behind its making
  Int max_drift = 0;                         ///< seconds that it may have been made in the future; negative: any
  bool is_counted = false;                   ///< it has to have a number
  const Binding* binding = nullptr;          ///< what it has to be bound to; null: it does not matter
};

/// `out` is good after None only.
NonceFault read_nonce(Text text, const sip::HashKey& key, const NonceRules& rules, Nonce& out);

}  // namespace strowger::auth
