// The model's rules, one function an event.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/explore/transaction_model.h"

#include <algorithm>

namespace strowger::explore {
namespace {

// tm's defaults, milliseconds.
constexpr std::int64_t kFr = 30000, kFrInv = 120000, kWait = 5000, kLifeInvite = 180000, kLifeOther = 32000;
constexpr std::int32_t kT1 = 500, kT2 = 4000;

std::string name(std::size_t branch) { return "b" + std::to_string(branch); }

/// Lower is better: 6xx, 3xx, the 4xx that a caller can do something about, other 4xx, 5xx; then the lower code.
int order(int status) {
  const bool actionable = status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
  switch (status / 100) {
    case 6: return 1000 + status;
    case 3: return 2000 + status;
    case 4: return (actionable ? 3000 : 4000) + status;
    default: return 5000 + status;
  }
}

}  // namespace

std::string describe(const Event& event) {
  switch (event.kind) {
    case Event::Timer: return "timer";
    case Event::Again: return "repetition";
    case Event::Cancel: return "CANCEL";
    case Event::Ack: return "ACK";
    case Event::AckSuccess: return "ACK-2xx";
    case Event::Reply: return name(event.branch) + ":" + std::to_string(event.status);
    case Event::CancelReply: return name(event.branch) + ":200-CANCEL";
    case Event::Unreachable: return name(event.branch) + ":unreachable";
  }
  return "";
}

TransactionModel::TransactionModel(const Setup& setup, Output& out)
    : setup_(setup), expires_(setup.invite ? kLifeInvite : kLifeOther), end_(expires_),
      branches_(static_cast<std::size_t>(setup.branches)) {
  if (setup.invite) up(out, "up 100 -", 100);
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    Branch& branch = branches_[i];
    out.insert(name(i) + (setup.invite ? " INVITE" : " MESSAGE"));
    branch.interval = kT1;
    if (!setup.reliable_down) branch.repeat = kT1;
    arm_limit(branch, kFr);
  }
}

bool TransactionModel::pending() const {
  return std::any_of(branches_.begin(), branches_.end(), [](const Branch& b) { return b.phase != Branch::Phase::Done; });
}

void TransactionModel::arm_limit(Branch& branch, std::int64_t after) {
  branch.limit = std::min(now_ + after, std::max(expires_, now_ + 1));
}

std::vector<std::int64_t> TransactionModel::timers() const {
  std::vector<std::int64_t> all{end_, repeat_};
  for (const Branch& b : branches_)
    for (const std::int64_t due : {b.repeat, b.limit, b.cancel_repeat, b.cancel_limit}) all.push_back(due);
  return all;
}

std::int64_t TransactionModel::next_timer() const {
  std::int64_t next = INT64_MAX;
  for (const std::int64_t due : timers())
    if (due >= 0) next = std::min(next, due);
  return next - now_;
}

std::string TransactionModel::key() const {
  std::string key = std::to_string(static_cast<int>(server_)) + (canceled_ ? "c" : "") + last_ + "/" + std::to_string(interval_);
  for (const std::int64_t due : timers()) key += "," + (due < 0 ? "" : std::to_string(due - now_));
  key += "," + std::to_string(expires_ - now_);
  for (const Branch& b : branches_)
    key += "|" + std::to_string(static_cast<int>(b.phase)) + "." + std::to_string(b.interval) + "." +
           std::to_string(b.cancel_interval) + "." + std::to_string(b.final) + (b.canceling ? "c" : "") + (b.cancel_sent ? "s" : "") +
           (b.faked ? "f" : "") + (b.timed_out ? "t" : "") + (b.answered ? "a" : "");
  return key;
}

std::vector<Event> TransactionModel::possible() const {
  std::vector<Event> all;
  if (gone()) return all;
  all.push_back({Event::Timer});
  all.push_back({Event::Again});
  if (setup_.invite) {
    all.push_back({Event::Cancel});
    if (server_ == Server::Completed || server_ == Server::Confirmed) all.push_back({Event::Ack});
    if (server_ == Server::Accepted) all.push_back({Event::AckSuccess});
  }
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    const auto at = static_cast<std::uint8_t>(i);
    for (const std::int16_t status : setup_.statuses) all.push_back({Event::Reply, at, status});
    if (branches_[i].cancel_sent) all.push_back({Event::CancelReply, at});
    all.push_back({Event::Unreachable, at});
  }
  return all;
}

