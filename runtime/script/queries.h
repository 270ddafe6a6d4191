// Asking a database while the proxy runs: a thread asks, the script that wants to know waits (docs/internals/waiting.md), its worker
// goes on with other messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>

#include "runtime/script/database.h"
#include "runtime/script/worker.h"

namespace strowger::db {

/// One database and a thread that asks it, one question after another. It lives in a module's process state:
///
///     start():        shared->queries.emplace(*db::find_driver(process, url), url);
///     worker_start(): worker.cleanups.push_back([q = &*shared->queries, w = &worker] { q->leave(*w); });
///     a function (`does database suspend`):
///                     const db::Queries::Answer answer = queries.ask(*call.worker, {"subscriber", {"password"}, {{"username", user}}});
///                     if (!answer.rows) ... answer.why tells; else answer.rows->empty() means that there is no such row
///
/// The rules of waiting.md hold across ask(): views into the message stay good, the module's worker state may have changed.
class Queries {
 public:
  /// Most questions that wait for the thread; more are refused at once, so that a database that hangs does not take all memory.
  static constexpr std::size_t kRoom = 10'000;
  /// Milliseconds that a script waits for its answer.
  static constexpr Millis kLongest = 10'000;

  /// `driver` outlives this, and answers questions (`find`).
  Queries(const Driver& driver, std::string url);
  /// Ends the thread, after the question that it asks just now and the statements that were posted. No worker may ask any more.
  ~Queries();
  Queries(const Queries&) = delete;
  Queries& operator=(const Queries&) = delete;

  struct Answer {
    std::optional<Rows> rows;            ///< nothing: it could not be asked, and `why`
    std::string why;
  };
  /// Asks, and waits; in a worker's thread. Where nothing can wait (at start and at the end) it asks in place.
  Answer ask(Worker& worker, Question question);

  struct Outcome {
    std::optional<Table> table;          ///< nothing: it failed, and `why`
    std::string why;
  };
  /// Runs a statement, and waits as ask() does. The driver can `run`.
  Outcome run(Worker& worker, Statement statement);
  /// For any thread: runs a statement that nobody waits for. `failed`: called by the thread, with the reason. False where too many wait already.
  bool post(Statement statement, std::function<void(const std::string& why)> failed);

  /// Nothing of this worker is answered from now on: before the worker ends.
  void leave(Worker& worker);

  const std::string& url() const { return url_; }

 private:
  using Wish = std::variant<Question, Statement>;
  struct Asked {
    Wish wish;
    Outcome outcome;                     ///< the thread's until it is posted, then the script's
    Scripts* scripts;                    ///< null: nobody waits (any more)
    Ticket ticket;
    std::function<void(const std::string&)> failed;
  };
  Outcome outcome_of(const Wish& wish) const;
  Outcome wait_for(Worker& worker, Wish wish);
  /// False where too many wait.
  bool add(std::shared_ptr<Asked> asked);
  void serve();

  const Driver& driver_;
  const std::string url_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::shared_ptr<Asked>> waiting_;
  std::shared_ptr<Asked> current_;       ///< what the thread asks
  bool stop_ = false;
  std::thread thread_;                   ///< starts with the first question
};

/// Asks as Queries::ask() does; a failure is logged with the URL, the table and the reason, `who` begins the line.
std::optional<Rows> ask_or_log(Call& call, Queries& queries, std::string_view who, Question question);

/// start(), worker_start() and stop() of a module whose process state is one Queries: null where the database cannot be asked, which is
/// logged (`who` begins the line) and ends the start.
void start_queries(Process& process, std::uint64_t slot, std::string_view who, Text url);
void lend_queries(Worker& worker, std::uint64_t slot);
void stop_queries(Process& process, std::uint64_t slot);

}  // namespace strowger::db
