// Finding credentials, and judging them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/auth/credentials.h"

#include "auth.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"
#include "stdlib/auth/state.h"

namespace strowger::auth {
namespace {

using sip::DigestCredentials;
using sip::HeaderId;

/// Kamailio's form of nc (RFC 7616 §3.4): eight hexadecimal digits.
std::optional<std::uint32_t> read_count(Text text) {
  if (text.len != 8) return std::nullopt;
  std::uint32_t count = 0;
  for (const char c : text.view()) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    count = count << 4U | static_cast<std::uint32_t>(digit);
  }
  return count;
}

bool is_filled(const DigestCredentials& c, sip::DigestAlgorithm algorithm) {
  if (c.username.is_null() || c.nonce.empty() || c.uri.is_null() || c.response.len != sip::digits_of(algorithm)) return false;
  return c.qop.is_null() || (!c.nc.is_null() && !c.cnonce.is_null());
}

/// Uses the nonce once more.
Code use_nonce(Call& call, const Nonce& nonce, const DigestCredentials& c) {
  Shared& shared = shared_of(call);
  const std::uint32_t next = shared.next_number.load(std::memory_order_relaxed);
  if (shared.counts && !c.qop.empty()) {
    const auto count = read_count(c.nc);
    if (!count) {
      log_line(call, LogLevel::Err, "auth", {"nc of the credentials is '", c.nc, "', not eight hexadecimal digits"});
      return kFailed;
    }
    return shared.counts->use(*nonce.number, *count, next) == Uses::Use::Fresh ? kGood : kStaleNonce;
  }
  if (!shared.once) return kGood;
  return shared.once->use(*nonce.number, 1, next) == Uses::Use::Fresh ? kGood : kNonceReused;
}

Code check_nonce(Call& call, const DigestCredentials& c) {
  const Shared& shared = shared_of(call);
  const std::optional<Binding> binding = binding_of(call);
  const NonceRules rules{static_cast<std::uint32_t>(call.worker->now.wall_seconds()), Auth::Param::nonce_expire,
                         Auth::Param::nonce_auth_max_drift, shared.is_numbered(), binding ? &*binding : nullptr};
  Nonce nonce;
  switch (read_nonce(c.nonce, shared.key, rules, nonce)) {
    case NonceFault::None: return use_nonce(call, nonce, c);
    case NonceFault::Stale: return kStaleNonce;
    case NonceFault::Forged: return kFailed;
  }
  return kFailed;
}

/// RFC 7615 §3, of what was accepted; fields that the client did not send are empty, as Kamailio has them.
bool add_authentication_info(Call& call, const DigestCredentials& c, Text ha1) {
  const sip::HexDigest proof = sip::make_digest_response(algorithm_of(call), c, ha1, Text(""), call.message().body());
  char nonce[kMostNonce];
  const std::size_t length = new_nonce(call, nonce);
  const std::size_t room = 160 + c.qop.len + c.cnonce.len + c.nc.len + proof.length;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return false;
  sip::Writer out(buffer, room);
  out.put("Authentication-Info: nextnonce=\"");
  out.put(Text(nonce, length));
  out.put("\", qop=");
  out.put(c.qop);
  out.put(", rspauth=\"");
  out.put(proof.text());
  out.put("\", cnonce=\"");
  out.put(c.cnonce);
  out.put("\", nc=");
  out.put(c.nc);
  out.put("\r\n");
  return out.ok() && add_to_reply(call, out.text());
}

std::optional<sip::Uri> uri_of(const sip::NameAddr* address) { return address ? sip::parse_uri(address->uri) : std::nullopt; }
bool has_user(const std::optional<sip::Uri>& uri, Text user) { return uri && uri->user.view() == user.view(); }

}  // namespace

Text without_prefix(Text realm) {
  const Text prefix = Auth::Param::realm_prefix;
  if (prefix.empty() || realm.len < prefix.len || !sip::equal_ignore_case({realm.ptr, prefix.len}, prefix)) return realm;
  return {realm.ptr + prefix.len, realm.len - prefix.len};
}

sip::DigestAlgorithm algorithm_of(Call& call) { return shared_of(call).algorithm; }

Claim claim_of(Call& call, Text realm, HeaderId header) {
  Claim claim;
  sip::Message& message = call.message();
  if (!message.is_request()) return claim;
  const std::uint32_t method = message.method_bit();
  if (method == kAck || method == kCancel || method == kPrack) {
    claim.result = kGood;
    claim.is_exempt = true;
    return claim;
  }
  claim.result = kNoCredentials;
  realm = without_prefix(realm);
  const sip::Header* line = message.first(header);
  for (; line; line = message.next(line)) {
    const sip::DigestFault fault = sip::parse_digest(message.value(*line), claim.credentials);
    if (fault == sip::DigestFault::Malformed) {
      log_line(call, LogLevel::Err, "auth", {"credentials cannot be read"});
      claim.result = kFailed;
      return claim;
    }
    if (fault == sip::DigestFault::None && !realm.empty() && sip::equal_ignore_case(claim.credentials.realm, realm)) break;
  }
  if (!line) return claim;
  call.state<Found>(Auth::slot) = {call.live->number, line->at};
  if (!is_filled(claim.credentials, algorithm_of(call))) {
    log_line(call, LogLevel::Err, "auth", {"credentials lack a field, or their response has a wrong length"});
    claim.result = kFailed;
    return claim;
  }
  claim.result = check_nonce(call, claim.credentials);
  return claim;
}

HeaderId header_for(Call& call) {
  return call.message().method_bit() == kRegister ? HeaderId::Authorization : HeaderId::ProxyAuthorization;
}

Code accept(Call& call, const Claim& claim, Text ha1, Text method) {
  const DigestCredentials& c = claim.credentials;
  const sip::DigestAlgorithm algorithm = algorithm_of(call);
  sip::Message& message = call.message();
  if (ha1.len < sip::digits_of(algorithm)) return kWrongPassword;
  ha1.len = sip::digits_of(algorithm);
  const sip::HexDigest expected = sip::make_digest_response(algorithm, c, ha1, method.is_null() ? message.method() : method, message.body());
  if (c.response.len != expected.length || !sip::same_bytes(c.response.ptr, expected.digits, expected.length)) return kWrongPassword;
  call.live->authorized_user = call.arena->copy(c.username);
  if (Auth::Param::add_authinfo_hdr != 0 && !add_authentication_info(call, c, ha1)) return kFailed;
  return kGood;
}

Text user_of(Text username) {
  const auto* const at = username.empty() ? nullptr : static_cast<const char*>(std::memchr(username.ptr, '@', username.len));
  return at ? Text(username.ptr, static_cast<std::size_t>(at - username.ptr)) : username;
}

Code check_identity(Call& call, Text username, bool one_domain) {
  sip::Message& message = call.message();
  const Text user = user_of(username);
  const auto from = uri_of(message.from());
  if (!has_user(from, user)) return kWrongUser;
  const std::uint32_t method = message.method_bit();
  if (method != kRegister && method != kPublish) return kGood;
  const auto other = method == kRegister ? uri_of(message.to()) : sip::parse_uri(message.ruri());
  return has_user(other, user) && (!one_domain || other->host.view() == from->host.view()) ? kGood : kWrongUser;
}

}  // namespace strowger::auth
