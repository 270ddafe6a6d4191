// One dialog (RFC 3261 §12) as a proxy sees it: states, its two legs, and what the script keeps with it. No I/O, no clock.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/abi/image.h"
#include "runtime/script/socket.h"

namespace strowger::dialog {

/// With Kamailio's numbers, which scripts see.
enum class State : std::uint8_t { Unconfirmed = 1, Early = 2, Answered = 3, Confirmed = 4, Deleted = 5 };

enum class Event : std::uint8_t {
  Provisional,   ///< a 1xx to the initial INVITE
  Success,       ///< its 2xx
  Failure,       ///< its final reply >= 300
  Ack,           ///< within the dialog
  Bye,           ///< within the dialog, or a reply to one of ours
  End,           ///< its lifetime is over, or it is given up
};

/// The state behind an event; the same one where the event means nothing.
constexpr State next_state(State state, Event event) {
  const bool begun = state == State::Answered || state == State::Confirmed;
  switch (event) {
    case Event::Provisional: return state == State::Unconfirmed ? State::Early : state;
    case Event::Success: return state < State::Answered ? State::Answered : state;
    case Event::Failure: return state < State::Answered ? State::Deleted : state;
    case Event::Ack: return state == State::Answered ? State::Confirmed : state;
    case Event::Bye: return begun ? State::Deleted : state;
    case Event::End: return State::Deleted;
  }
  return state;
}

/// $dlg(dflags), as Kamailio numbers them.
enum FlagBit : std::uint32_t {
  kNew = 1, kChanged = 2, kHasBye = 4, kByeToCaller = 16, kByeToCallee = 32, kVariablesChanged = 128, kInTransaction = 512, kProfilesChanged = 1024
};
/// iflags of dlg.list.
enum PropertyBit : std::uint32_t { kTimeoutBye = 1, kKeepCaller = 2, kKeepCallee = 4, kTimeoutNoReset = 8, kPrackSeen = 32 };

enum Side : std::uint8_t { kCaller, kCallee };
constexpr Side other(Side side) { return side == kCaller ? kCallee : kCaller; }

/// One end of it.
struct Leg {
  bool known = false;                   ///< the callee's is not before the 2xx
  std::string tag, contact, cseq, route_set;   ///< route_set: values of Route, ", " between them, in the order of requests to it
  const Socket* socket = nullptr;       ///< towards it
};

struct Profile;
struct Membership {
  Profile* profile;
  std::string value;
};

/// $dlg_var: of a dialog, or of a run that has none yet.
struct Variables {
  static constexpr std::size_t kMost = 1000, kLongestValue = 65535;

  const std::string* find(std::string_view name) const;
  /// A null text removes it. False where there are too many, or it is too long.
  bool set(std::string_view name, Text value);

  std::vector<std::pair<std::string, std::string>> all;   ///< the newest first
};

/// All members but the names are the table's lock's.
struct Dialog {
  static constexpr std::size_t kMostProfiles = 1000;

  std::uint32_t h_entry = 0, h_id = 0;  ///< its name
  std::string call_id, from_uri, to_uri, request_uri;
  std::uint32_t worker = 0;             ///< whose messages are of this call
  Leg legs[2];                          ///< by Side
  State state = State::Unconfirmed;
  std::uint32_t flags = 0, script_flags = 0, properties = 0;
  std::int64_t init_time = 0, start_time = 0, end_time = 0;   ///< seconds since 1970; 0: not yet
  std::int64_t answered_us = 0, acknowledged_us = 0, ended_us = 0;   ///< microseconds since 1970; 0: not yet
  Int lifetime = 0;                     ///< seconds
  std::int64_t due = 0;                 ///< milliseconds of the worker's clock when the lifetime ends; 0: it does not run
  std::int64_t keep_due = 0;            ///< of the next OPTIONS
  std::uint8_t keep_failures[2] = {};   ///< by Side: OPTIONS that nobody answered, one after another
  const RouteRef* timeout_route = nullptr;   ///< route[X] that runs then
  std::uint32_t holders = 0;            ///< transactions and waiting requests of our own that work with it
  bool linked = true;                   ///< the table has it
  bool told = false;                    ///< that it ended (watch.h)
  Variables variables;
  std::vector<Membership> profiles;     ///< the newest first

  bool is_active() const { return state == State::Answered || state == State::Confirmed; }
};

using DialogPtr = std::shared_ptr<Dialog>;

/// What the parameter of our Record-Route says: both numbers in hex, the least significant digit first.
std::string print_did(const Dialog& dialog);
struct Did { std::uint32_t h_entry = 0, h_id = 0; };
/// False where it is none.
bool parse_did(std::string_view text, Did& out);

}  // namespace strowger::dialog
