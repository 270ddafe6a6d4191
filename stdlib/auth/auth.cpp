// Passwords from the script: pv_www_authenticate() and its like; consume_credentials(), has_credentials(); start and stop.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "auth.interface.h"

#include <sys/random.h>

#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth/state.h"

namespace strowger {
namespace auth {
namespace {

using sip::HeaderId;

enum PasswordFlags : Int { kIsHa1 = 1 };
enum Checks : Int { kCheckIdentity = 1 };
enum BindTo : Int { kToUri = 1, kToCallId = 2, kToFromTag = 4, kToSource = 8 };

/// Judges by a password, or its HA1.
Code judge(Call& call, const Claim& claim, Text realm, Text password, Int flags, Text method = Text::null()) {
  if (claim.result != kGood || claim.is_exempt) return claim.result;
  if ((flags & kIsHa1) != 0) return accept(call, claim, password, method);
  const sip::HexDigest ha1 = sip::make_ha1(algorithm_of(call), claim.credentials.username, without_prefix(realm), password);
  return accept(call, claim, ha1.text(), method);
}

/// Texts that are missing are errors of the script, also for requests that are exempt.
bool is_given(Call& call, Text realm, Text password) {
  if (!is_missing(realm) && !is_missing(password)) return true;
  log_line(call, LogLevel::Err, "auth", {is_missing(realm) ? Text("the realm") : Text("the password"), " is empty"});
  return false;
}

Code authenticate(Call& call, HeaderId header, Text realm, Text password, Int flags, Text method = Text::null()) {
  if (!is_given(call, realm, password)) return kFailed;
  return judge(call, claim_of(call, realm, header), realm, password, flags, method);
}

bool random_bytes(void* out, std::size_t size) { return getrandom(out, size, 0) == static_cast<ssize_t>(size); }

bool fill(Shared& shared) {
  using P = Auth::Param;
  std::uint32_t first = 0;
  if (!random_bytes(&first, sizeof first) || !random_bytes(shared.key.data(), shared.key.size())) return false;
  if (!P::secret.empty()) shared.key = sip::make_hash_key(P::secret.view());
  if (P::algorithm.view() == "SHA-256") shared.algorithm = sip::DigestAlgorithm::Sha256;
  const auto cells = [](Int size, Int order) { return order != 20 ? std::uint64_t{1} << order : static_cast<std::uint64_t>(size); };
  shared.next_number = first;
  if (P::nonce_count != 0) shared.counts.emplace(cells(P::nc_array_size, P::nc_array_order));
  if (P::one_time_nonce != 0) shared.once.emplace(cells(P::otn_in_flight_no, P::otn_in_flight_order));
  return (!shared.counts || shared.counts->is_good()) && (!shared.once || shared.once->is_good());
}

}  // namespace

Shared& shared_of(Call& call) { return *static_cast<Shared*>(call.process().module_state[Auth::slot]); }

std::optional<Binding> binding_of(Call& call) {
  using P = Auth::Param;
  sip::Message& message = call.message();
  const Int to = message.method_bit() == kRegister ? P::auth_checks_register
                 : message.to_tag().empty()        ? P::auth_checks_no_dlg
                                                   : P::auth_checks_in_dlg;
  if (to == 0) return std::nullopt;
  SHA2_CTX context;
  SHA256Init(&context);
  // Every part with its length in front, so that none can be taken for the beginning of the next one.
  const auto add = [&](Int bit, const void* bytes, std::size_t size) {
    const std::uint64_t length = (to & bit) != 0 ? size : 0;
    SHA256Update(&context, reinterpret_cast<const unsigned char*>(&length), sizeof length);
    if (length > 0) SHA256Update(&context, static_cast<const unsigned char*>(bytes), length);
  };
  const auto add_text = [&](Int bit, Text text) { add(bit, text.ptr, text.is_null() ? 0 : text.len); };
  add_text(kToUri, message.ruri());
  add_text(kToCallId, message.call_id());
  add_text(kToFromTag, message.from_tag());
  const sip::Address& source = call.live->source;
  add(kToSource, source.ip.data(), source.family == 6 ? 16 : 4);
  Binding binding;
  SHA256Final(binding.data(), &context);
  return binding;
}

std::size_t new_nonce(Call& call, char* out) {
  Shared& shared = shared_of(call);
  Nonce nonce;
  nonce.made = static_cast<std::uint32_t>(call.worker->now.wall_seconds());
  nonce.expires = nonce.made + static_cast<std::uint32_t>(Auth::Param::nonce_expire);
  if (shared.is_numbered()) nonce.number = shared.next_number.fetch_add(1, std::memory_order_relaxed);
  const std::optional<Binding> binding = binding_of(call);
  return print_nonce(nonce, shared.key, binding ? &*binding : nullptr, out);
}

bool add_to_reply(Call& call, Text lines) {
  auto* const header = call.arena->make<ReplyHeader>(lines);
  if (!header) return false;
  ReplyHeader** last = &call.live->reply_headers;
  while (*last) last = &(*last)->next;
  *last = header;
  return true;
}

}  // namespace auth

using sip::HeaderId;

Code Auth::pv_www_authenticate(Call& call, Text realm, Text passwd, Int flags) {
  return auth::authenticate(call, HeaderId::Authorization, realm, passwd, flags);
}
Code Auth::pv_www_authenticate(Call& call, Text realm, Text passwd, Int flags, Text method) {
  return auth::authenticate(call, HeaderId::Authorization, realm, passwd, flags, method);
}
Code Auth::pv_proxy_authenticate(Call& call, Text realm, Text passwd, Int flags) {
  return auth::authenticate(call, HeaderId::ProxyAuthorization, realm, passwd, flags);
}

Code Auth::pv_auth_check(Call& call, Text realm, Text passwd, Int flags, Int checks) {
  if (!auth::is_given(call, realm, passwd)) return auth::kFailed;
  const auth::Claim claim = auth::claim_of(call, realm, auth::header_for(call));
  const Code result = auth::judge(call, claim, realm, passwd, flags);
  if (result != auth::kGood || claim.is_exempt || (checks & auth::kCheckIdentity) == 0) return result;
  return auth::check_identity(call, claim.credentials.username, Param::use_domain != 0);
}

Code Auth::consume_credentials(Call& call) {
  const auth::Found& found = call.state<auth::Found>(slot);
  sip::Message& message = call.message();
  if (found.message == call.live->number)
    for (const HeaderId id : {HeaderId::Authorization, HeaderId::ProxyAuthorization})
      for (const sip::Header* line = message.first(id); line; line = message.next(line))
        if (line->at == found.at) return remove_line(call, *line) ? 1 : -1;
  log_line(call, LogLevel::Err, "auth", {"consume_credentials(): no credentials of this request were looked at"});
  return -1;
}

Code Auth::has_credentials(Call& call, Text realm) {
  const sip::Message& message = call.message();
  sip::DigestCredentials credentials;
  for (const HeaderId id : {HeaderId::ProxyAuthorization, HeaderId::Authorization})
    for (const sip::Header* line = message.first(id); line; line = message.next(line))
      if (sip::parse_digest(message.value(*line), credentials) == sip::DigestFault::None && !realm.empty() &&
          sip::equal_ignore_case(credentials.realm, realm))
        return 1;
  return -1;
}

void Auth::start(Process& process) {
  auto* const shared = new auth::Shared;
  process.module_state[slot] = shared;
  if (auth::fill(*shared)) return;
  process.log.write(LogLevel::Crit, "auth: no memory for the counts of nonces, or no random bytes");
  process.failed = true;
}

void Auth::stop(Process& process) {
  delete static_cast<auth::Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Auth::worker_start(Worker& worker) {
  auto* const found = new auth::Found;
  worker.module_state[slot] = found;
  worker.cleanups.push_back([found] { delete found; });
  worker.scripts.add_run_state(movable_state<auth::Found, &slot>());
}

}  // namespace strowger
