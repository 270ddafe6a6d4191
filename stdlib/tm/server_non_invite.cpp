// The non-INVITE server transaction (RFC 3261 §17.2.2): after the final reply it waits for repetitions (timer J).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/steps.h"

namespace strowger::tm {

ServerStep step_server_non_invite(ServerState state, ServerEvent event, const ServerFacts&) {
  const bool over = state == ServerState::Completed;
  switch (event) {
    case ServerEvent::Provisional: return {over ? state : ServerState::Proceeding};
    case ServerEvent::Success:
    case ServerEvent::OwnSuccess:
    case ServerEvent::Failure:
      if (over) return {state};
      return {ServerState::Completed, kStartWait};
    case ServerEvent::End: return {state, static_cast<std::uint16_t>(over ? kFree : kLifetimeOver)};
    case ServerEvent::Ack:
    case ServerEvent::Repeat: break;
  }
  return {state};
}

}  // namespace strowger::tm
