// Event routes about something that is about to be sent.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger {

/// The request that event routes see where an event has no message of its own.
Text event_message();

/// Runs an event route about what leaves by `departure` ($sndto, $sndfrom), with the AVPs of the script that sends it. The route
/// cannot wait: what would, fails. False when it dropped what is to be sent.
bool run_sending_event(Worker& worker, RouteFunction route, const Departure& departure);

/// The same where the route sees the message itself, whose bytes `bytes` are: what it edits counts; they are in `arena` then. True
/// without a run where they are no message.
bool run_sending_event(Worker& worker, RouteFunction route, const Departure& departure, Text& bytes, sip::Arena& arena);

}  // namespace strowger
