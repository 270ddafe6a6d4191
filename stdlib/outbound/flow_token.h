// Flow tokens (RFC 5626 §5.2): the two ends of a flow, signed, as text for the user part of a URI. Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"
#include "runtime/sip/keyed_hash.h"

namespace strowger::outbound {

struct Flow {
  sip::Protocol protocol = sip::Protocol::Udp;
  sip::Address local, peer;             ///< of one family
};

using Key = sip::HashKey;

/// The longest token: 10 bytes of signature, one of protocol and family, two addresses of 18, in base64.
inline constexpr std::size_t kMostToken = 64;

/// Writes the token into `out`; its length.
std::size_t print_token(const Flow& flow, const Key& key, char* out);

enum class Verdict { Good, NoToken, Forged };
/// NoToken: another length or alphabet than ours have. Forged: signed by somebody else, or changed.
Verdict read_token(Text text, const Key& key, Flow& out);

}  // namespace strowger::outbound
