// Questions to a database, and the thread that asks them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/queries.h"

#include <algorithm>

#include "runtime/script/log_line.h"

namespace strowger::db {

Queries::Queries(const Driver& driver, std::string url) : driver_(driver), url_(std::move(url)) {}

Queries::~Queries() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  filled_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Queries::Outcome Queries::outcome_of(const Wish& wish) const {
  Outcome outcome;
  if (const auto* const statement = std::get_if<Statement>(&wish)) {
    outcome.table = driver_.run(url_, *statement, outcome.why);
  } else if (auto rows = driver_.find(url_, std::get<Question>(wish), outcome.why)) {
    outcome.table = Table{{}, std::move(*rows)};
  }
  return outcome;
}

bool Queries::add(std::shared_ptr<Asked> asked) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kRoom) return false;
    waiting_.push_back(std::move(asked));
    if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
  }
  filled_.notify_one();
  return true;
}

Queries::Outcome Queries::wait_for(Worker& worker, Wish wish) {
  if (!worker.scripts.may_wait()) return outcome_of(wish);
  // On the heap: the frames of a script that waits are not where they were.
  const auto asked = std::make_shared<Asked>(Asked{std::move(wish), {}, &worker.scripts, worker.scripts.ticket(), {}});
  if (!add(asked)) {
    worker.scripts.answer(asked->ticket);
    worker.scripts.wait(asked->ticket, 0);
    return {std::nullopt, std::to_string(kRoom) + " questions wait for the database"};
  }
  const Waited waited = worker.scripts.wait(asked->ticket, kLongest);
  if (waited == Waited::Answered) return std::move(asked->outcome);
  const std::lock_guard lock(mutex_);
  asked->scripts = nullptr;
  if (const auto at = std::find(waiting_.begin(), waiting_.end(), asked); at != waiting_.end()) waiting_.erase(at);
  return {std::nullopt, waited == Waited::TimedOut ? "the database gives no answer" : "the script cannot wait: too many do, or the proxy ends"};
}

Queries::Answer Queries::ask(Worker& worker, Question question) {
  Outcome outcome = wait_for(worker, std::move(question));
  if (!outcome.table) return {std::nullopt, std::move(outcome.why)};
  return {std::move(outcome.table->rows), {}};
}

Queries::Outcome Queries::run(Worker& worker, Statement statement) { return wait_for(worker, std::move(statement)); }

bool Queries::post(Statement statement, std::function<void(const std::string&)> failed) {
  return add(std::make_shared<Asked>(Asked{std::move(statement), {}, nullptr, {}, std::move(failed)}));
}

void Queries::leave(Worker& worker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& asked) { return asked->scripts == &worker.scripts; });
  if (current_ && current_->scripts == &worker.scripts) current_->scripts = nullptr;
}

void Queries::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;   // the end; what was posted has been run
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    current_->outcome = outcome_of(current_->wish);
    if (!current_->outcome.table && current_->failed) current_->failed(current_->outcome.why);
    lock.lock();
    if (current_->scripts) current_->scripts->post(current_->ticket);
    current_.reset();
  }
}

std::optional<Rows> ask_or_log(Call& call, Queries& queries, std::string_view who, Question question) {
  const std::string table = question.table;
  Queries::Answer answer = queries.ask(*call.worker, std::move(question));
  if (!answer.rows)
    log_line(call, LogLevel::Err, who, {std::string_view(queries.url()), ", table ", std::string_view(table), ": ", std::string_view(answer.why)});
  return std::move(answer.rows);
}

namespace {
Queries* queries_of(Process& process, std::uint64_t slot) { return static_cast<Queries*>(process.module_state[slot]); }
}  // namespace

void start_queries(Process& process, std::uint64_t slot, std::string_view who, Text url) {
  const Driver* const driver = driver_to_ask(process, who, url.view());
  process.module_state[slot] = driver ? new Queries(*driver, std::string(url.view())) : nullptr;
}

void lend_queries(Worker& worker, std::uint64_t slot) {
  if (Queries* const queries = queries_of(worker.process, slot)) worker.cleanups.push_back([queries, &worker] { queries->leave(worker); });
}

void stop_queries(Process& process, std::uint64_t slot) {
  delete queries_of(process, slot);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger::db
