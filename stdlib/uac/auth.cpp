// uac_auth(): the request once more, with credentials for the challenge that it has failed with.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/tm/transaction.h"
#include "stdlib/uac/challenge.h"
#include "stdlib/uac/state.h"

namespace strowger {
namespace {

using P = Uac::Param;

Text text_of(Call& call, const VariableRef& variable) {
  const Value value = variable.get(&call);
  return value.is_null() ? Text::null() : Operators::value_to_text(&call, value);
}

/// By the attributes where they are set and go with the realm, else by the parameter `credential`.
std::optional<uac::Secret> secret_for(Call& call, Text realm) {
  if (P::auth_username_avp) {
    const Text only = text_of(call, *P::auth_realm_avp);
    const Text user = text_of(call, *P::auth_username_avp), password = text_of(call, *P::auth_password_avp);
    if (!user.empty() && !password.empty() && (only.empty() || only.view() == realm.view())) return uac::Secret{user, password};
  }
  for (const uac::Credential& one : uac::shared_of(call.process()).credentials)
    if (one.realm.view() == realm.view()) return uac::Secret{one.user, one.password};
  return std::nullopt;
}

Code authenticate(Call& call, bool is_ha1) {
  const auto refuse = [&](Text why) {
    log_line(call, LogLevel::Err, "uac", {"uac_auth(): ", why});
    return -1;
  };
  const auto* const branch = static_cast<const tm::Branch*>(call.failed_branch);
  if (!branch || !call.reply || (branch->status != 401 && branch->status != 407)) return refuse("the failure is no 401 or 407 that came");
  const auto challenge = uac::read_challenge(call.reply->message);
  if (!challenge) return refuse("there is no challenge that can be answered");
  auto secret = secret_for(call, challenge->realm);
  if (!secret) {
    log_line(call, LogLevel::Info, "uac", {"uac_auth(): no credentials for realm \"", challenge->realm, "\""});
    return -1;
  }
  secret->is_ha1 = is_ha1;
  LiveMessage& live = *call.live;
  const uac::Asked asked{live.message.method(), branch->uri, live.message.body()};
  const Text line = uac::make_credentials(*challenge, asked, *secret, *call.worker, *call.arena);
  if (line.is_null() || !live.edits.insert(*call.arena, live.message.headers_end(), line)) return refuse("user or password cannot be used");
  live.set_uri(branch->uri);
  return 1;
}

}  // namespace

Code Uac::uac_auth(Call& call) { return authenticate(call, false); }
Code Uac::uac_auth(Call& call, Int mode) { return authenticate(call, mode == 1); }
Code Uac::uac_auth_mode(Call& call, Int mode) { return authenticate(call, mode == 1); }

}  // namespace strowger