/// A reply leaves for the caller.
void TransactionModel::up(Output& out, const std::string& text, int status) {
  out.insert(text);
  const bool was_final = server_ != Server::Proceeding;
  if (!was_final || (status < 300 && server_ == Server::Accepted)) {
    if (!was_final) last_ = text;
  }
  if (status < 200) return;
  ++(status < 300 ? successes_sent : failures_sent);
  if (!setup_.invite) {
    server_ = Server::Completed;
    end_ = now_ + kWait;   // timer J
  } else if (status < 300) {
    if (server_ == Server::Completed || server_ == Server::Confirmed) return;
    server_ = Server::Accepted;
    end_ = now_ + kWait;   // timer L
  } else {
    server_ = Server::Completed;
    end_ = now_ + kFr;     // timer H
    interval_ = kT1;
    if (!setup_.reliable_up) repeat_ = now_ + kT1;   // timer G
  }
}

void TransactionModel::send_cancel(Output& out, std::size_t at) {
  Branch& branch = branches_[at];
  branch.canceling = true;
  out.insert(name(at) + " CANCEL");
  if (branch.cancel_sent) return;
  branch.cancel_sent = true;
  if (branch.phase != Branch::Phase::Done) branch.limit = now_ + kFr;   // the CANCEL times its end
  branch.cancel_interval = kT1;
  if (!setup_.reliable_down) branch.cancel_repeat = now_ + kT1;
  branch.cancel_limit = now_ + kFr;
}

/// §9.1: at once where there was a provisional reply, else as soon as there is one.
void TransactionModel::want_cancel(Output& out, std::size_t except) {
  if (!setup_.invite) return;
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    Branch& branch = branches_[i];
    if (i == except || branch.phase == Branch::Phase::Done || branch.canceling) continue;
    branch.canceling = true;
    if (branch.phase == Branch::Phase::Proceeding) send_cancel(out, i);
  }
}

void TransactionModel::end(Output& out, std::size_t at, int status, bool faked) {
  Branch& branch = branches_[at];
  branch.phase = Branch::Phase::Done;
  branch.repeat = branch.limit = -1;
  branch.final = static_cast<std::int16_t>(status);
  branch.faked = faked;
  if (status >= 600 && setup_.invite && server_ == Server::Proceeding) want_cancel(out, at);
  if (status >= 300) conclude(out);
}

/// All branches have failed: the best reply goes up.
void TransactionModel::conclude(Output& out) {
  if (pending() || server_ != Server::Proceeding) return;
  std::size_t best = 0;
  for (std::size_t i = 1; i < branches_.size(); ++i)
    if (order(branches_[i].final) < order(branches_[best].final)) best = i;
  int status = branches_[best].final;
  bool made_here = branches_[best].faked;
  if (made_here && status == 408 && canceled_) status = 487;
  if (!made_here && status == 503) {   // §16.7 item 6
    status = 500;
    made_here = true;
  }
  const auto challenges = std::count_if(branches_.begin(), branches_.end(), [](const Branch& b) {
    return !b.faked && (b.final == 401 || b.final == 407);
  });
  if ((status == 401 || status == 407) && challenges > 1) made_here = true;   // §16.7 item 7: with all of them
  up(out, "up " + std::to_string(status) + (made_here ? " -" : " " + name(best)), status);
}

void TransactionModel::time_out(Output& out, std::size_t at) {
  Branch& branch = branches_[at];
  if (branch.phase == Branch::Phase::Done) return;
  if (setup_.invite && branch.phase == Branch::Phase::Proceeding && !branch.canceling) send_cancel(out, at);
  branch.timed_out = true;
  end(out, at, 408, true);
}

