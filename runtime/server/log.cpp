// The log's queue, its writer thread and the four targets.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>

#include "runtime/sip/hex.h"
#include "runtime/sip/utf8.h"

namespace strowger::server {

struct Log::Record {
  std::int64_t wall_us;
  std::uint32_t length;
  std::int8_t level;
};

namespace {

std::int64_t wall_us() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

int syslog_priority(std::int8_t level) {
  if (level <= -5) return LOG_ALERT;
  if (level <= -2) return LOG_CRIT;
  if (level == -1) return LOG_ERR;
  if (level == 0) return LOG_WARNING;
  if (level == 1) return LOG_NOTICE;
  return level == 2 ? LOG_INFO : LOG_DEBUG;
}

/// Bytes that are no UTF-8 become the character of that number: log lines may hold anything that came over the wire.
void append_json_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const char c = text[0];
    const auto byte = static_cast<unsigned char>(c);
    std::size_t length = sip::utf8_length(text);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      const auto digits = sip::hex_of(byte);
      out.append("\\u00").append(digits.data(), digits.size());
      length = 1;
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

void append_time(std::string& out, std::int64_t us) {
  const time_t seconds = us / 1000000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  out.append(text, length);
  char fraction[16];
  out.append(fraction, static_cast<std::size_t>(snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(us % 1000000))));
}

}  // namespace

std::string_view level_name(LogLevel level) {
  const int number = static_cast<int>(level);
  if (number <= -5) return "ALERT";
  if (number == -4) return "BUG";
  if (number <= -2) return "CRITICAL";
  switch (number) {
    case -1: return "ERROR";
    case 0: return "WARNING";
    case 1: return "NOTICE";
    case 2: return "INFO";
    default: return "DEBUG";
  }
}

std::optional<int> parse_level(std::string_view text) {
  struct Name { std::string_view name; int level; };
  static constexpr Name kNames[] = {{"alert", -5}, {"bug", -4}, {"critical", -3}, {"crit", -3}, {"error", -1}, {"err", -1},
                                    {"warning", 0}, {"warn", 0}, {"notice", 1}, {"info", 2}, {"debug", 3}, {"dbg", 3}};
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const auto& [name, level] : kNames)
    if (lower == name) return level;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < -5 || number > 9) return std::nullopt;
  return number;
}

Log::Log(LogChoice choice, std::size_t limit) : choice_(std::move(choice)), limit_(limit) {}

Log::~Log() {
  if (started_) {
    awaited_.store(true);
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    filled_.notify_one();
    writer_.join();
  }
  if (fd_ > 2) ::close(fd_);
}

bool Log::open_file(std::string& why) {
  const int fd = ::open(choice_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    why = "cannot open log file " + choice_.path + ": " + std::strerror(errno);
    return false;
  }
  if (fd_ > 2) ::close(fd_);
  fd_ = fd;
  return true;
}

bool Log::open(std::string& why) {
  if (choice_.target == LogTarget::File && !open_file(why)) return false;
  if (choice_.target == LogTarget::Syslog) openlog(choice_.name.c_str(), LOG_PID, choice_.facility);
  if (choice_.target == LogTarget::Journald) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strcpy(to.sun_path, "/run/systemd/journal/socket");
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      why = std::string("cannot reach journald: ") + std::strerror(errno);
      return false;
    }
  }
  // The writer takes no signals: they are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGSYS);               // --seccomp's, for the thread that caused it
  pthread_sigmask(SIG_BLOCK, &all, &before);
  writer_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started_ = true;
  return true;
}

bool Log::append(std::int8_t level, std::string_view line) {
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  const Record record{wall_us(), static_cast<std::uint32_t>(line.size()), level};
  if (queue_.size() + sizeof record + line.size() > limit_) {
    ++dropped_;
    dropped_total_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const bool wake = queue_.empty();
  queue_.append(reinterpret_cast<const char*>(&record), sizeof record);
  queue_.append(line);
  return wake;
}

void Log::write(LogLevel level, std::string_view line) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = append(static_cast<std::int8_t>(level), line);
  }
  if (wake) filled_.notify_one();
}

