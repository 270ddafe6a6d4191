// The four state machines of RFC 3261 §17 (with RFC 6026) as pure functions: state and event in, next state and what is to
// be done out. No clock, no message, no memory; machines.h carries out what they say. One file a machine.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>

namespace strowger::tm {

/// RFC 3261 §17.1 (Calling stands for Trying too).
enum class ClientState : std::uint8_t { Calling, Proceeding, Completed };
/// RFC 3261 §17.2, RFC 6026.
enum class ServerState : std::uint8_t { Trying, Proceeding, Completed, Confirmed, Accepted };

enum class ClientEvent : std::uint8_t {
  Sent,          ///< the request went out for the first time
  Repeat,        ///< timer A or E
  Limit,         ///< timer B, C or F
  Provisional,   ///< 1xx came
  Success,       ///< 2xx came
  Failure,       ///< 300-699 came
  Cancel,        ///< INVITE: nobody wants the answer any more
  Abandon,       ///< transport error, or the proxy has decided otherwise: no answer is expected
};

/// What a client machine needs to know besides its state.
struct ClientFacts {
  bool reliable = false;        ///< the transport repeats by itself
  bool canceling = false;       ///< a Cancel event came
  bool restart = true;          ///< restart_fr_on_each_reply
  bool given_up = false;        ///< timer B fired, and there was no CANCEL yet
  bool rises = false;           ///< Provisional: at least 180, and more than the one before
  std::uint8_t cancel_method = 1;   ///< cancel_b_method: 0 give up, 1 wait for a reply, 2 cancel at once
};

/// A set of bits; they are carried out in this order.
enum ClientAction : std::uint16_t {
  kStopRepeat = 1 << 0,
  kStopLimit = 1 << 1,
  kSendRequest = 1 << 2,        ///< once more
  kStartRepeat = 1 << 3,        ///< timers A, E: first interval
  kNextRepeat = 1 << 4,         ///< the next interval, see next_interval()
  kSlowRepeat = 1 << 5,         ///< timer E in Proceeding: the longest interval, from now
  kStartLimit = 1 << 6,         ///< timers B, F
  kStartRinging = 1 << 7,       ///< timer C
  kSendCancel = 1 << 8,         ///< the first CANCEL, or the same once more
  kSendAck = 1 << 9,            ///< §17.1.1.3
  kPassUp = 1 << 10,            ///< the response context gets the reply
  kFinal = 1 << 11,             ///< this event ended the wait for a final reply
};

struct ClientStep {
  ClientState next;
  std::uint16_t actions = 0;
};

ClientStep step_client_invite(ClientState state, ClientEvent event, const ClientFacts& facts);
ClientStep step_client_non_invite(ClientState state, ClientEvent event, const ClientFacts& facts);

/// After `interval`: twice as long, up to `longest` (which is no reason to get shorter). Timers A, E, G.
constexpr std::int32_t next_interval(std::int32_t interval, std::int32_t longest) {
  const std::int64_t twice = std::int64_t{interval} * 2;
  return static_cast<std::int32_t>(std::min<std::int64_t>(twice, std::max(longest, interval)));
}

enum class ServerEvent : std::uint8_t {
  Provisional,   ///< 1xx is sent
  Success,       ///< 2xx of a branch is sent
  OwnSuccess,    ///< 2xx that was made here is sent
  Failure,       ///< 300-699 is sent
  Ack,           ///< came
  Repeat,        ///< timer G
  End,           ///< the time of the state is up: timers H, I, J, L; before the final reply the transaction's lifetime
};

struct ServerFacts {
  bool reliable = false;        ///< the transport that replies go over
  bool repeating = false;       ///< timer G runs
};

enum ServerAction : std::uint16_t {
  kRepeatReply = 1 << 0,        ///< the last reply once more
  kStartReplyRepeat = 1 << 1,   ///< timer G: first interval
  kNextReplyRepeat = 1 << 2,
  kStopReplyRepeat = 1 << 3,
  kStartAckLimit = 1 << 4,      ///< timer H
  kStartWait = 1 << 5,          ///< timers I, J, L: wt_timer
  kLifetimeOver = 1 << 6,       ///< without a final reply
  kFree = 1 << 7,
};

struct ServerStep {
  ServerState next;
  std::uint16_t actions = 0;
};

ServerStep step_server_invite(ServerState state, ServerEvent event, const ServerFacts& facts);
ServerStep step_server_non_invite(ServerState state, ServerEvent event, const ServerFacts& facts);

}  // namespace strowger::tm
