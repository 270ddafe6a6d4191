// The non-INVITE client transaction (RFC 3261 §17.1.2).
//
//   Trying --1xx--> Proceeding --final--> Completed
//      E: send again, at retr_timer2 once there was a 1xx;  F: give up
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/steps.h"

namespace strowger::tm {

ClientStep step_client_non_invite(ClientState state, ClientEvent event, const ClientFacts& facts) {
  if (state == ClientState::Completed) return {state};
  constexpr std::uint16_t end = kStopRepeat | kStopLimit | kFinal;
  switch (event) {
    case ClientEvent::Sent: {
      const std::uint16_t repeat = facts.reliable ? 0 : kStartRepeat;
      return {state, static_cast<std::uint16_t>(repeat | kStartLimit)};
    }
    case ClientEvent::Repeat: return {state, kSendRequest | kNextRepeat};
    case ClientEvent::Provisional: {
      const std::uint16_t slow = state == ClientState::Calling && !facts.reliable ? kSlowRepeat : 0;
      return {ClientState::Proceeding, static_cast<std::uint16_t>(slow | kPassUp)};
    }
    case ClientEvent::Success:
    case ClientEvent::Failure: return {ClientState::Completed, end | kPassUp};
    case ClientEvent::Limit:
    case ClientEvent::Abandon: return {ClientState::Completed, end};
    case ClientEvent::Cancel: break;   // RFC 3261 §9.1: only INVITE
  }
  return {state};
}

}  // namespace strowger::tm
