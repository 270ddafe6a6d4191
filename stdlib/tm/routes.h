// The script's routes that run over a transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Keeps what a nested route must not change in the call that it interrupts.
class RouteFrame {
 public:
  explicit RouteFrame(Call& call)
      : call_(call), head_(call), kind_(call.route_kind), depth_(call.depth), branch_index_(call.branch_index),
        branch_(call.branch), script_flags_(call.live->script_flags) {}
  ~RouteFrame() {
    static_cast<CallHead&>(call_) = head_;
    call_.route_kind = kind_;
    call_.depth = depth_;
    call_.branch_index = branch_index_;
    call_.branch = branch_;
    call_.live->script_flags = script_flags_;
  }
  RouteFrame(const RouteFrame&) = delete;
  RouteFrame& operator=(const RouteFrame&) = delete;

 private:
  Call& call_;
  CallHead head_;
  RouteKind kind_;
  std::uint16_t depth_;
  std::int16_t branch_index_;
  void* branch_;
  std::uint32_t script_flags_;
};

/// onreply_route over the reply; false when it was dropped.
bool run_reply_route(Branch& branch, Call& call);

/// failure_route over the stored request. `chosen` is the branch whose failure won, null when none counts; the route finds
/// the message flags of `cleared` cleared.
void run_failure_route(Transaction& transaction, Branch* chosen, RouteFunction route, std::uint32_t cleared = 0);
/// A route over the request that t_suspend() stored.
void run_continued_route(Transaction& transaction, RouteFunction route);
/// event_route[tm:branch-failure:...] for one branch.
void run_branch_failure(Transaction& transaction, Branch& failed, RouteFunction route);
/// event_route[tm:local-response] over the reply that was sent. As in Kamailio 5.6.3: only for the first one of a worker (there, of
/// a process).
void run_local_response(Transaction& transaction, Text bytes);

}  // namespace strowger::tm