void TransactionModel::provisional(Output& out, std::size_t at, int status) {
  Branch& branch = branches_[at];
  if (branch.phase == Branch::Phase::Done) {
    if (setup_.invite && branch.timed_out && !branch.cancel_sent && !branch.answered) send_cancel(out, at);   // it rings after all
    return;
  }
  if (setup_.invite) {
    branch.repeat = -1;
    if (branch.phase == Branch::Phase::Calling && branch.canceling) branch.limit = -1;   // timer B; the CANCEL has its own
    branch.phase = Branch::Phase::Proceeding;
    if (branch.canceling) return send_cancel(out, at);
    arm_limit(branch, kFrInv);
  } else if (branch.phase == Branch::Phase::Calling) {
    branch.phase = Branch::Phase::Proceeding;
    branch.interval = kT2;
    if (branch.repeat >= 0) branch.repeat = now_ + kT2;
  }
  if (status != 100 && server_ == Server::Proceeding) up(out, "up " + std::to_string(status) + " " + name(at), status);
}

void TransactionModel::reply(Output& out, std::size_t at, int status) {
  Branch& branch = branches_[at];
  if (status < 200) return provisional(out, at, status);
  const bool first = branch.phase != Branch::Phase::Done;
  branch.answered = true;
  if (status >= 300) {
    if (setup_.invite) out.insert(name(at) + " ACK");
    if (first) end(out, at, status, false);
    return;
  }
  if (first) end(out, at, status, false);
  // Every 2xx to INVITE goes up (§16.7 item 5), one to other requests.
  if (!setup_.invite && (!first || server_ != Server::Proceeding)) return;
  up(out, "up " + std::to_string(status) + " " + name(at), status);
  want_cancel(out, at);   // §16.7 item 10
}

void TransactionModel::fire(Output& out) {
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    Branch& branch = branches_[i];
    if (branch.repeat == now_) {
      out.insert(name(i) + (setup_.invite ? " INVITE" : " MESSAGE"));
      branch.interval = branch.phase == Branch::Phase::Proceeding ? kT2 : std::min(branch.interval * 2, kT2);
      branch.repeat = now_ + branch.interval;
    }
    if (branch.cancel_limit == now_) {
      branch.cancel_repeat = branch.cancel_limit = -1;
      time_out(out, i);
    }
    if (branch.cancel_repeat == now_) {
      out.insert(name(i) + " CANCEL");
      branch.cancel_interval = std::min(branch.cancel_interval * 2, kT2);
      branch.cancel_repeat = now_ + branch.cancel_interval;
    }
    if (branch.limit == now_) time_out(out, i);
  }
  if (repeat_ == now_) {
    out.insert(last_);
    interval_ = std::min(interval_ * 2, kT2);
    repeat_ = now_ + interval_;
  }
  if (end_ != now_) return;
  if (server_ == Server::Proceeding) {   // timer C's last resort: the transaction has lived long enough
    for (std::size_t i = 0; i < branches_.size(); ++i) time_out(out, i);
  } else if (pending()) {
    end_ = now_ + kWait;
  } else {
    server_ = Server::Gone;
  }
}

Output TransactionModel::apply(const Event& event) {
  Output out;
  switch (event.kind) {
    case Event::Timer:
      now_ += next_timer();
      fire(out);
      break;
    case Event::Again:
      if (!last_.empty()) out.insert(last_);
      break;
    case Event::Cancel:
      out.insert("up 200 CANCEL");
      if (server_ == Server::Proceeding && !canceled_) {
        canceled_ = true;
        want_cancel(out, branches_.size());
      }
      break;
    case Event::Ack:
      if (server_ != Server::Completed) break;
      server_ = Server::Confirmed;
      repeat_ = -1;
      end_ = now_ + kWait;   // timer I
      break;
    case Event::AckSuccess: out.insert("b0 ACK"); break;
    case Event::Reply: reply(out, event.branch, event.status); break;
    case Event::CancelReply: branches_[event.branch].cancel_repeat = -1; break;
    case Event::Unreachable:
      if (branches_[event.branch].phase == Branch::Phase::Calling) end(out, event.branch, 477, true);
      break;
  }
  return out;
}

}  // namespace strowger::explore
