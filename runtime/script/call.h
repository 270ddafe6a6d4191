// One run of a script route over one message: what every script function and variable gets.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/call_head.h"
#include "runtime/abi/image.h"
#include "runtime/script/avps.h"
#include "runtime/script/live_message.h"
#include "runtime/script/process.h"
#include "runtime/script/worker.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/message.h"

namespace strowger {

/// What an event route is about, for the variables of the module that runs it.
struct Subject {
  std::uint32_t module = UINT32_MAX;   ///< the module's slot constant
  const void* what = nullptr;
};

struct Call : CallHead {
  LiveMessage* live = nullptr;       ///< the message the script sees and edits
  Worker* worker = nullptr;
  sip::Arena* arena = nullptr;       ///< memory of this run; tm may hand it to a transaction (it then points there)
  Avps* avps = nullptr;
  RouteKind route_kind = kRequestRoute;
  std::int16_t branch_index = 0;     ///< $T_branch_idx: in branch and reply routes
  std::uint16_t depth = 0;           ///< nested route calls
  void* transaction = nullptr;       ///< tm's Transaction, once there is one
  void* branch = nullptr;            ///< tm's branch, in branch and reply routes
  void* failed_branch = nullptr;     ///< failure_route: tm's branch whose failure was chosen, null when none counts
  Int failed_code = 0;               ///< failure_route: the chosen code
  void* wishes = nullptr;            ///< tm: what the script has set for the transaction before there is one
  std::uint64_t run = 0;             ///< number of this run, one of its worker's; 0 before its first route
  LiveMessage* reply = nullptr;      ///< failure_route: the winning reply, null when it was made here
  const Departure* sending = nullptr;///< onsend_route: where to
  Text sending_bytes;
  Text rr_params;                    ///< parameters of our own Route that loose_route() consumed; null before
  Subject subject;                   ///< event routes
  const Arrival* arrival = nullptr;  ///< event_route[core:msg-received]: the packet

  sip::Message& message() { return live->message; }
  Process& process() { return worker->process; }
  template <class T>
  T& state(std::uint32_t slot) { return worker->state<T>(slot); }
  /// What the module's event is about; null in other routes.
  template <class T>
  const T* subject_of(std::uint32_t slot) const { return subject.module == slot ? static_cast<const T*>(subject.what) : nullptr; }
  void log(LogLevel level, std::string_view line) { worker->log(level, line); }
};

/// Runs a route block in a fresh frame of `call` (stop and dropped cleared before). Returns its code.
Int run_route(Call& call, RouteFunction route, RouteKind kind);

/// Runs an event route over a made-up OPTIONS message ("sip:you@kamailio.org"), for events without a message. `uri`, where not
/// empty, is the request URI in force (copied). `stream`: where the event comes from ($si, $sp, $Ri ...; copied). `subject` must outlive the run, which goes on after the return where the caller
/// is no script code and the route waits: who makes it for the event calls this from a job of Scripts::enter() that owns it.
void run_event(Worker& worker, RouteFunction route, Subject subject = {}, RouteKind kind = kEventRoute, Text uri = Text(),
               const StreamInfo* stream = nullptr);

}  // namespace strowger
