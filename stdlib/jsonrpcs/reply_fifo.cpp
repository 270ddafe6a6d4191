// Answers over a client's FIFO: never waits for the client, tries again on a timer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/jsonrpcs/reply_fifo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "jsonrpcs.interface.h"
#include "stdlib/jsonrpcs/state.h"

namespace strowger {
namespace jsonrpcs {
namespace {

constexpr Millis kPause = 20;
constexpr int kTries = 50;
constexpr std::size_t kMaxWaiting = 64;

void complain(Worker& worker, const std::string& path, const char* why) {
  worker.log(LogLevel::Err, "jsonrpcs: no answer over " + path + ": " + why);
}

/// True when there is nothing left to do.
bool go_on(Worker& worker, Waiting& waiting) {
  if (!waiting.fd) {
    waiting.fd = Descriptor(::open(waiting.path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (!waiting.fd) {
      if (errno == ENXIO) return false;            // nobody reads yet
      return complain(worker, waiting.path, std::strerror(errno)), true;
    }
    struct stat info {};
    if (::fstat(waiting.fd.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) return complain(worker, waiting.path, "it is no FIFO"), true;
  }
  while (waiting.done < waiting.answer.size()) {
    const ssize_t written = ::write(waiting.fd.get(), waiting.answer.data() + waiting.done, waiting.answer.size() - waiting.done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return false;
    if (written < 0) return complain(worker, waiting.path, std::strerror(errno)), true;
    waiting.done += static_cast<std::size_t>(written);
    waiting.tries = 0;
  }
  return true;
}

void on_timer(Worker& worker, Timer& timer) {
  auto& waiting = static_cast<Waiting&>(timer);
  bool over = go_on(worker, waiting);
  if (!over && ++waiting.tries > kTries) {
    complain(worker, waiting.path, "nobody reads it");
    over = true;
  }
  if (!over) return worker.timers.arm(waiting, worker.now.mono + kPause);
  std::erase_if(worker.state<State>(Jsonrpcs::slot).waiting, [&](const auto& one) { return one.get() == &waiting; });
}

}  // namespace

void send_to_fifo(Worker& worker, const std::string& name, std::string_view answer) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
    worker.log(LogLevel::Warn, "jsonrpcs: a request over the FIFO has no reply_name, or a path in it");
    return;
  }
  auto& all = worker.state<State>(Jsonrpcs::slot).waiting;
  auto waiting = std::make_unique<Waiting>();
  waiting->path = std::string(Jsonrpcs::Param::fifo_reply_dir.view());
  if (!waiting->path.ends_with('/')) waiting->path += '/';
  waiting->path += name;
  waiting->answer = answer;
  waiting->fire = on_timer;
  if (go_on(worker, *waiting)) return;
  if (all.size() >= kMaxWaiting) return complain(worker, waiting->path, "too many answers wait");
  worker.timers.arm(*waiting, worker.now.mono + kPause);
  all.push_back(std::move(waiting));
}

}  // namespace jsonrpcs

void Jsonrpcs::worker_start(Worker& worker) {
  auto* const state = new jsonrpcs::State;
  worker.module_state[slot] = state;
  worker.cleanups.push_back([&worker, state] {
    for (auto& one : state->waiting) worker.timers.cancel(*one);
    delete state;
  });
}

}  // namespace strowger
