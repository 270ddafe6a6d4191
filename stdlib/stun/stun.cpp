// STUN on the SIP sockets: keep-alives of phones (RFC 5626 §3.5.2) and their question for their own address.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/worker.h"
#include "stdlib/stun/stun_message.h"
#include "stun.interface.h"

namespace strowger {
namespace {

bool take(Worker& worker, const Arrival& arrival) {
  if (!stun::looks_like_stun(arrival.bytes) || !arrival.socket || arrival.socket->protocol != sip::Protocol::Udp) return false;
  const Settings& settings = worker.process.settings;
  Departure departure;
  departure.from = arrival.socket;
  departure.to = arrival.source;
  char* const out = worker.outbox.reserve(stun::kMostAnswer);
  const std::size_t length = stun::answer(arrival.bytes, arrival.source, settings.server_signature ? settings.server_header : "", out);
  if (length > 0) worker.outbox.commit(length, departure);
  return true;
}

}  // namespace

void Stun::start(Process& process) { process.services.stun = take; }

}  // namespace strowger
