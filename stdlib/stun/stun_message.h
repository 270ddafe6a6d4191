// STUN binding requests (RFC 5389, and RFC 3489 without the magic cookie): reading them, and the answer. Bytes in, bytes out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::stun {

/// The longest answer: header, ERROR-CODE, UNKNOWN-ATTRIBUTES, SOFTWARE.
inline constexpr std::size_t kMostAnswer = 512;

/// Begins as STUN does: two zero bits, a length that may be, and 20 bytes at least (RFC 5389 §6). The first byte of SIP is never so.
bool looks_like_stun(Text bytes);

/// The answer to a datagram from `source`, into `out` of at least kMostAnswer bytes; 0 where none is due (responses, indications,
/// other methods, a wrong FINGERPRINT). `software`: what we are called, cut to 128 bytes; "" for none.
std::size_t answer(Text bytes, const sip::Address& source, std::string_view software, char* out);

}  // namespace strowger::stun
