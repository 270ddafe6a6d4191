// Accounting: which transactions, at which of their events, and what the script accounts itself.
//
// Flags are looked at when a transaction is made (is it of interest at all?) and again at each event, as the script may change them
// meanwhile. Values are those of the request as its transaction keeps it, but for its target: $du is what it was when the
// transaction was made (as in Kamailio), and $ru that of the branch that counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <bitset>
#include <charconv>
#include <memory>

#include "acc.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/acc/cdr.h"
#include "stdlib/acc/phrases.h"
#include "stdlib/acc/record.h"
#include "stdlib/acc/rows.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"

namespace strowger::rr {
/// Null where the script does not load rr, or calls nothing of it.
[[gnu::weak]] bool is_upstream(Call& call);
}  // namespace strowger::rr

namespace strowger {
namespace acc {
namespace {

using P = Acc::Param;
using tm::Branch;
using tm::Transaction;

/// In Transaction::watched: from the callee, and detect_direction; of interest here.
constexpr std::uint8_t kUpstream = tm::kWatcherBit, kAccounts = tm::kWatcherBit << 1;

struct ProcessState {
  std::bitset<1000> not_accounted;   ///< failed_filter
  std::unique_ptr<Rows> rows;        ///< null: no database
  std::unique_ptr<CallRows> call_rows;   ///< null: no database, or no table for calls
};

/// Where records go: a set.
enum Where : std::uint8_t { kLog = 1, kDatabase = 2 };

struct WorkerState {
  const ProcessState* process;
  bool knows_own_tags[2] = {};       ///< see own_tag(); [1] for what timers do
};

/// Where the request was to go when its transaction was made.
struct Target {
  Text new_uri, dst_uri;
};

WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Acc::slot); }

bool is_set(std::uint32_t flags, Int flag) { return flag >= 0 && (flags >> flag & 1) != 0; }

/// Of two flags, one for each place.
std::uint8_t places(const WorkerState& state, std::uint32_t flags, Int log_flag, Int db_flag) {
  return static_cast<std::uint8_t>((is_set(flags, log_flag) ? kLog : 0) | (state.process->rows && is_set(flags, db_flag) ? kDatabase : 0));
}

/// The name of a table that may hold variables.
Text table_of(Call& call, const VariableRef* name, Text otherwise) { return name ? text_of(call, *name) : otherwise; }

/// Without a call of rr in the script its code is not there, and no Route was followed.
bool is_upstream(Call& call) { return P::detect_direction && &rr::is_upstream && rr::is_upstream(call); }

bool is_loaded(const Process& process, std::string_view module) {
  const ModuleImage* const all = process.image.modules;
  return std::any_of(all, all + process.image.module_count, [&](const ModuleImage& one) { return one.name.view() == module; });
}

/// "404,407"; false where it is anything else.
bool read_filter(std::string_view text, ProcessState& state) {
  for (std::size_t at = 0; at < text.size(); at += 4) {
    int code = 0;
    const std::string_view digits = text.substr(at, 3);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code);
    if (digits.size() != 3 || read.ptr != digits.data() + 3 || code < 300) return false;
    if (at + 3 < text.size() && (text[at + 3] != ',' || at + 4 == text.size())) return false;
    state.not_accounted.set(static_cast<std::size_t>(code));
  }
  return !text.empty();
}

/// The call of an event of a transaction: over a copy of its request, aimed where `branch` went.
struct Event {
  Event(Transaction& transaction, const Branch* branch) : arena(transaction.worker->pool), live(transaction.request) {
    if (const auto* const made = static_cast<const Target*>(transaction.watch_data)) {
      live.set_uri(made->new_uri);
      live.dst_uri = made->dst_uri;
    }
    if (branch && !branch->uri.is_null()) live.set_uri(branch->uri);
    call.live = &live;
    call.worker = transaction.worker;
    call.arena = &arena;
    call.avps = &transaction.avps;
    call.transaction = &transaction;
  }
  sip::Arena arena;
  LiveMessage live;
  Call call;
};

/// The To tag of a reply that was made here. A process of Kamailio 5.6.3 accounts it from the first missed call on that was answered
/// here; before, it is empty. Its timers are a process of their own.
Text own_tag(Transaction& transaction, bool missed, bool by_timer) {
  bool& known = state_of(*transaction.worker).knows_own_tags[by_timer];
  known = known || missed;
  return known ? tm::to_tag_of(transaction) : Text::null();
}

constexpr std::string_view kAnswered = "ACC: transaction answered: ", kMissed = "ACC: call missed: ",
                           kAcknowledged = "ACC: request acknowledged: ", kAccounted = "ACC: request accounted: ";

/// A reply's code as text, in `digits`.
Text printed(int status, char (&digits)[12]) {
  return {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, status).ptr - digits)};
}

