// The arithmetic of digests (RFC 2617 §3.2.2, RFC 7616 §3.4.1): HA1 and responses as hexadecimal digits. Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <initializer_list>

#include "runtime/sip/digest.h"

namespace strowger::auth {

enum class Algorithm : std::uint8_t { Md5, Sha256 };

/// Digits of a hash: 32 or 64.
struct HexDigest {
  char digits[64];
  std::uint8_t length = 0;
  Text text() const { return {digits, length}; }
};
inline std::size_t digits_of(Algorithm algorithm) { return algorithm == Algorithm::Md5 ? 32 : 64; }

/// Hash of the texts with ':' between them, in small letters.
HexDigest hash_of(Algorithm algorithm, std::initializer_list<Text> parts);

/// H(username:realm:password).
inline HexDigest make_ha1(Algorithm algorithm, Text username, Text realm, Text password) {
  return hash_of(algorithm, {username, realm, password});
}

/// What the client has to answer; with an empty method what it may ask of us (rspauth). `body` counts where its qop is auth-int.
/// Fields that are missing count as empty.
HexDigest make_response(Algorithm algorithm, const sip::DigestCredentials& credentials, Text ha1, Text method, Text body);

}  // namespace strowger::auth
