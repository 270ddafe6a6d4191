// Questions to a database, and the thread that asks them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/queries.h"

#include <algorithm>

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

Queries::Answer Queries::ask(Worker& worker, Question question) {
  if (!worker.scripts.may_wait()) {
    Answer answer;
    answer.rows = driver_.find(url_, question, answer.why);
    return answer;
  }
  // On the heap: the frames of a script that waits are not where they were.
  const auto asked = std::make_shared<Asked>(Asked{std::move(question), {}, &worker.scripts, worker.scripts.ticket()});
  bool is_full = false;
  {
    const std::lock_guard lock(mutex_);
    is_full = waiting_.size() >= kRoom;
    if (!is_full) {
      waiting_.push_back(asked);
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    }
  }
  if (is_full) {
    worker.scripts.answer(asked->ticket);
    worker.scripts.wait(asked->ticket, 0);
    return {std::nullopt, std::to_string(kRoom) + " questions wait for the database"};
  }
  filled_.notify_one();
  const Waited waited = worker.scripts.wait(asked->ticket, kLongest);
  if (waited == Waited::Answered) return std::move(asked->answer);
  const std::lock_guard lock(mutex_);
  asked->scripts = nullptr;
  if (const auto at = std::find(waiting_.begin(), waiting_.end(), asked); at != waiting_.end()) waiting_.erase(at);
  return {std::nullopt, waited == Waited::TimedOut ? "the database gives no answer" : "the script cannot wait: too many do, or the proxy ends"};
}

void Queries::leave(Worker& worker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& asked) { return asked->scripts == &worker.scripts; });
  if (current_ && current_->scripts == &worker.scripts) current_->scripts = nullptr;
}

void Queries::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    current_->answer.rows = driver_.find(url_, current_->question, current_->answer.why);
    lock.lock();
    if (current_->scripts) current_->scripts->post(current_->ticket);
    current_.reset();
  }
}

}  // namespace strowger::db
