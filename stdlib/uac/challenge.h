// Challenges of servers, and the credentials that answer them (RFC 3261 §22, RFC 2617): MD5, without qop or with auth or auth-int.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/worker.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/message.h"

namespace strowger::uac {

struct Challenge {
  Text realm, nonce, opaque, qop;        ///< qop: "auth", "auth-int", or null for none
  bool by_proxy = false;                 ///< 407
};

/// The first challenge of a 401 or 407. Nothing where there is none, or none that can be answered (other schemes and algorithms).
std::optional<Challenge> read_challenge(const sip::Message& reply);

/// What is asked for.
struct Asked { Text method, uri, body; };

struct Secret {
  Text user, password;
  bool is_ha1 = false;                   ///< the password is an HA1
};

/// The whole line, Authorization or Proxy-Authorization, in the arena. Null where user or password cannot be used, or memory ends.
Text make_credentials(const Challenge& challenge, const Asked& asked, const Secret& secret, Worker& worker, sip::Arena& arena);

}  // namespace strowger::uac
