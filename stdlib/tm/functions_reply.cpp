// Functions that make, find, answer and end the transaction of a request.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/operators.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/take_over.h"
#include "stdlib/tm/upstream.h"
#include "tm.interface.h"

namespace strowger {

namespace tm {

namespace {

/// A final reply was made here: nobody waits for the branches any more.
void after_reply(Transaction& transaction, Int code) {
  if (code < 200) return;
  transaction.error = 0;
  end_suspension(transaction);
  cancel_branches(transaction, nullptr, reason_for(transaction, static_cast<int>(code)));
}

}  // namespace

bool reply_from_outside(Transaction& transaction, Int code, Text reason, Text to_tag, Text headers, Text body) {
  LiveMessage request = transaction.request;
  if (!body.empty()) request.reply_body = body;
  if (!to_tag.empty()) transaction.to_tag = transaction.arena.copy(to_tag);
  if (!reply_locally(transaction, request, nullptr, code, reason, headers)) return false;
  after_reply(transaction, code);
  return true;
}

Code reply_in(Transaction& transaction, Call& call, Int code, Text reason) {
  if (call.route_kind == kBranchFailureRoute || call.route_kind == kBranchRoute) return -1;   // one branch does not speak for all
  if (code < 100 || code > 699) code = Tm::Param::default_code;   // it could not be evaluated
  if (reason.is_null() || reason.view() == "<null>") reason = Tm::Param::default_reason;
  const bool has_request = call.message().is_request();
  LiveMessage& live = has_request ? *call.live : transaction.request;
  if (has_request) {
    if (!reply_locally(transaction, live, &call, code, reason)) return -1;
  } else {   // a redirection names the request's targets
    Call over_request = call;
    over_request.live = &live;
    const Text contacts = code >= 300 && code < 400 ? contacts_of_branches(over_request, *call.arena, Tm::Param::rich_redirect) : Text::null();
    if (!reply_locally(transaction, live, nullptr, code, reason, contacts)) return -1;
  }
  after_reply(transaction, code);
  return 1;
}

}  // namespace tm

Code Tm::t_newtran(Call& call) {
  tm::Transaction* transaction = nullptr;
  Code why = -1;
  if (call.transaction) return -10;   // also where t_lookup_request() has found it for a repetition
  switch (tm::new_transaction(call, transaction, why)) {
    case tm::Made::New: return 1;
    case tm::Made::Repeated: return 0;
    case tm::Made::Exists: return -10;
    case tm::Made::Failed: return why;
  }
  return -1;
}

Code Tm::t_lookup_request(Call& call) {
  tm::Transaction* transaction = tm::current(call);
  if (!transaction) return -1;
  call.transaction = transaction;
  return 1;
}

Code Tm::t_lookup_cancel(Call& call) {
  return call.message().method_bit() == kCancel && tm::table_of(*call.worker).find(call.message(), "INVITE") ? 1 : -1;
}

Code Tm::t_lookup_cancel(Call& call, Int copy_flags) {
  if (call.message().method_bit() != kCancel) return -1;
  const tm::Transaction* invite = tm::table_of(*call.worker).find(call.message(), "INVITE");
  if (!invite) return -1;
  if (copy_flags) call.live->flags = invite->request->flags;
  return 1;
}

Code Tm::t_reply(Call& call, Int code, Text reason) {
  tm::Transaction* transaction = tm::current_or_of_reply(call);
  return transaction ? tm::reply_in(*transaction, call, code, reason) : -1;
}

Code Tm::t_send_reply(Call& call, Int code, Text reason) {
  tm::Transaction* transaction = tm::current(call);
  if (!transaction) {
    Code why = -1;
    if (tm::new_transaction(call, transaction, why) != tm::Made::New) return -1;
  }
  return tm::reply_in(*transaction, call, code, reason);
}

Code Tm::t_retransmit_reply(Call& call) {
  tm::Transaction* transaction = tm::current(call);
  if (!transaction || transaction->last_reply.is_null()) return -1;
  tm::server_repeat_reply(*transaction);
  return 1;
}

Code Tm::t_release(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return 1;
  if (call.route_kind != kRequestRoute) return -1;   // as in Kamailio: an answer is due
  transaction->released = true;
  transaction->error = 0;
  transaction->creator = 0;
  call.transaction = nullptr;   // what the script does now it does as for a repetition
  if (!transaction->pending() && transaction->status < 200) tm::wait_and_free(*transaction);
  return 1;
}

Code Tm::t_save_lumps(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (transaction && call.route_kind != kRequestRoute) return 1;   // nothing is saved there, as in Kamailio
  if (!transaction || !tm::made_by(*transaction, call) || !tm::update_request(*transaction, call)) return -1;
  transaction->edits_saved = true;
  return 1;
}

Code Tm::t_check_trans(Call& call) {
  sip::Message& message = call.message();
  tm::Table& table = tm::table_of(*call.worker);
  if (auto* own = static_cast<tm::Transaction*>(call.transaction); own && message.is_request()) {
    if (call.route_kind != kRequestRoute) return 1;
    if (tm::made_by(*own, call)) {   // as in Kamailio: the request is its own repetition
      tm::server_repeat_reply(*own);
      return 0;
    }
  }
  if (!message.is_request()) {
    if (call.transaction) return 1;
    const sip::Via* via = message.via();
    const auto name = via ? tm::parse_branch_name(via->branch) : std::nullopt;
    if (!name || name->worker != (call.worker->index & 0xff)) return -1;
    call.transaction = table.at(name->slot, name->label);
    return call.transaction ? 1 : -1;
  }
  switch (message.method_bit()) {
    case kAck:
      if (tm::absorb_ack(call)) return 0;
      return table.find(message) ? 1 : -1;   // the ACK of a 200 is no part of the INVITE's transaction
    case kCancel: return table.find(message, "INVITE") ? 1 : -1;
    default: break;
  }
  tm::Transaction* transaction = table.find(message);
  if (!transaction) return -1;
  call.transaction = transaction;
  tm::server_repeat_reply(*transaction);
  return 0;
}

Code Tm::t_clean(Call&) { return 1; }   // transactions end by their timers, none is left over

}  // namespace strowger
