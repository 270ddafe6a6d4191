// One worker, one message at a time; the log tells what happened.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/oracle.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace strowger::property {
namespace {

/// The running process; its log comes out of `log`.
class Kamailio {
 public:
  Kamailio(const std::string& cfg, const std::string& scratch) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], STDERR_FILENO);
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::execlp("kamailio", "kamailio", "-f", cfg.c_str(), "-DD", "-E", "-M", "128", "-Y", scratch.c_str(), "-w", scratch.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    log_ = ends[0];
  }
  ~Kamailio() {
    ::kill(pid_, SIGTERM);
    bool gone = false;
    for (int i = 0; i < 500 && !gone; ++i) {
      wait(10, [] { return false; });
      gone = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    }
    if (!gone) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(log_);
  }
  /// Reads the log until `enough` or the time is over.
  template <class Enough>
  bool wait(int milliseconds, Enough enough) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (!enough()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      pollfd fd{log_, POLLIN, 0};
      if (left <= 0 || ::poll(&fd, 1, static_cast<int>(left)) <= 0) return enough();
      char buffer[65536];
      const ssize_t n = ::read(log_, buffer, sizeof buffer);
      if (n <= 0) {
        ended = true;
        return false;
      }
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return true;
  }
  std::string text;
  bool ended = false;

 private:
  pid_t pid_ = 0;
  int log_ = -1;
};

/// The place behind "N(PID) LEVEL: " where a log line starts, 0 where none starts.
std::size_t starts_line(const std::string& log, std::size_t at) {
  while (at < log.size() && log[at] == ' ') ++at;
  const std::size_t digits = at;
  while (at < log.size() && std::isdigit(static_cast<unsigned char>(log[at]))) ++at;
  if (at == digits || at >= log.size() || log[at] != '(') return 0;
  at = log.find(") ", at);
  if (at == std::string::npos) return 0;
  const std::size_t colon = log.find(": ", at);
  if (colon == std::string::npos || colon - at > 12) return 0;
  for (std::size_t i = at + 2; i < colon; ++i)
    if (!std::isupper(static_cast<unsigned char>(log[i]))) return 0;
  return colon + 2;
}

/// What xinfo() wrote, each with its LF.
Trace lines_of(const std::string& log) {
  Trace out;
  bool ours = false;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size() - 1) + 1;
    const std::size_t text = starts_line(log, at);
    static const std::string kScript = "<script>: T";
    if (text) {
      ours = log.compare(text, kScript.size(), kScript) == 0;
      if (ours) out.push_back(log.substr(text + kScript.size() - 1, end - text - kScript.size() + 1));
    } else if (ours) {
      out.back() += log.substr(at, end - at);
    }
    at = end;
  }
  return out;
}

}  // namespace

Traces run_kamailio(const std::vector<Program>& programs, const std::vector<Message>& messages, int port, const std::string& scratch) {
  const std::string cfg = scratch + "/kamailio.cfg";
  const std::string script = script_of(programs, "debug=2\nlog_stderror=yes\nfork=yes\nchildren=1\ndisable_tcp=yes\nauto_aliases=no\nlisten=udp:127.0.0.1:" +
                                                     std::to_string(port) + "\n");
  std::ofstream(cfg) << script << std::flush;
  struct Descriptor {
    int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    ~Descriptor() { ::close(fd); }
  } const socket;
  const int fd = socket.fd;
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  from.sin_port = htons(kSourcePort);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, kSource, &from.sin_addr);
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) throw std::runtime_error("the source port is taken");
  Kamailio kamailio(cfg, scratch);
  const auto send = [&](const std::string& bytes) { ::sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to); };
  const auto count = [&] {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = kamailio.text.find("<script>: TZ", at)) != std::string::npos; ++at) ++n;
    return n;
  };
  // A message with an unknown program marks the end of each: its trace is T0, TZ.
  bool up = false;
  for (int i = 0; i < 50 && !up && !kamailio.ended; ++i) {
    send(messages[0].bytes(0));
    up = kamailio.wait(200, [&] { return count() > 0; });
  }
  if (!up) {
    const std::size_t place = kamailio.text.find("kamailio.cfg:");
    throw NotStarted("Kamailio does not start:\n" + kamailio.text,
                     place == std::string::npos ? 0 : program_at(script, static_cast<std::uint32_t>(std::atoi(kamailio.text.c_str() + place + 13))));
  }
  kamailio.wait(300, [] { return false; });
  Traces traces;
  for (const Program& program : programs)
    for (const Message& message : messages) {
      kamailio.text.clear();
      send(message.bytes(program.id));
      send(messages[0].bytes(0));
      if (!kamailio.wait(3000, [&] { return count() > 0; })) throw std::runtime_error("Kamailio stopped:\n" + kamailio.text + print(program));
      Trace trace = lines_of(kamailio.text);
      while (!trace.empty() && trace.back() != "TZ\n") trace.pop_back();
      if (trace.size() >= 2) trace.resize(trace.size() - 2);
      traces[program.id].push_back(std::move(trace));
    }
  return traces;
}

}  // namespace strowger::property
