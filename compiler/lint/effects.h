// What calls do to the life of a message: traits of a function, and the facts that hold after it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/modules/interface.h"

namespace strowger::lint {

/// What is known of the message on the way to a point of the script.
enum Fact : std::uint32_t {
  kReplied = 1u << 0,         ///< a final reply went out
  kProvisional = 1u << 1,     ///< a provisional reply went out
  kRelayed = 1u << 2,         ///< it was sent on
  kRelayTried = 1u << 3,      ///< somebody tried to send it on
  kRecordRouted = 1u << 4,
  kLooseRouted = 1u << 5,     ///< loose_route() found a Route
  kRouteLooked = 1u << 6,     ///< loose_route() was asked
  kAuthenticated = 1u << 7,   ///< credentials were right
  kTrusted = 1u << 8,         ///< the source is one of a list
  kCleaned = 1u << 9,         ///< credentials were removed
  kHops = 1u << 10,           ///< Max-Forwards was checked
  kTransaction = 1u << 11,    ///< a repetition would have been absorbed
  kRateLimited = 1u << 12,
  kCancelAsked = 1u << 13,    ///< t_is_canceled() was asked
  kEdited = 1u << 14,         ///< headers were changed and not applied
  kLookedUp = 1u << 15,       ///< the request URI comes from the location table
  kFailureArmed = 1u << 16,
  kBranched = 1u << 17,       ///< a further branch was added
  kDialog = 1u << 18,         ///< the dialog module follows the call
  kLocalTarget = 1u << 19,    ///< the request URI is one of ours
  kCostly = 1u << 20,         ///< something waited for a database or another server
  kNewTarget = 1u << 21,      ///< the destination was changed
  kChallenged = 1u << 22,     ///< the way goes through a point that asks for credentials
  kSanity = 1u << 23,         ///< a cheap reject was tried
  kLocalSource = 1u << 24,    ///< From has one of our domains
  kForeignTarget = 1u << 25,  ///< the request URI is none of ours
};

/// What a function is, whatever the path.
enum Trait : std::uint32_t {
  kBlocks = 1u << 0,          ///< waits for another server, a process or a clock
  kSql = 1u << 1,
  kExec = 1u << 2,
  kHttp = 1u << 3,
  kFile = 1u << 4,
  kLog = 1u << 5,
  kReplies = 1u << 6,
  kRelays = 1u << 7,
  kAuthenticates = 1u << 8,
  kEdits = 1u << 9,           ///< changes headers in the copy that goes out
  kReadsHeaders = 1u << 10,   ///< looks at the headers that came in
  kMustCheck = 1u << 11,      ///< its failure changes what is right to do next
  kDatabase = 1u << 12,       ///< asks a database (or a cache in front of it)
  kMedia = 1u << 13,
  kRedis = 1u << 14,
  kLdap = 1u << 15,
  kNatFix = 1u << 16,
};

struct Effects {
  std::uint32_t traits = 0;
  std::uint32_t always = 0;   ///< facts after the call
  std::uint32_t when_true = 0;
  std::uint32_t clears = 0;   ///< facts that no longer hold
};

/// Takes one word of a `does` clause: `relay`, `relay_tried` (holds after the call), `relayed?` (where it gave true),
/// `clears_edited`. False where there is no such word.
bool add_effect(std::string_view word, Effects& effects);
/// What a function's `does` clause says; the code of replies is looked at by the caller.
Effects effects_of(const modules::Function& function);

}  // namespace strowger::lint
