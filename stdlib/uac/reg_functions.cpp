// uac_reg_*(): what scripts ask and say of registrations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/uri.h"
#include "stdlib/uac/registrations.h"
#include "stdlib/uac/state.h"

namespace strowger {
namespace {

using uac::Registration;
using P = Uac::Param;

constexpr Code kNone = -1, kNotFound = -2, kUnknownAttribute = -3;
enum RequestMode : Int { kByUsername = 1, kWithHa1 = 2 };

/// A copy: the list may change. Nothing where there is none.
std::optional<Registration> find(Call& call, uac::Column column, Text value, Text domain = Text::null()) {
  if (value.empty()) return std::nullopt;
  uac::Registrations& all = uac::registrations_of(call.process());
  const std::lock_guard lock(all.mutex);
  const Registration* const record = all.find(column, value.view(), domain.view());
  return record ? std::optional<Registration>(*record) : std::nullopt;
}

/// By l_username, and l_domain where reg_use_domain says so.
std::optional<Registration> find_user(Call& call, const sip::Uri& uri) {
  return find(call, &Registration::l_username, uri.user, P::reg_use_domain != 0 ? uri.host : Text::null());
}

Text uri_of(Call& call, const std::string& user, const std::string& domain) {
  return call.arena->copy(std::string_view("sip:" + user + "@" + domain));
}

Code give(Call& call, const VariableRef& dst, Text text) {
  if (!dst.set || text.is_null() || dst.set(&call, Value::of(text)) < 0) return kNone;
  return 1;
}

Code change(Call& call, Text attribute, Text value, bool enable) {
  uac::Registrations& all = uac::registrations_of(call.process());
  if (!all.is_used) return kNone;
  const uac::Column column = uac::column_of(attribute.view());
  if (!column) {
    log_line(call, LogLevel::Err, "uac", {"registrations have no attribute \"", attribute, "\""});
    return kUnknownAttribute;
  }
  const std::lock_guard lock(all.mutex);
  Registration* const record = value.empty() ? nullptr : all.find(column, value.view());
  if (!record) return kNotFound;
  uac::switch_registration(*record, enable);
  return 1;
}

void put(Call& call, const VariableRef* variable, const std::string& text) {
  if (variable && variable->set) variable->set(&call, Value::of(call.arena->copy(std::string_view(text))));
}

}  // namespace

Code Uac::uac_reg_lookup(Call& call, Text uuid, const VariableRef& dst) {
  const auto record = find(call, &Registration::l_uuid, uuid);
  return record ? give(call, dst, uri_of(call, record->l_username, record->l_domain)) : kNone;
}

Code Uac::uac_reg_lookup_uri(Call& call, Text uri_text, const VariableRef& dst) {
  const Text kept = call.arena->copy(uri_text);
  const auto uri = kept.is_null() ? std::nullopt : sip::parse_uri(kept);
  if (!uri) return kNotFound;
  const auto record = find_user(call, *uri);
  if (!record) return kNone;
  return give(call, dst, call.arena->copy(std::string_view(record->l_uuid)));
}

Code Uac::uac_reg_status(Call& call, Text uuid) {
  const auto record = find(call, &Registration::l_uuid, uuid);
  if (!record) return kNone;
  if (record->flags & uac::kDisabled) return -3;
  if (record->flags & uac::kOngoing) return -2;
  return record->flags & uac::kOnline ? 1 : -99;
}

Code Uac::uac_reg_request_to(Call& call, Text user, Int mode) {
  if (mode < 0 || mode > (kByUsername | kWithHa1)) return kNone;
  std::optional<Registration> record;
  if ((mode & kByUsername) && P::reg_use_domain != 0) {   // the user comes with its domain
    const auto uri = sip::parse_uri(call.arena->copy(user));
    if (!uri) return kNotFound;
    record = find_user(call, *uri);
  } else {
    record = find(call, mode & kByUsername ? &Registration::l_username : &Registration::l_uuid, user);
  }
  if (!record) return kNone;
  LiveMessage& live = *call.live;
  set_uri(live, *call.arena, uri_of(call, record->r_username, record->r_domain));
  if (!record->auth_proxy.empty()) set_dst_uri(live, *call.arena, Text(std::string_view(record->auth_proxy)));
  put(call, P::auth_realm_avp, record->realm);
  put(call, P::auth_username_avp, record->auth_username);
  put(call, P::auth_password_avp, mode & kWithHa1 ? record->auth_ha1 : record->auth_password);
  return 1;
}

Code Uac::uac_reg_enable(Call& call, Text attribute, Text value) { return change(call, attribute, value, true); }
Code Uac::uac_reg_disable(Call& call, Text attribute, Text value) { return change(call, attribute, value, false); }

Code Uac::uac_reg_refresh(Call& call, Text uuid) {
  return !uuid.empty() && uac::read_again(*call.worker, uuid.view()) == uac::Again::Done ? 1 : kNone;
}

}  // namespace strowger
