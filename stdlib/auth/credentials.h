// Checking credentials, in two steps: what can be said without the password, then the response. auth_db and its like call this.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "runtime/sip/digest_response.h"

namespace strowger::auth {

/// What the functions return to scripts; as Kamailio 5.6.3.
enum Result : Code {
  kGood = 1,
  kFailed = -1,
  kWrongPassword = -2,
  kUnknownUser = -3,
  kStaleNonce = -4,
  kNoCredentials = -5,
  kNonceReused = -6,
  kWrongUser = -8,
};

/// Credentials of a request, as far as they can be checked without the password.
struct Claim {
  Code result = kFailed;                 ///< kGood: go on with accept(), unless is_exempt
  bool is_exempt = false;                ///< ACK, CANCEL and PRACK cannot be challenged (RFC 3261 §22.1): nothing is checked
  sip::DigestCredentials credentials;    ///< into the message
};

/// Finds the credentials for the realm in Authorization or Proxy-Authorization and checks their form and their nonce, which is used
/// by this. `realm` in any case.
Claim claim_of(Call& call, Text realm, sip::HeaderId header);

/// The realm without realm_prefix: as clients get it, and hash it.
Text without_prefix(Text realm);

/// Www for REGISTER, else proxy.
sip::HeaderId header_for(Call& call);

/// Compares the response with what the password's HA1 gives, in constant time. kGood: the user is accepted, and replies get
/// Authentication-Info where that is wanted. `method` null: the request's. An `ha1` of another length than hashes have fails.
Code accept(Call& call, const Claim& claim, Text ha1, Text method = Text::null());

/// Is the text of an argument no text: null, empty, or what a format makes of one undefined variable? Nobody's password may be that.
inline bool is_missing(Text text) { return text.empty() || text.view() == "<null>"; }

/// The user part of the username, without a domain behind '@'.
Text user_of(Text username);

/// Is the user of the credentials the one in From, and in To (REGISTER) or the request URI (PUBLISH)? With `one_domain` that one has
/// to have From's domain, too. kGood or kWrongUser.
Code check_identity(Call& call, Text username, bool one_domain);

/// The algorithm of all hashes: that of the module's parameter.
sip::DigestAlgorithm algorithm_of(Call& call);

}  // namespace strowger::auth
