// The arithmetic of digests (RFC 2617 §3.2.2, RFC 7616 §3.4.1): HA1 and responses as hexadecimal digits. Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <initializer_list>

#include "runtime/sip/digest.h"

namespace strowger::sip {

enum class DigestAlgorithm : std::uint8_t { Md5, Sha256 };

/// Digits of a hash: 32 or 64.
struct HexDigest {
  char digits[64];
  std::uint8_t length = 0;
  Text text() const { return {digits, length}; }
};
inline std::size_t digits_of(DigestAlgorithm algorithm) { return algorithm == DigestAlgorithm::Md5 ? 32 : 64; }

/// Hash of the texts with ':' between them, in small letters.
HexDigest digest_hash(DigestAlgorithm algorithm, std::initializer_list<Text> parts);

/// H(username:realm:password).
inline HexDigest make_ha1(DigestAlgorithm algorithm, Text username, Text realm, Text password) {
  return digest_hash(algorithm, {username, realm, password});
}

/// What the client has to answer; with an empty method what it may ask of us (rspauth). `body` counts where its qop is auth-int.
/// Fields that are missing count as empty.
HexDigest make_digest_response(DigestAlgorithm algorithm, const DigestCredentials& credentials, Text ha1, Text method, Text body);

}  // namespace strowger::sip
