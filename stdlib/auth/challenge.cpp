// Challenges: www_challenge(), proxy_challenge(), auth_challenge(), auth_get_www_authenticate().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "auth.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth/state.h"

namespace strowger {
namespace auth {
namespace {

enum Flags : Int { kQopAuth = 1, kQopInt = 2, kNoServerError = 4, kStale = 16 };
constexpr Code kUnevaluated = -1, kNotBuilt = -2, kNotSent = -3;

struct Kind {
  Int code;
  Text reason, header;
};
Kind www() { return {401, "Unauthorized", Auth::Param::www_challenge_header}; }
Kind proxy() { return {407, "Proxy Authentication Required", Auth::Param::proxy_challenge_header}; }

/// The header line, CRLF included; null when the arena is full.
Text challenge_line(Call& call, Text header, Text realm, Int flags) {
  char nonce[kMostNonce];
  const std::size_t length = new_nonce(call, nonce);
  realm = without_prefix(realm);
  const std::size_t room = header.len + realm.len + 192;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return Text::null();
  sip::Writer out(buffer, room);
  out.put(header);
  out.put(": Digest realm=\"");
  out.put(realm);
  out.put("\", nonce=\"");
  out.put(Text(nonce, length));
  out.put('"');
  if ((flags & (kQopAuth | kQopInt)) != 0) out.put((flags & kQopInt) != 0 ? Text(", qop=\"auth-int\"") : Text(", qop=\"auth\""));
  if (!Auth::Param::algorithm.empty()) {
    out.put(", algorithm=");
    out.put(Auth::Param::algorithm);
  }
  if ((flags & kStale) != 0) out.put(", stale=true");
  out.put("\r\n");
  call.arena->shrink(buffer, out.size());
  return out.ok() ? out.text() : Text::null();
}

Code reply(Call& call, Int code, Text reason) {
  const Services& services = call.process().services;
  if (Auth::Param::force_stateless_reply == 0 && services.reply_in_transaction)
    if (const Code done = services.reply_in_transaction(call, code, reason)) return done;
  return services.reply_stateless ? services.reply_stateless(call, code, reason) : -1;
}

Code fail(Call& call, Code result) {
  reply(call, 500, "Internal Server Error");
  return result;
}

Code challenge(Call& call, const Kind& kind, Text realm, Int flags) {
  if (!call.message().is_request()) return kNotSent;
  if (is_missing(realm)) {
    log_line(call, LogLevel::Err, "auth", {"a challenge needs a realm"});
    return fail(call, kUnevaluated);
  }
  if (call.message().method_bit() == kAck) return kNotSent;     // RFC 3261 §17
  const Text line = challenge_line(call, kind.header, realm, flags);
  if (line.is_null() || !add_to_reply(call, line)) return (flags & kNoServerError) != 0 ? kNotBuilt : fail(call, kNotBuilt);
  return reply(call, kind.code, kind.reason) > 0 ? 1 : kNotSent;
}

}  // namespace
}  // namespace auth

Code Auth::www_challenge(Call& call, Text realm, Int flags) { return auth::challenge(call, auth::www(), realm, flags); }
Code Auth::proxy_challenge(Call& call, Text realm, Int flags) { return auth::challenge(call, auth::proxy(), realm, flags); }

Code Auth::auth_challenge(Call& call, Text realm, Int flags) {
  const std::uint32_t method = call.message().is_request() ? call.message().method_bit() : 0;
  if (method == kAck || method == kCancel) return 1;
  return auth::challenge(call, method == kRegister ? auth::www() : auth::proxy(), realm, flags);
}

Code Auth::auth_get_www_authenticate(Call& call, Text realm, Int flags, const VariableRef& pv) {
  if (auth::is_missing(realm) || !call.message().is_request()) return -1;
  const Text line = auth::challenge_line(call, Auth::Param::www_challenge_header, realm, flags);
  return !line.is_null() && pv.set && pv.set(&call, Value::of(line)) > 0 ? 1 : -1;
}

}  // namespace strowger
