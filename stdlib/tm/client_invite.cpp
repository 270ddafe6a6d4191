// The INVITE client transaction (RFC 3261 §17.1.1): retransmissions until a reply, ACK to failures.
//
//   Calling --1xx--> Proceeding --final--> Completed (2xx: Accepted of RFC 6026; both end with the server side)
//      |                  |
//      A: send again      C: give up, CANCEL
//      B: give up
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/steps.h"

namespace strowger::tm {
namespace {

constexpr std::uint16_t kEnd = kStopRepeat | kStopLimit | kFinal;

ClientStep calling(ClientEvent event, const ClientFacts& facts) {
  constexpr auto here = ClientState::Calling;
  switch (event) {
    case ClientEvent::Sent: {
      const std::uint16_t repeat = facts.reliable ? 0 : kStartRepeat;
      return {here, static_cast<std::uint16_t>(repeat | kStartLimit)};
    }
    case ClientEvent::Repeat: return {here, kSendRequest | kNextRepeat};
    case ClientEvent::Provisional:
      // The CANCEL times its end.
      if (facts.canceling) return {ClientState::Proceeding, kStopRepeat | kStopLimit | kSendCancel};
      return {ClientState::Proceeding, kStopRepeat | kStartRinging | kPassUp};
    case ClientEvent::Cancel:
      if (facts.cancel_method == 0) return {ClientState::Completed, kEnd};
      if (facts.cancel_method == 2) return {here, kStopRepeat | kSendCancel};
      return {here};
    case ClientEvent::Success: return {ClientState::Completed, kEnd | kPassUp};
    case ClientEvent::Failure: return {ClientState::Completed, kEnd | kSendAck | kPassUp};
    case ClientEvent::Limit:
    case ClientEvent::Abandon: return {ClientState::Completed, kEnd};
  }
  return {here};
}

ClientStep proceeding(ClientEvent event, const ClientFacts& facts) {
  constexpr auto here = ClientState::Proceeding;
  switch (event) {
    case ClientEvent::Provisional:
      if (facts.canceling) return {here, kStopRepeat | kSendCancel};
      if (facts.restart || facts.rises) return {here, kStartRinging | kPassUp};
      return {here, kPassUp};
    case ClientEvent::Cancel: return {here, kSendCancel};
    case ClientEvent::Success: return {ClientState::Completed, kEnd | kPassUp};
    case ClientEvent::Failure: return {ClientState::Completed, kEnd | kSendAck | kPassUp};
    case ClientEvent::Limit:
      if (!facts.canceling) return {ClientState::Completed, kEnd | kSendCancel};
      return {ClientState::Completed, kEnd};
    case ClientEvent::Abandon: return {ClientState::Completed, kEnd};
    case ClientEvent::Sent:
    case ClientEvent::Repeat: return {here};
  }
  return {here};
}

}  // namespace

ClientStep step_client_invite(ClientState state, ClientEvent event, const ClientFacts& facts) {
  switch (state) {
    case ClientState::Calling: return calling(event, facts);
    case ClientState::Proceeding: return proceeding(event, facts);
    case ClientState::Completed: break;
  }
  if (event == ClientEvent::Failure) return {state, kSendAck};
  if (event == ClientEvent::Provisional && facts.given_up) return {state, kSendCancel};   // it rings after all (§9.1)
  if (event == ClientEvent::Success) return {state, kPassUp};   // of another fork downstream, or again
  return {state};
}

}  // namespace strowger::tm
