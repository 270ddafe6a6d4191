// Forwarding a request in a transaction: making it, its branches, and what failed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

struct RelayPlan {
  std::optional<NextHop> hop;                          ///< set: instead of $du and the URIs
  sip::Protocol force = sip::Protocol::Any;
  bool no_100 = false, no_error_reply = false;
};

/// The transaction that the call works in; looks it up for requests of a request_route. Null when there is none.
Transaction* current(Call& call);
/// The same, and in the core's reply_route the one that the reply belongs to; it is the call's from then on.
Transaction* current_or_of_reply(Call& call);
/// Where t_on_failure(), t_set_fr() and so on write.
Preferences& wishes_of(Call& call);

enum class Made : std::uint8_t { New, Repeated, Exists, Failed };
/// t_newtran(). `why` gets the negative code of a failure.
Made new_transaction(Call& call, Transaction*& out, Code& why);

/// t_relay().
Code relay(Call& call, const RelayPlan& plan);
/// t_replicate().
Code replicate(Call& call, const RelayPlan& plan);
/// t_forward_nonack(): the transaction must exist.
Code forward_nonack(Call& call, const RelayPlan& plan);
/// The CANCEL of a known INVITE: 1 answered, 0 repeated and answered again, -1 not known, -2 no memory.
int relay_known_cancel(Call& call);
/// An ACK of a failure, or of a 2xx made here: true when it belongs to us and is done with.
bool absorb_ack(Call& call);

/// One more branch, without sending it, for a target or (null) the request URI, after its branch_route `route`; its index
/// is the next free one. Null: `error` says why.
Branch* prepare_branch(Transaction& transaction, Call& call, const BranchTarget* target, const RelayPlan& plan, const RouteRef* route,
                       Int& error);
/// A request is done with its route: late error replies.
void end_of_script(Call& call);

}  // namespace strowger::tm
