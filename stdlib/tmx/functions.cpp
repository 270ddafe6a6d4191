// Functions on running transactions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/branch_target.h"
#include "stdlib/tm/cancel.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/upstream.h"
#include "runtime/script/operators.h"
#include "runtime/sip/print.h"
#include "tmx.interface.h"

namespace strowger {
namespace {

Code outcome(bool yes) { return yes ? 1 : -1; }

constexpr Millis kLongestAnswer = 5000;   // of another worker

Code drop(Call& call, Int code) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return -1;
  transaction->dropping = transaction->released = true;
  transaction->error = 0;
  if (transaction->status < 200 && code >= 100 && code <= 699) transaction->status = static_cast<std::int16_t>(code);
  if (!transaction->pending()) tm::wait_and_free(*transaction);   // else replies are absorbed first
  return 0;
}

}  // namespace

Code Tmx::t_cancel_branches(Call& call, Text which) {
  auto* transaction = tm::current_or_of_reply(call);
  auto* branch = static_cast<tm::Branch*>(call.branch);
  if (!transaction || !transaction->invite) return -1;
  const std::string_view what = which.view();
  if (what == "this" && (!branch || !branch->pending())) return -1;
  if (what != "all" && what != "others" && what != "this") {
    call.log(LogLevel::Err, "tmx: t_cancel_branches() knows all, others and this\n");
    return -1;
  }
  // "this" is, as in Kamailio, all that still wait.
  return outcome(tm::cancel_branches(*transaction, what == "others" ? branch : nullptr, Text::null()) > 0);
}

Code Tmx::t_cancel_callid(Call& call, Text callid, Text cseq, Int flag) { return t_cancel_callid(call, callid, cseq, flag, 0); }

Code Tmx::t_cancel_callid(Call& call, Text callid, Text cseq, Int flag, Int code) {
  tm::Transaction* transaction = tm::table_of(*call.worker).find_by_call(callid, cseq);
  if (!transaction || !transaction->invite) return -1;
  if (flag >= 0 && flag < 32) transaction->request->flags |= 1U << flag;
  Text reason;
  if (code >= 100 && code <= 699) {
    char line[64];
    sip::Writer writer(line, sizeof line);
    writer.put("Reason: SIP;cause=");
    writer.put_number(code);
    writer.put("\r\n");
    reason = transaction->arena.copy(writer.text());
  }
  tm::cancel_branches(*transaction, nullptr, reason);
  return 1;
}

Code Tmx::t_reply_callid(Call& call, Text callid, Text cseq, Int code, Text reason) {
  tm::Transaction* transaction = tm::table_of(*call.worker).find_by_call(callid, cseq);
  return outcome(transaction && tm::reply_from_outside(*transaction, code, reason));
}

Code Tmx::t_flush_flags(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return -1;
  transaction->request->flags = call.live->flags;
  return 1;
}

Code Tmx::t_flush_xflags(Call& call) {
  auto* transaction = static_cast<tm::Transaction*>(call.transaction);
  if (!transaction) return -1;
  transaction->request->extended_flags = call.live->extended_flags;
  return 1;
}

Code Tmx::t_is_failure_route(Call& call) { return outcome(call.route_kind == kFailureRoute); }
Code Tmx::t_is_branch_route(Call& call) { return outcome(call.route_kind == kBranchRoute); }
Code Tmx::t_is_reply_route(Call& call) { return outcome(call.route_kind == kReplyRoute || call.route_kind == kCoreReplyRoute); }
Code Tmx::t_is_request_route(Call& call) { return outcome(call.route_kind == kRequestRoute); }

// The script relays it then.
Code Tmx::t_reuse_branch(Call& call) {
  const auto* failed = static_cast<const tm::Branch*>(call.failed_branch);
  if (!failed || call.route_kind != kBranchFailureRoute) return -1;
  BranchTarget target;
  target.uri = failed->uri;
  target.dst_uri = failed->dst_uri;
  target.path = failed->path;
  target.instance = failed->instance;
  target.ruid = failed->ruid;
  target.location_ua = failed->location_ua;
  target.send_socket = failed->out;
  target.flags = failed->flags;
  aim(*call.live, target);
  call.live->out_connection = failed->connection;
  call.live->uri_is_new = true;
  return 1;
}

Code Tmx::t_suspend(Call& call) { return outcome(tm::suspend(call)); }

// The transaction may be another worker's: that one runs the route, and this script waits until it has.
Code Tmx::t_continue(Call& call, Int index, Int label, Text name) {
  const RouteFunction route = Operators::find_route(&call, name);
  const auto worker = static_cast<std::uint64_t>(index) >> 24;
  if (!route || index < 0 || worker >= call.process().workers.size() || label <= 0 || label > UINT32_MAX) return -1;
  const auto run = [route, slot = static_cast<std::uint32_t>(index & 0xffffff), label = static_cast<std::uint32_t>(label)](Worker& owner) {
    tm::Transaction* const transaction = tm::table_of(owner).at(slot, label);
    return transaction != nullptr && tm::continue_with(*transaction, route);
  };
  bool done = false;
  if (worker == call.worker->index) {
    done = run(*call.worker);
  } else {
    Scripts& here = call.worker->scripts;
    Worker& owner = *call.process().workers[worker];
    const Ticket ticket = here.ticket();
    owner.scripts.post_job([&owner, &here, ticket, run] { here.post(ticket, run(owner) ? 1 : 0); });
    std::int64_t answer = 0;
    done = here.wait(ticket, kLongestAnswer, &answer) == Waited::Answered && answer != 0;
  }
  if (!done) call.log(LogLevel::Warn, "tmx: t_continue(): no suspended transaction of this index and label\n");
  return outcome(done);
}

// Messages of a transaction are handled by one worker, one at a time: none is in work elsewhere.
Code Tmx::t_precheck_trans(Call& call) { return call.route_kind == kRequestRoute ? -1 : -2; }

Code Tmx::t_drop(Call& call) { return drop(call, 0); }
Code Tmx::t_drop(Call& call, Int code) { return drop(call, code); }

}  // namespace strowger
