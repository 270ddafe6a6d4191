// The INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1).
//
//   Proceeding --300..699--> Completed --ACK--> Confirmed --wait--> gone
//        |                     G: send again     H: no ACK came --> gone
//        +------2xx--------> Accepted: further 2xx pass, repetitions get the 2xx --wait--> gone
//                              a 2xx made here is sent again until its ACK comes (§13.3.1.4)
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/steps.h"

namespace strowger::tm {
namespace {

ServerStep proceeding(ServerState state, ServerEvent event, const ServerFacts& facts) {
  switch (event) {
    case ServerEvent::Provisional: return {ServerState::Proceeding};
    case ServerEvent::Success: return {ServerState::Accepted, kStartWait};
    case ServerEvent::OwnSuccess: return {ServerState::Accepted, kStartReplyRepeat | kStartAckLimit};
    case ServerEvent::Failure: {
      const std::uint16_t repeat = facts.reliable ? 0 : kStartReplyRepeat;
      return {ServerState::Completed, static_cast<std::uint16_t>(repeat | kStartAckLimit)};
    }
    case ServerEvent::End: return {state, kLifetimeOver};
    case ServerEvent::Ack:
    case ServerEvent::Repeat: return {state};
  }
  return {state};
}

}  // namespace

ServerStep step_server_invite(ServerState state, ServerEvent event, const ServerFacts& facts) {
  if (state == ServerState::Trying || state == ServerState::Proceeding) return proceeding(state, event, facts);
  switch (event) {
    case ServerEvent::Repeat: {
      const bool unacknowledged = state == ServerState::Completed || state == ServerState::Accepted;
      return {state, static_cast<std::uint16_t>(unacknowledged ? kRepeatReply | kNextReplyRepeat : 0)};
    }
    case ServerEvent::Ack:
      if (state == ServerState::Completed) return {ServerState::Confirmed, kStopReplyRepeat | kStartWait};
      if (state == ServerState::Accepted && facts.repeating) return {state, kStopReplyRepeat | kStartWait};
      return {state};
    case ServerEvent::Success:   // a late one passes a failure, too, but leaves no trace in its machine
      if (state == ServerState::Accepted && !facts.repeating) return {state, kStartWait};
      return {state};
    case ServerEvent::End: return {state, kStopReplyRepeat | kFree};
    case ServerEvent::Provisional:
    case ServerEvent::OwnSuccess:
    case ServerEvent::Failure: return {state};
  }
  return {state};
}

}  // namespace strowger::tm
