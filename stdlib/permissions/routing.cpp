// allow_routing(), allow_register(), allow_uri(): rules from files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/uri.h"
#include "stdlib/permissions/state.h"

namespace strowger {
namespace permissions {
namespace {

const Shared& shared_of(Call& call) { return *state_of(*call.worker).shared; }

/// The files were read at start, as the script names them.
RulePair pair_of(Call& call, Text basename) { return shared_of(call).pairs.find(basename.view())->second; }
RulePair pair_of(Call& call, Text allow_file, Text deny_file) {
  const auto& files = shared_of(call).files;
  return {files.find(allow_file.view())->second, files.find(deny_file.view())->second};
}

/// "sip:user@host", whatever the URI's scheme is. Without a user "sip:@host", or "sip:host" where `leaves_at` says so.
/// Null (logged) where it is no URI.
Text plain_uri(Call& call, Text text, bool leaves_at) {
  const auto uri = sip::parse_uri(text);
  if (!uri) {
    log_line(call, LogLevel::Err, "permissions", {"'", text, "' is no URI"});
    return Text::null();
  }
  const bool has_at = !leaves_at || uri->has_user();
  const Text parts[] = {"sip:", uri->user, has_at ? Text("@") : Text::null(), uri->host};
  return Operators::concat(&call, parts, 4, 0);
}

bool allows_target(Call& call, const RulePair& rules, Text from, Text target) {
  const Text plain = plain_uri(call, target, false);
  return !plain.is_null() && rules.allows(from, plain);
}

Code route(Call& call, const RulePair& rules) {
  if (rules.empty()) return 1;
  const Text from = from_uri(call);
  if (from.is_null() || !call.message().is_request()) {
    log_line(call, LogLevel::Err, "permissions", {"allow_routing() is about requests with a From"});
    return -1;
  }
  if (!allows_target(call, rules, from, call.live->uri())) return -1;
  for (std::uint16_t i = 0; Permissions::Param::check_all_branches != 0 && i < call.live->branch_count; ++i)
    if (!allows_target(call, rules, from, call.live->branches[i].uri)) return -1;
  return 1;
}

Code enroll(Call& call, const RulePair& rules) {
  if (rules.empty()) return 1;
  sip::Message& message = call.message();
  const sip::NameAddr* const to = message.to();
  if (!to) {
    log_line(call, LogLevel::Err, "permissions", {"allow_register(): To cannot be read"});
    return -1;
  }
  for (const sip::Header* h = message.first(sip::HeaderId::Contact); h; h = message.next(h)) {
    Text rest = sip::trim(message.value(*h));
    if (rest.view() == "*") return 1;
    do {
      const auto contact = sip::next_name_addr(rest);
      const Text plain = contact ? plain_uri(call, contact->uri, true) : Text::null();
      if (plain.is_null() || !rules.allows(to->uri, plain)) return -1;
    } while (!sip::trim(rest).empty());
  }
  return 1;
}

}  // namespace
}  // namespace permissions

Code Permissions::allow_routing(Call& call) {
  return permissions::route(call, permissions::shared_of(call).default_pair);
}
Code Permissions::allow_routing(Call& call, Text basename) {
  return permissions::route(call, permissions::pair_of(call, basename));
}
Code Permissions::allow_routing(Call& call, Text allow_file, Text deny_file) {
  return permissions::route(call, permissions::pair_of(call, allow_file, deny_file));
}

Code Permissions::allow_register(Call& call, Text basename) {
  return permissions::enroll(call, permissions::pair_of(call, basename));
}
Code Permissions::allow_register(Call& call, Text allow_file, Text deny_file) {
  return permissions::enroll(call, permissions::pair_of(call, allow_file, deny_file));
}

Code Permissions::allow_uri(Call& call, Text basename, const VariableRef& uri) {
  const permissions::RulePair rules = permissions::pair_of(call, basename);
  if (rules.empty()) return 1;
  const Text from = permissions::from_uri(call);
  const Value value = uri.get(&call);
  if (from.is_null() || value.text().is_null()) {
    log_line(call, LogLevel::Err, "permissions",
             {"allow_uri(): ", from.is_null() ? Text("From cannot be read") : Text("the variable has no text")});
    return -1;
  }
  return rules.allows(from, value.text()) ? 1 : -1;
}

}  // namespace strowger
