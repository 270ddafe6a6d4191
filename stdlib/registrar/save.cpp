// save(): what a REGISTER does to the location table, and its reply (RFC 3261 §10.3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <utility>

#include "registrar.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/registrar/aor.h"
#include "stdlib/registrar/records.h"
#include "stdlib/registrar/register_reply.h"
#include "stdlib/registrar/register_request.h"
#include "stdlib/registrar/state.h"
#include "stdlib/usrloc/location.h"
#include "usrloc.interface.h"

namespace strowger {
namespace registrar {
namespace {

using Locked = usrloc::Table::Locked;

constexpr Code kAdded = 1, kUpdated = 2, kRemoved = 3, kQuery = 4, kRefused = -1, kTooMany = -2;
enum SaveFlag : Int { kNoReply = 0x02, kOneContact = 0x04, kExactExpiry = 0x08, kPrepareReply = 0x10 };

struct Outcome {
  Code code = kRefused;
  Refusal reply;
  bool listed = false;  ///< a Contact header was due, and is there
  bool stores = true;   ///< false: nothing was there, and nothing is to be kept, so that Path does not matter
};

Refusal refusal_of(AorFault fault) {
  switch (fault) {
    case AorFault::TooLong:
      return refusal(500, "Address Of Record too long");
    case AorFault::BadEscape:
      return refusal(400, "Error while unescaping username");
    default:
      return refusal(400, "Could not parse To URI");
  }
}

enum class Check { Fine, Repeated, BadCSeq, TooMany };

/// Looks at all contacts before anything changes: the CSeq order (RFC 3261 §10.3 step 7) and the number.
Check check(Call& call, const Locked& record, RegisterRequest& request, bool one_contact) {
  const std::int64_t now = call.worker->now.wall_seconds();
  const Int asked = wished_number(call, "max_contacts").value_or(Registrar::Param::max_contacts);
  const Int limit = asked > 0 && asked < usrloc::kMaxContactsPerAor ? asked : usrloc::kMaxContactsPerAor;
  int number = 0;
  for (const usrloc::Entry* e = record.first(); e; e = e->next) number += e->contact.is_valid(now);
  for (const Wanted& wanted : request) {
    const usrloc::Entry* const entry = record.find(wanted.contact);
    if (!entry || !entry->contact.is_valid(now)) {
      number += !wanted.removal;
      continue;
    }
    const usrloc::Contact& known = entry->contact;
    if (known.call_id.view() == wanted.contact.call_id.view() && wanted.contact.cseq <= known.cseq) {
      const bool repeated = wanted.contact.cseq == known.cseq && known.modified + Usrloc::Param::cseq_delay > now;
      return repeated ? Check::Repeated : Check::BadCSeq;
    }
    number -= wanted.removal;
  }
  return number > limit && !one_contact ? Check::TooMany : Check::Fine;
}

/// The phone has started anew, as its other Call-ID tells: the flows of its former life are gone.
void forget_former_flows(Locked& record, const usrloc::Entry* now) {
  const usrloc::Contact& kept = now->contact;
  for (usrloc::Entry* other = record.first(); other;) {
    usrloc::Entry* const next = other->next;
    const usrloc::Contact& contact = other->contact;
    const bool of_this_request = contact.cseq == kept.cseq && contact.call_id.view() == kept.call_id.view();
    if (other != now && !of_this_request && contact.instance.view() == kept.instance.view()) record.remove(other);
    other = next;
  }
}

/// Adds, updates and removes; the code of the last thing done, 0 when the table refused.
Code apply(Call& call, Locked& record, RegisterRequest& request, bool one_contact) {
  Code last = kAdded;
  for (Wanted& wanted : request) {
    usrloc::Entry* entry = record.find(wanted.contact);
    // Named twice in one request: the one that comes first counts.
    if (entry && entry->contact.cseq == wanted.contact.cseq && entry->contact.call_id.view() == wanted.contact.call_id.view()) continue;
    if (wanted.removal) {
      if (!entry) continue;
      record.remove(entry);
      last = kRemoved;
      continue;
    }
    if (entry) {
      const bool anew = !wanted.contact.instance.empty() && entry->contact.call_id.view() != wanted.contact.call_id.view();
      entry = record.update(entry, wanted.contact);
      if (entry && anew) forget_former_flows(record, entry);
      last = kUpdated;
    } else {
      char ruid[64];
      entry = record.insert(wanted.contact, usrloc::make_ruid(call.process(), ruid));
      last = kAdded;
    }
    if (!entry) return 0;
    if (!one_contact) continue;
    for (usrloc::Entry* other = record.first(); other;) {
      usrloc::Entry* const next = other->next;
      if (other != entry) record.remove(other);
      other = next;
    }
  }
  return last;
}

/// The part under the record's lock, with the list of contacts for the reply.
Outcome change(Call& call, usrloc::Table& table, RegisterRequest& request, const Aor& aor, const Refusal& refused,
               Int flags, bool list) {
  Locked record(table, aor.text);
  Outcome outcome;
  if (!refused.fine()) {
    outcome.reply = refused;
  } else if (request.star) {
    record.remove_all();
    outcome.code = kRemoved;
  } else if (request.count == 0) {
    outcome.code = kQuery;
  } else {
    outcome.stores = record.first() || std::any_of(request.begin(), request.end(), [](const Wanted& wanted) { return !wanted.removal; });
    const bool one_contact = (flags & kOneContact) != 0 && record.first();   // a new record gets them all
    if (one_contact) {
      Wanted* const kept = std::find_if(request.begin(), request.end(), [](const Wanted& wanted) { return !wanted.removal; });
      if (kept != request.end()) std::swap(*request.begin(), *kept);
      request.count = 1;
    }
    switch (check(call, record, request, one_contact)) {
      case Check::Repeated:
        outcome.code = kAdded;
        break;
      case Check::BadCSeq:
        outcome.reply = refusal(400, "Invalid CSeq number");
        break;
      case Check::TooMany:
        outcome.code = kTooMany;
        outcome.reply = refusal(503, "Too many registered contacts");
        break;
      case Check::Fine:
        outcome.code = apply(call, record, request, one_contact);
        if (outcome.code == 0) {
          outcome.code = kRefused;
          outcome.reply = refusal(500, "Contact could not be stored");
        }
        break;
    }
  }
  outcome.listed = !list || list_contacts(call, record, aor);
  return outcome;
}

void log_refusal(Call& call, const Outcome& outcome, Text aor) {
  log_line(call, LogLevel::Warn, "registrar", {"save() refuses \"", aor, "\": ", outcome.reply.error});
}

Code save(Call& call, Text table_name, Int flags, Text uri) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table) {
    log_line(call, LogLevel::Err, "registrar", {"too many location tables: \"", table_name, "\""});
    return kRefused;
  }
  sip::Message& message = call.message();
  const bool replies = message.is_request() && ((flags & kNoReply) == 0 || (flags & kPrepareReply) != 0);
  RegisterRequest request;
  Outcome outcome;
  outcome.listed = true;
  Text unsupported;
  Text logged = uri;
  outcome.reply = request.read(call);
  if (!outcome.reply.fine()) {
    if (outcome.reply.code == 420) unsupported = "outbound";
  } else {
    if (uri.is_null()) {
      const sip::NameAddr* const to = message.to();
      logged = to ? to->uri : Text::null();
    }
    const Aor aor = aor_of(logged, *call.arena);
    if (aor.fault != AorFault::None) {
      outcome.reply = refusal_of(aor.fault);
    } else {
      Refusal refused;
      if (request.count != 0) refused = request.complete(call, (flags & kExactExpiry) != 0);
      outcome = change(call, *table, request, aor, refused, flags, replies);
    }
  }
  Text path;
  if (outcome.reply.fine() && outcome.stores && !request.path.is_null() && Registrar::Param::path_mode != 0) {
    if (has_option(message, sip::HeaderId::Supported, "path")) {
      path = request.path;
    } else if (Registrar::Param::path_mode == 2) {
      // The contact is kept all the same; the phone learns that somebody before us put Path there (RFC 3327 §5.3).
      path = request.path;
      unsupported = "path";
      outcome.reply = refusal(420, "No support for found Path indicated");
    }
  }
  if (!outcome.reply.fine()) log_refusal(call, outcome, logged);
  Counts& counts = counts_of(call.process());
  (outcome.reply.fine() ? counts.accepted : counts.rejected).fetch_add(1, std::memory_order_relaxed);
  if (!replies) return outcome.code;
  if (!outcome.listed || !add_outcome(call, outcome.reply, path, unsupported, request.outbound)) {
    log_line(call, LogLevel::Err, "registrar", {"the reply to the REGISTER would be too long"});
    outcome.reply = refusal(500, "Too many registered contacts");
  }
  WorkerState& state = state_of(*call.worker);
  state.reply_code = outcome.reply.code;
  state.reply_reason = outcome.reply.reason;
  if ((flags & kNoReply) != 0) return outcome.code;
  if (send_outcome(call, outcome.reply.code, outcome.reply.reason) < 0) return kRefused;
  return outcome.code;
}

}  // namespace

WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Registrar::slot); }

}  // namespace registrar

Code Registrar::save(Call& call, Text table) { return registrar::save(call, table, 0, Text::null()); }
Code Registrar::save(Call& call, Text table, Int flags) {
  return registrar::save(call, table, flags, Text::null());
}
Code Registrar::save(Call& call, Text table, Int flags, Text uri) {
  return registrar::save(call, table, flags, uri.empty() ? Text::null() : uri);
}

Code Registrar::reg_send_reply(Call& call) {
  registrar::WorkerState& state = registrar::state_of(*call.worker);
  if (state.reply_code == 0 || !call.message().is_request()) return -1;
  const int code = state.reply_code;
  state.reply_code = 0;
  return registrar::send_outcome(call, code, state.reply_reason);
}

void Registrar::start(Process& process) {
  process.module_state[slot] = new registrar::Counts;
  const auto add = [&](const char* name, std::function<std::uint64_t(const Process&)> read, bool gauge) {
    process.statistics.push_back({"registrar", name, std::move(read), gauge});
  };
  const auto show = [&](const char* name, Int value) { add(name, [value](const Process&) { return static_cast<std::uint64_t>(value); }, true); };
  add("accepted_regs", [](const Process& p) { return registrar::counts_of(p).accepted.load(std::memory_order_relaxed); }, false);
  add("rejected_regs", [](const Process& p) { return registrar::counts_of(p).rejected.load(std::memory_order_relaxed); }, false);
  show("default_expire", Param::default_expires);
  show("default_expires_range", Param::default_expires_range);
  show("expires_range", Param::expires_range);
  show("max_contacts", Param::max_contacts);
  show("max_expires", Param::max_expires);
}

void Registrar::stop(Process& process) {
  delete static_cast<registrar::Counts*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Registrar::worker_start(Worker& worker) {
  auto* const state = new registrar::WorkerState;
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
  worker.scripts.add_run_state(movable_state<registrar::WorkerState, &slot>());
}

}  // namespace strowger
