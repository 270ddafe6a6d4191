// Questions about the transaction and its branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <charconv>

#include "runtime/script/operators.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger {

namespace tm {

int visible_status(Call& call) {
  if (call.route_kind == kEventRoute || call.route_kind == kOnsendRoute) return 0;
  if (!call.message().is_request()) return call.message().status();
  const Transaction* transaction = current(call);
  if (!transaction) return 0;
  return call.route_kind == kFailureRoute || call.route_kind == kBranchFailureRoute ? static_cast<int>(call.failed_code) : transaction->status;
}

}  // namespace tm

namespace {

Code outcome(bool yes) { return yes ? 1 : -1; }

const tm::Branch* winner(Call& call) { return static_cast<const tm::Branch*>(call.failed_branch); }

}  // namespace

Code Tm::t_check_status(Call& call, Text pattern) {
  char digits[16];
  if (call.route_kind == kBranchRoute || (call.message().is_request() && !tm::current(call))) return -1;
  const int status = tm::visible_status(call);
  const auto end = std::to_chars(digits, digits + sizeof digits, status).ptr;
  return outcome(Operators::match_dynamic(&call, {digits, static_cast<std::size_t>(end - digits)}, pattern) > 0);
}

Code Tm::t_get_status_code(Call& call) {
  const bool known = call.route_kind != kBranchRoute && tm::current_or_of_reply(call);
  int status = known ? tm::visible_status(call) : 0;
  if (known && status == 0 && call.route_kind == kFailureRoute) status = 500;   // a continued script: what it will end with
  return status > 0 ? static_cast<Code>(status) : -1;
}

Code Tm::t_branch_timeout(Call& call) {
  const tm::Branch* branch = winner(call);
  return outcome(branch && branch->timed_out);
}

Code Tm::t_branch_replied(Call& call) {
  const tm::Branch* branch = winner(call);
  return outcome(branch && branch->replied);
}

Code Tm::t_any_timeout(Call& call) {
  const tm::Transaction* transaction = tm::current(call);
  return outcome(transaction && transaction->any_timeout);
}

Code Tm::t_any_replied(Call& call) {
  const tm::Transaction* transaction = tm::current(call);
  return outcome(transaction && transaction->any_replied);
}

Code Tm::t_is_canceled(Call& call) {
  const tm::Transaction* transaction = tm::current_or_of_reply(call);
  return outcome(transaction && transaction->canceled);
}

Code Tm::t_is_retr_async_reply(Call&) { return -1; }   // no reply is ever suspended

Code Tm::t_is_expired(Call& call) {
  const tm::Transaction* transaction = tm::current(call);
  return outcome(transaction && (transaction->expired || call.worker->now.mono >= transaction->expires));
}

Code Tm::t_grep_status(Call& call, Int code) {
  const tm::Transaction* transaction = tm::current(call);
  if (!transaction) return -1;
  for (std::uint8_t i = 0; i < transaction->branch_count; ++i)
    if (transaction->branches[i]->replied && transaction->branches[i]->status == code) return 1;
  return -1;
}

Code Tm::t_drop_replies(Call& call) { return t_drop_replies(call, "a"); }

Code Tm::t_drop_replies(Call& call, Text mode) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return -1;
  const char which = mode.empty() ? 'a' : mode.ptr[0];
  transaction->replies_chosen = true;
  if (which == 'n') return 1;
  for (std::uint8_t i = which == 'l' ? transaction->leg : 0; i < transaction->branch_count; ++i)
    transaction->branches[i]->dropped = transaction->branches[i]->is_final();
  return 1;
}

}  // namespace strowger