void Log::write_raw(std::string_view line, std::string_view after) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (!after.empty()) wake = append(static_cast<std::int8_t>(LogLevel::Info), after);
    wake = append(kRaw, line) || wake;
  }
  if (wake) filled_.notify_one();
}

void Log::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  filled_.notify_one();
}

void Log::flush() {
  if (!started_) return;
  awaited_.store(true);
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [this] { return queue_.empty() && !writing_ && !reopen_; });
  awaited_.store(false);
}

/// Waits as long as the target takes, unless somebody waits for us and the target takes nothing at all.
void Log::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd target{fd_, POLLOUT, 0};
    const int ready = ::poll(&target, 1, kPatienceMs);
    if (ready == 0 && awaited_.load()) return;
    if (ready <= 0) continue;
    const ssize_t n = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));   // so much a pipe that is ready takes
    if (n < 0 && errno != EINTR && errno != EAGAIN) return;                                        // nowhere left to say so
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Log::run() {
  std::string taken;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stop_ || reopen_ || !queue_.empty(); });
    if (queue_.empty() && !reopen_ && stop_) return;
    taken.clear();
    taken.swap(queue_);
    const std::uint64_t dropped = dropped_;
    const bool reopen = reopen_;
    dropped_ = 0;
    writing_ = true;
    lock.unlock();
    write_out(taken);
    if (dropped > 0) {
      std::string out;
      emit(static_cast<std::int8_t>(LogLevel::Warn), wall_us(),
           "<core>: " + std::to_string(dropped) + " log lines were dropped: the log target is too slow", out);
      write_all(out);
    }
    if (reopen && choice_.target == LogTarget::File) {
      std::string why, out;
      if (!open_file(why)) {
        emit(static_cast<std::int8_t>(LogLevel::Err), wall_us(), "<core>: " + why, out);
        write_all(out);
      }
    }
    lock.lock();
    if (reopen) reopen_ = false;
    writing_ = false;
    if (queue_.empty()) emptied_.notify_all();
  }
}

void Log::write_out(std::string_view records) {
  std::string out;
  while (records.size() >= sizeof(Record)) {
    Record record;
    std::memcpy(&record, records.data(), sizeof record);
    emit(record.level, record.wall_us, records.substr(sizeof record, record.length), out);
    records.remove_prefix(sizeof record + record.length);
  }
  write_all(out);
}

void Log::emit(std::int8_t level, std::int64_t us, std::string_view line, std::string& out) {
  const bool raw = level == kRaw;
  if (choice_.target == LogTarget::Syslog) {
    syslog(raw ? LOG_INFO : syslog_priority(level), "%s%s%.*s", raw ? "" : level_name(LogLevel{level}).data(), raw ? "" : ": ",
           static_cast<int>(line.size()), line.data());
    return;
  }
  if (choice_.target == LogTarget::Journald) {
    send_journal(raw ? LOG_INFO : syslog_priority(level), line);
    return;
  }
  if (raw) {
    out.append(line).append("\n");
    return;
  }
  if (choice_.format == LogFormat::Text) {
    out.append(level_name(LogLevel{level})).append(": ").append(line).append("\n");
    return;
  }
  out.append("{\"time\":\"");
  append_time(out, us);
  out.append("\",\"level\":\"").append(level_name(LogLevel{level})).append("\",\"message\":\"");
  append_json_text(out, line);
  out.append("\"}\n");
}

void Log::send_journal(int priority, std::string_view line) const {
  std::string datagram = "PRIORITY=" + std::to_string(priority) + "\nSYSLOG_IDENTIFIER=" + choice_.name + "\nMESSAGE\n";
  const std::uint64_t length = line.size();
  for (int i = 0; i < 8; ++i) datagram.push_back(static_cast<char>(length >> (8 * i)));
  datagram.append(line).append("\n");
  // A journal that is being restarted loses lines; there is nobody to tell.
  static_cast<void>(::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL));
}

}  // namespace strowger::server