/// The tags of the call's own message, the caller's first.
void take_tags(Call& call, Record& record) {
  record.from_tag = call.message().from_tag();
  record.to_tag = call.message().to_tag();
  if (is_upstream(call)) std::swap(record.from_tag, record.to_tag);
}

void put(Call& call, const Record& record, std::uint8_t where, const VariableRef* table, Text otherwise) {
  if ((where & kLog) && is_written(*call.worker)) write(call, record);
  if (where & kDatabase) state_of(*call.worker).process->rows->add(call, record, table_of(call, table, otherwise));
}

Text reason_of(sip::Message& reply) {
  if (P::reason_from_hf)
    if (const sip::Header* const header = reply.first(sip::HeaderId::Reason)) return reply.value(*header);
  return reply.reason();
}

void account(Event& event, Transaction& transaction, std::uint8_t where, int status, LiveMessage* reply, const Branch* branch,
             bool missed) {
  sip::Message& request = event.live.message;
  char digits[12];
  Record record;
  record.what = missed ? kMissed : kAnswered;
  record.code = printed(status, digits);
  record.reason = reply ? reason_of(reply->message) : phrase_of(status);
  record.from_tag = request.from_tag();
  record.to_tag = reply ? reply->message.to_tag() : request.to_tag();
  if (!reply && record.to_tag.empty()) record.to_tag = own_tag(transaction, missed, branch && branch->timed_out);
  if (transaction.watched & kUpstream) std::swap(record.from_tag, record.to_tag);
  put(event.call, record, where, missed ? P::db_table_missed_calls : P::db_table_acc, missed ? Text("missed_calls") : Text("acc"));
}

std::uint8_t answered_places(const Transaction& transaction) {
  return places(state_of(*transaction.worker), transaction.request->flags, P::log_flag, P::db_flag);
}

std::uint8_t missed_places(const Transaction& transaction) {
  if (!transaction.invite) return 0;
  return places(state_of(*transaction.worker), transaction.request->flags, P::log_missed_flag, P::db_missed_flag);
}

/// The flags that a missed call clears.
std::uint32_t missed_flags(std::uint8_t where) {
  return (where & kLog ? std::uint32_t{1} << P::log_missed_flag : 0) | (where & kDatabase ? std::uint32_t{1} << P::db_missed_flag : 0);
}

std::uint8_t made(Call& call, Transaction& transaction) {
  const std::uint32_t flags = call.live->flags;
  if (transaction.cancel && !P::report_cancels) return 0;
  const WorkerState& state = state_of(*call.worker);
  const bool wanted = P::acc_prepare_always || is_set(flags, P::acc_prepare_flag) || places(state, flags, P::log_flag, P::db_flag) ||
                      places(state, flags, P::log_missed_flag, P::db_missed_flag);
  if (!wanted) return 0;
  const bool ack = transaction.invite && P::report_ack;
  transaction.watch_data = transaction.arena.make<Target>(Target{call.live->new_uri, call.live->dst_uri});
  return static_cast<std::uint8_t>(kAccounts | tm::kWatchReplies | (ack ? tm::kWatchAck : 0) | (is_upstream(call) ? kUpstream : 0));
}

std::uint32_t leg_failed(Transaction& transaction, Branch& chosen) {
  if (!(transaction.watched & kAccounts)) return 0;
  const std::uint8_t where = missed_places(transaction);
  if (!where) return 0;
  // As in Kamailio: once the caller has cancelled, $ru is the last branch's.
  Event event(transaction, transaction.canceled ? transaction.branches[transaction.branch_count - 1] : &chosen);
  event.call.route_kind = kFailureRoute;
  event.call.failed_branch = event.call.branch = &chosen;
  event.call.failed_code = chosen.status;
  event.call.branch_index = transaction.branch_count;
  event.call.reply = chosen.reply;
  account(event, transaction, where, chosen.status, chosen.reply, &chosen, true);
  return missed_flags(where);
}

void replied(Transaction& transaction, int status, LiveMessage* relayed) {
  if (!(transaction.watched & kAccounts)) return;
  const std::uint8_t missed = status >= 300 ? missed_places(transaction) : 0;
  std::uint8_t answered = answered_places(transaction);
  if (status < 200 && !(P::early_media && relayed && !relayed->message.body().empty())) answered = 0;
  if (status >= 300 && (!is_set(transaction.request->flags, P::failed_transaction_flag) ||
                        state_of(*transaction.worker).process->not_accounted[static_cast<std::size_t>(status)]))
    answered = 0;
  if (!missed && !answered) return;
  const std::int16_t counts = transaction.relayed_branch;
  const Branch* const branch = counts >= 0 && counts < transaction.branch_count ? transaction.branches[counts] : nullptr;
  Event event(transaction, branch);
  if (missed) account(event, transaction, missed, status, relayed, branch, true);
  if (answered) account(event, transaction, answered, status, relayed, branch, false);
  transaction.request->flags &= ~missed_flags(missed);
}

