// What the script asks of its transaction: routes to run, timers, switches. Also before there is a transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "stdlib/tm/machines.h"
#include "stdlib/tm/relay.h"
#include "tm.interface.h"

namespace strowger {
namespace {

/// "0" takes the route off again.
const RouteRef* armed(const RouteRef& route) { return route.function ? &route : nullptr; }

std::int32_t millis(Int value, std::int32_t otherwise) {
  return value > 0 ? static_cast<std::int32_t>(std::min<Int>(value, INT32_MAX)) : otherwise;
}

void restart_timers(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return;
  for (std::uint8_t i = 0; i < transaction->branch_count; ++i) tm::restart_final_timer(*transaction->branches[i]);
}

void restart_lifetime(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (transaction && transaction->status < 200 && !transaction->released) tm::server_started(*transaction);
}

}  // namespace

Code Tm::t_on_failure(Call& call, const RouteRef& name) {
  tm::wishes_of(call).on_failure = armed(name);
  return 1;
}

Code Tm::t_on_branch_failure(Call& call, const RouteRef& name) {
  tm::wishes_of(call).on_branch_failure = armed(name);
  return 1;
}

Code Tm::t_on_reply(Call& call, const RouteRef& name) {
  tm::wishes_of(call).on_reply = armed(name);
  return 1;
}

Code Tm::t_on_branch(Call& call, const RouteRef& name) {
  tm::wishes_of(call).on_branch = armed(name);
  return 1;
}

Code Tm::t_set_fr(Call& call, Int fr_inv) { return t_set_fr(call, fr_inv, 0); }

Code Tm::t_set_fr(Call& call, Int fr_inv, Int fr) {
  tm::Preferences& wishes = tm::wishes_of(call);
  wishes.fr_inv = millis(fr_inv, wishes.fr_inv);
  wishes.fr = millis(fr, wishes.fr);
  restart_timers(call);
  return 1;
}

Code Tm::t_reset_fr(Call& call) {
  tm::wishes_of(call).reset_fr();
  restart_timers(call);
  return 1;
}

Code Tm::t_set_retr(Call& call, Int first, Int longest) {
  tm::Preferences& wishes = tm::wishes_of(call);
  wishes.retr1 = millis(first, wishes.retr1);
  wishes.retr2 = millis(longest, wishes.retr2);
  return 1;
}

Code Tm::t_reset_retr(Call& call) {
  tm::wishes_of(call).reset_retr();
  return 1;
}

Code Tm::t_set_max_lifetime(Call& call, Int invite, Int other) {
  tm::Preferences& wishes = tm::wishes_of(call);
  wishes.max_invite = millis(invite, wishes.max_invite);
  wishes.max_other = millis(other, wishes.max_other);
  restart_lifetime(call);
  return 1;
}

Code Tm::t_reset_max_lifetime(Call& call) {
  tm::wishes_of(call).reset_lifetime();
  restart_lifetime(call);
  return 1;
}

Code Tm::t_set_auto_inv_100(Call& call, Int on) {
  tm::wishes_of(call).auto_100 = on != 0;
  return 1;
}

Code Tm::t_set_disable_6xx(Call& call, Int on) {
  tm::wishes_of(call).disable_6xx = on != 0;
  return 1;
}

Code Tm::t_set_disable_failover(Call& call, Int on) {
  tm::wishes_of(call).no_failover = on != 0;
  return 1;
}

Code Tm::t_set_no_e2e_cancel_reason(Call& call, Int on) {
  tm::wishes_of(call).no_e2e_reason = on != 0;
  return 1;
}

Code Tm::t_set_disable_internal_reply(Call& call, Int on) {
  tm::wishes_of(call).no_internal_reply = on != 0;
  return 1;
}

Code Tm::t_use_uac_headers(Call& call) {   // CANCEL and ACK always are made from what was sent
  tm::wishes_of(call).uac_headers = true;
  return 1;
}

Code Tm::t_is_set(Call& call, Text target) {
  tm::current_or_of_reply(call);   // in reply_route
  const tm::Preferences& wishes = tm::wishes_of(call);
  const std::string_view what = target.view();
  if (what == "branch_route") return wishes.on_branch ? 1 : -1;
  if (what == "failure_route") return wishes.on_failure ? 1 : -1;
  if (what == "onreply_route") return wishes.on_reply ? 1 : -1;
  if (what == "branch_failure_route") return wishes.on_branch_failure ? 1 : -1;
  call.log(LogLevel::Err, "tm: t_is_set(): unknown kind of route\n");
  return -1;
}

}  // namespace strowger
