// Accounting: which transactions, at which of their events, and what the script accounts itself.
//
// Flags are looked at when a transaction is made (is it of interest at all?) and again at each event, as the script may change them
// meanwhile. Values are those of the request as its transaction keeps it, but for its target: $du is what it was when the
// transaction was made (as in Kamailio), and $ru that of the branch that counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <bitset>
#include <charconv>

#include "acc.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/acc/phrases.h"
#include "stdlib/acc/record.h"
#include "stdlib/tm/upstream.h"
#include "stdlib/tm/watch.h"

namespace strowger::rr {
/// Null where the script does not load rr.
[[gnu::weak]] bool is_upstream(Call& call);
}  // namespace strowger::rr

namespace strowger {
namespace acc {
namespace {

using tm::Branch;
using tm::Transaction;

constexpr std::uint8_t kUpstream = tm::kWatcherBit;   ///< from the callee, and detect_direction

struct ProcessState {
  std::bitset<1000> not_accounted;   ///< failed_filter
};

struct WorkerState {
  const ProcessState* process;
  bool knows_own_tags = false;       ///< see own_tag()
};

/// Where the request was to go when its transaction was made.
struct Target {
  Text new_uri, dst_uri;
};

WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Acc::slot); }

bool is_set(std::uint32_t flags, Int flag) { return flag >= 0 && (flags >> flag & 1) != 0; }

bool is_upstream(Call& call) { return Acc::Param::detect_direction && rr::is_upstream(call); }

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

/// The To tag of a reply that was made here. Kamailio 5.6.3 accounts it from the first missed call on that was answered here;
/// before, it is empty.
Text own_tag(Transaction& transaction, bool missed) {
  WorkerState& state = state_of(*transaction.worker);
  state.knows_own_tags = state.knows_own_tags || missed;
  return state.knows_own_tags ? tm::to_tag_of(transaction) : Text("");
}

Text reason_of(sip::Message& reply) {
  if (Acc::Param::reason_from_hf)
    if (const sip::Header* const header = reply.first(sip::HeaderId::Reason)) return reply.value(*header);
  return reply.reason();
}

void account(Event& event, Transaction& transaction, std::string_view what, int status, LiveMessage* reply, bool missed) {
  sip::Message& request = event.live.message;
  char digits[12];
  Record record;
  record.what = what;
  record.code = Text(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, status).ptr - digits));
  record.reason = reply ? reason_of(reply->message) : phrase_of(status);
  record.from_tag = request.from_tag();
  record.to_tag = reply ? reply->message.to_tag() : request.to_tag();
  if (!reply && record.to_tag.empty()) record.to_tag = own_tag(transaction, missed);
  if (transaction.watched & kUpstream) std::swap(record.from_tag, record.to_tag);
  write(event.call, record);
}

bool is_missed(const Transaction& transaction) {
  return transaction.invite && is_set(transaction.request->flags, Acc::Param::log_missed_flag);
}

constexpr std::string_view kAnswered = "ACC: transaction answered: ", kMissed = "ACC: call missed: ",
                           kAcknowledged = "ACC: request acknowledged: ", kAccounted = "ACC: request accounted: ";

std::uint8_t made(Call& call, Transaction& transaction) {
  const std::uint32_t flags = call.live->flags;
  if (transaction.cancel && !Acc::Param::report_cancels) return 0;
  const bool wanted = Acc::Param::acc_prepare_always || is_set(flags, Acc::Param::log_flag) ||
                      is_set(flags, Acc::Param::acc_prepare_flag) ||
                      (transaction.invite && is_set(flags, Acc::Param::log_missed_flag));
  if (!wanted) return 0;
  const bool ack = transaction.invite && Acc::Param::report_ack;
  transaction.watch_data = transaction.arena.make<Target>(Target{call.live->new_uri, call.live->dst_uri});
  return static_cast<std::uint8_t>(tm::kWatchReplies | (ack ? tm::kWatchAck : 0) | (is_upstream(call) ? kUpstream : 0));
}

std::uint32_t leg_failed(Transaction& transaction, Branch& chosen) {
  if (!is_missed(transaction)) return 0;
  if (is_written(*transaction.worker)) {
    Event event(transaction, &chosen);
    event.call.route_kind = kFailureRoute;
    event.call.failed_branch = event.call.branch = &chosen;
    event.call.failed_code = chosen.status;
    event.call.branch_index = transaction.branch_count;
    event.call.reply = chosen.reply;
    account(event, transaction, kMissed, chosen.status, chosen.reply, true);
  }
  return std::uint32_t{1} << Acc::Param::log_missed_flag;
}

