// Rows on their way to a database: who adds them does not wait.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/script/database.h"
#include "runtime/script/process.h"

namespace strowger::db {

/// A queue and a thread that stores what is in it. Where the database cannot be opened the rows stay, and it is tried again every
/// second.
class StoredRows {
 public:
  /// Most rows that wait.
  static constexpr std::size_t kRoom = 100'000;

  /// `driver` can store; `who` begins the lines of the log.
  StoredRows(const Driver& driver, std::string url, LogSink& log, std::string who);
  /// Stores what is queued.
  ~StoredRows();
  StoredRows(const StoredRows&) = delete;
  StoredRows& operator=(const StoredRows&) = delete;

  /// For any thread. False, and an error in the log, where too many wait: the row is lost.
  bool add(NewRow row);

 private:
  void run();
  /// False where the database cannot be opened.
  bool store(const std::vector<NewRow>& rows);

  const Driver& driver_;
  const std::string url_;
  LogSink& log_;
  const std::string who_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<NewRow> rows_;
  bool stop_ = false;
  bool is_down_ = false;                 ///< the thread's: it has been told that the database cannot be opened
  std::thread thread_;                   ///< starts with the first row
};

}  // namespace strowger::db
