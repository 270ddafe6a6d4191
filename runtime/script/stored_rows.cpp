// The queue of rows that are to be stored, and its thread.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/stored_rows.h"

#include <chrono>
#include <iterator>

namespace strowger::db {

StoredRows::StoredRows(const Driver& driver, std::string url, LogSink& log, std::string who)
    : driver_(driver), url_(std::move(url)), log_(log), who_(std::move(who)) {}

StoredRows::~StoredRows() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  filled_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool StoredRows::add(NewRow row) {
  {
    const std::lock_guard lock(mutex_);
    if (rows_.size() < kRoom) {
      rows_.push_back(std::move(row));
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      filled_.notify_one();
      return true;
    }
  }
  log_.write(LogLevel::Err, who_ + ": a row of table '" + row.table + "' is lost: " + std::to_string(kRoom) + " wait for the database");
  return false;
}

void StoredRows::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stop_ || !rows_.empty(); });
    if (rows_.empty()) return;
    std::vector<NewRow> rows;
    rows.swap(rows_);
    const bool last = stop_;
    lock.unlock();
    const bool stored = store(rows);
    lock.lock();
    if (stored) continue;
    rows.insert(rows.end(), std::make_move_iterator(rows_.begin()), std::make_move_iterator(rows_.end()));
    rows_ = std::move(rows);
    if (last) {
      log_.write(LogLevel::Err, who_ + ": " + std::to_string(rows_.size()) + " rows are lost: the database cannot be opened");
      return;
    }
    filled_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_; });
  }
}

bool StoredRows::store(const std::vector<NewRow>& rows) {
  std::string why;
  const auto failed = [this](const NewRow& row, const std::string& reason) {
    log_.write(LogLevel::Err, who_ + ": a row of table '" + row.table + "' is lost: " + reason);
  };
  const bool opened = driver_.store(url_, rows, failed, why);
  if (!opened && !is_down_) log_.write(LogLevel::Err, who_ + ": the database cannot be opened: " + why);
  is_down_ = !opened;
  return opened;
}

}  // namespace strowger::db