void replied(Transaction& transaction, int status, LiveMessage* relayed) {
  const bool wanted = is_set(transaction.request->flags, Acc::Param::log_flag);
  const bool missed = status >= 300 && is_missed(transaction);
  bool answered = wanted;
  if (status < 200) answered = wanted && Acc::Param::early_media && relayed && !relayed->message.body().empty();
  if (status >= 300)
    answered = wanted && is_set(transaction.request->flags, Acc::Param::failed_transaction_flag) &&
               !state_of(*transaction.worker).process->not_accounted[static_cast<std::size_t>(status)];
  if (!missed && !answered) return;
  if (is_written(*transaction.worker)) {
    const std::int16_t counts = transaction.relayed_branch;
    Event event(transaction, counts >= 0 && counts < transaction.branch_count ? transaction.branches[counts] : nullptr);
    if (missed) account(event, transaction, kMissed, status, relayed, true);
    if (answered) account(event, transaction, kAnswered, status, relayed, false);
  }
  if (missed) transaction.request->flags &= ~(std::uint32_t{1} << Acc::Param::log_missed_flag);
}

void acknowledged(Call& ack, Transaction& invite) {
  if (!is_set(invite.request->flags, Acc::Param::log_flag) || !is_written(*ack.worker)) return;
  Avps* const own = std::exchange(ack.avps, &invite.avps);
  char digits[12];
  Record record;
  record.what = kAcknowledged;
  record.code = Text(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, invite.status).ptr - digits));
  record.reason = phrase_of(invite.status);
  record.from_tag = ack.message().from_tag();
  record.to_tag = ack.message().to_tag();
  if (is_upstream(ack)) std::swap(record.from_tag, record.to_tag);
  write(ack, record);
  ack.avps = own;
}

constexpr tm::Watcher kWatcher{made, leg_failed, replied, acknowledged};

void refuse(Process& process, const std::string& why) {
  process.log.write(LogLevel::Err, "acc: " + why);
  process.failed = true;
}

}  // namespace
}  // namespace acc

void Acc::start(Process& process) {
  auto* const state = new acc::ProcessState;
  process.module_state[slot] = state;
  if (!Param::failed_filter.is_null() && !acc::read_filter(Param::failed_filter.view(), *state))
    return acc::refuse(process, "failed_filter is a list of codes from 300 to 999, as \"404,407\"");
  if (Param::log_extra && static_cast<Int>(Param::log_extra->count) > Param::acc_extra_size)
    return acc::refuse(process, "log_extra has more attributes than acc_extra_size allows");
  if (std::string why; !acc::check_legs(why)) return acc::refuse(process, why);
  if (Param::detect_direction && !&rr::is_upstream) return acc::refuse(process, "detect_direction needs the module rr");
  if (!tm::watch(process, acc::kWatcher)) acc::refuse(process, "another module watches the transactions");
}

void Acc::worker_start(Worker& worker) {
  auto* const state = new acc::WorkerState{static_cast<const acc::ProcessState*>(worker.process.module_state[slot])};
  worker.module_state[slot] = state;
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
  if (!acc::is_written(*call.worker)) return 1;
  acc::Record record;
  record.what = acc::kAccounted;
  record.reason = comment;
  const auto is_digit = [&](std::size_t at) { return comment.ptr[at] >= '0' && comment.ptr[at] <= '9'; };
  if (comment.len >= 3 && is_digit(0) && is_digit(1) && is_digit(2)) {
    record.code = {comment.ptr, 3};
    std::size_t at = 3;
    while (at < comment.len && (comment.ptr[at] == ' ' || comment.ptr[at] == '\t')) ++at;
    record.reason = {comment.ptr + at, comment.len - at};
  }
  record.from_tag = call.message().from_tag();
  record.to_tag = call.message().to_tag();
  if (acc::is_upstream(call)) std::swap(record.from_tag, record.to_tag);
  acc::write(call, record);
  return 1;
}

Code Acc::acc_request(Call& call, Text comment, Text) { return acc_log_request(call, comment); }

}  // namespace strowger