void acknowledged(Call& ack, Transaction& invite) {
  const std::uint8_t where = answered_places(invite);
  if (!where) return;
  Avps* const own = std::exchange(ack.avps, &invite.avps);
  char digits[12];
  Record record;
  record.what = kAcknowledged;
  record.code = printed(invite.status, digits);
  record.reason = phrase_of(invite.status);
  take_tags(ack, record);
  put(ack, record, where, P::db_table_acc, "acc");
  ack.avps = own;
}

/// Of acc_log_request() and its kin: a comment that begins with three digits is code and reason.
Record record_of(Call& call, Text comment) {
  Record record;
  record.what = kAccounted;
  record.reason = comment;
  const auto is_digit = [&](std::size_t at) { return comment.ptr[at] >= '0' && comment.ptr[at] <= '9'; };
  if (comment.len >= 3 && is_digit(0) && is_digit(1) && is_digit(2)) {
    record.code = {comment.ptr, 3};
    std::size_t at = 3;
    while (at < comment.len && (comment.ptr[at] == ' ' || comment.ptr[at] == '\t')) ++at;
    record.reason = {comment.ptr + at, comment.len - at};
  }
  take_tags(call, record);
  return record;
}

constexpr tm::Watcher kWatcher{made, leg_failed, replied, acknowledged};

void refuse(Process& process, const std::string& why) {
  process.log.write(LogLevel::Err, "acc: " + why);
  process.failed = true;
}

}  // namespace

CallRows* call_rows_of(const Process& process) { return static_cast<const ProcessState*>(process.module_state[Acc::slot])->call_rows.get(); }

}  // namespace acc

void Acc::start(Process& process) {
  auto* const state = new acc::ProcessState;
  process.module_state[slot] = state;
  if (!Param::failed_filter.is_null() && !acc::read_filter(Param::failed_filter.view(), *state))
    return acc::refuse(process, "failed_filter is a list of codes from 300 to 999, as \"404,407\"");
  if (Param::log_extra && static_cast<Int>(Param::log_extra->count) > Param::acc_extra_size)
    return acc::refuse(process, "log_extra has more attributes than acc_extra_size allows");
  if (std::string why; !acc::check_legs(why)) return acc::refuse(process, why);
  if (Param::cdr_extra && static_cast<Int>(Param::cdr_extra->count) > Param::cdr_extra_size)
    return acc::refuse(process, "cdr_extra has more attributes than cdr_extra_size allows");
  if (Param::cdr_enable && !acc::is_loaded(process, "dialog")) return acc::refuse(process, "cdr_enable needs the module dialog");
  if (Param::detect_direction && !acc::is_loaded(process, "rr")) return acc::refuse(process, "detect_direction needs the module rr");
  if (!Param::db_url.empty()) {
    const db::Driver* const driver = db::find_driver(process, Param::db_url.view());
    std::string why = "its driver cannot store";
    if (!driver || !driver->store || !driver->store(Param::db_url.view(), {}, {}, why))
      return acc::refuse(process, "db_url " + std::string(Param::db_url.view()) + ": " + why);
    state->rows = std::make_unique<acc::Rows>(*driver, process.log);
    if (Param::cdr_enable && !Param::cdrs_table.empty()) state->call_rows = std::make_unique<acc::CallRows>(*driver, process.log);
  }
  tm::watch(process, acc::kWatcher);
}

void Acc::worker_start(Worker& worker) {
  auto* const state = new acc::WorkerState{static_cast<const acc::ProcessState*>(worker.process.module_state[slot])};
  worker.module_state[slot] = state;
  if (Param::cdr_enable && worker.index == 0) acc::watch_calls(worker.process);   // dialog has started by now, whatever the order
  worker.cleanups.emplace_back([state, &worker] {
    delete state;
    worker.module_state[slot] = nullptr;
  });
}

void Acc::stop(Process& process) {
  delete static_cast<acc::ProcessState*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Acc::acc_log_request(Call& call, Text comment) {
  if (comment.empty()) return -1;
  if (acc::is_written(*call.worker)) acc::write(call, acc::record_of(call, comment));
  return 1;
}

Code Acc::acc_db_request(Call& call, Text comment, Text table) {
  acc::Rows* const rows = acc::state_of(*call.worker).process->rows.get();
  if (!rows) log_line(call, LogLevel::Err, "acc", {"acc_db_request() without db_url"});
  if (!rows || comment.empty() || table.empty()) return -1;
  return rows->add(call, acc::record_of(call, comment), table) ? 1 : -1;
}

Code Acc::acc_request(Call& call, Text comment, Text table) {
  const Code done = acc_log_request(call, comment);
  return done > 0 && acc::state_of(*call.worker).process->rows ? acc_db_request(call, comment, table) : done;
}

}  // namespace strowger
