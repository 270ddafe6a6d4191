// What auth keeps, and the nonces of a request.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "stdlib/auth/nonce.h"
#include "runtime/sip/digest_response.h"
#include "stdlib/auth/uses.h"

namespace strowger::auth {

struct Shared {
  sip::HashKey key{};
  sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::Md5;
  std::atomic<std::uint32_t> next_number{0};   ///< of nonces; begins anywhere
  std::optional<Uses> counts;            ///< nonce_count: of nc
  std::optional<Uses> once;              ///< one_time_nonce
  bool is_numbered() const { return counts || once; }
};
Shared& shared_of(Call& call);

/// The credentials that were looked at last, for consume_credentials().
struct Found {
  std::uint64_t message = 0;             ///< LiveMessage::number; 0: none
  std::uint32_t at = 0;                  ///< where their line begins
  bool is_empty() const { return message == 0; }
};

/// What nonces of such a request are bound to (auth_checks_register and its like); nothing where to nothing.
std::optional<Binding> binding_of(Call& call);

/// Writes a new nonce for the request. Its length.
std::size_t new_nonce(Call& call, char* out);

/// Adds lines to the replies to the request. False when the arena is full.
bool add_to_reply(Call& call, Text lines);

}  // namespace strowger::auth
