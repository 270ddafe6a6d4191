// Requests of our own: t_uac_send() and whoever else sends one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

struct LocalRequest {
  Text method, uri, next_hop, headers, body;   ///< headers: whole lines, From and To among them
  const Socket* socket = nullptr;
};

/// What a script's own request is sent from when nothing else is said: the socket that the call's message came by over UDP, as from
/// Kamailio's process for it; null otherwise.
const Socket* own_socket(const Call& call);

/// Sends it in a transaction; false (logged) when it cannot be made or sent. The waiter is told of the final reply, or of
/// 408, when true is returned.
bool send_local_request(Worker& worker, const LocalRequest& request, std::unique_ptr<LocalWaiter> waiter = nullptr);

/// The final reply to an own request: counts it and tells who waits, who may wait in turn. `reply` is over the one that came; null:
/// it is made here.
void tell_waiter(Transaction& transaction, int status, Text reason, Call* reply);

/// The ACK to a 2xx of an own INVITE, or of a copy (t_replicate()).
void acknowledge(Branch& branch, LiveMessage& reply);

}  // namespace strowger::tm
