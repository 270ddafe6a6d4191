// The next server of a branch whose server fails (RFC 3263 §4.3; core parameter use_dns_failover).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Sends a failed branch's request to the next of its targets, in a new branch, where the failure says that the server, not
/// the user, failed: 503, nothing heard until the timeout, or it could not be sent. `route` is the new branch's
/// tm:branch-failure route. May wait for a name.
void fail_over(Branch& failed, const RouteRef* route);

}  // namespace strowger::tm
