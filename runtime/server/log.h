// Log targets: a bounded queue that workers append to and one thread that writes it out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/script/process.h"

namespace strowger::server {

enum class LogFormat : std::uint8_t { Text, Json };
enum class LogTarget : std::uint8_t { Stderr, File, Syslog, Journald };

/// "ALERT", "BUG", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG".
std::string_view level_name(LogLevel level);
/// A number or a name as --log-level takes it; nothing for others.
std::optional<int> parse_level(std::string_view text);

struct LogChoice {
  LogTarget target = LogTarget::Stderr;
  LogFormat format = LogFormat::Text;
  std::string path;                      ///< of LogTarget::File
  std::string name = "strowger";         ///< syslog tag
  int facility = 3 << 3;                 ///< LOG_DAEMON
};

/// The log of a proxy. write() copies into memory and returns; lines are dropped, and counted, when the writer cannot keep up.
class Log final : public LogSink {
 public:
  static constexpr std::size_t kDefaultLimit = std::size_t{4} << 20;

  explicit Log(LogChoice choice, std::size_t limit = kDefaultLimit);
  ~Log() override;                       ///< writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Opens the target; false with a sentence in `why`. Starts the writer.
  bool open(std::string& why);
  void write(LogLevel level, std::string_view line) override;
  /// Words without a level, for `ready`; `after`: a whole line of level Info that no other line may come between.
  void write_raw(std::string_view line, std::string_view after = {});
  /// Opens a log file again (SIGHUP, after rotation), behind everything queued so far.
  void reopen();
  /// Waits until everything queued so far is written, or the target has taken nothing for a second; so does the destructor.
  void flush();
  std::uint64_t dropped() const { return dropped_total_.load(std::memory_order_relaxed); }

 private:
  struct Record;                         ///< head of a line in the queue
  static constexpr std::int8_t kRaw = 127;
  static constexpr int kPatienceMs = 1000;
  /// Under the lock; true when the writer must be woken.
  bool append(std::int8_t level, std::string_view line);
  void run();
  void write_out(std::string_view records);
  void write_all(std::string_view bytes);
  void emit(std::int8_t level, std::int64_t wall_us, std::string_view line, std::string& out);
  void send_journal(int priority, std::string_view line) const;
  bool open_file(std::string& why);

  LogChoice choice_;
  std::size_t limit_;
  int fd_ = 2;
  bool started_ = false;
  std::mutex mutex_;
  std::condition_variable filled_, emptied_;
  std::string queue_;                    ///< records, waiting
  bool writing_ = false, stop_ = false, reopen_ = false;
  std::uint64_t dropped_ = 0;            ///< since the last report
  std::atomic<std::uint64_t> dropped_total_{0};
  std::atomic<bool> awaited_{false};     ///< somebody waits for what is queued
  std::thread writer_;
};

}  // namespace strowger::server
