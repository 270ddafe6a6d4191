// Pipes by number, and queues that say which method goes through which pipe.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <array>
#include <mutex>

#include "ratelimit.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rate_pipe.h"
#include "runtime/script/rate_rpc.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

constexpr std::size_t kPipes = 32, kMostQueues = 32;

struct Pipe : RatePipe {
  bool defined = false;
  Int per_second = 0;
};
struct Queue {
  std::size_t pipe = 0;
  std::string method;                  ///< "*": all
};

/// Of the process.
struct Limits {
  std::mutex mutex;                    ///< held for a few comparisons and additions
  std::array<Pipe, kPipes> pipes;
  std::vector<Queue> queues;
  RateClock clock;
  RateLoad load;
  std::uint64_t measured = 0;          ///< the interval in which the load was
};

Limits& limits_of(Worker& worker) { return *static_cast<Limits*>(worker.process.module_state[Ratelimit::slot]); }
std::uint64_t now(Worker& worker) { return limits_of(worker).clock.interval(worker, Ratelimit::Param::timer_interval); }

void define(Pipe& pipe, RatePipe::Algorithm algorithm, Int per_second) {
  pipe.defined = true;
  pipe.algorithm = algorithm;
  pipe.per_second = per_second;
  pipe.limit = per_second * Ratelimit::Param::timer_interval;
}

Code check(Call& call, Int number) {
  if (number < 0 || number >= static_cast<Int>(kPipes)) {
    log_line(call, LogLevel::Err, "ratelimit", {"there is no pipe ", number});
    return -1;
  }
  Limits& limits = limits_of(*call.worker);
  std::lock_guard lock(limits.mutex);
  Pipe& pipe = limits.pipes[static_cast<std::size_t>(number)];
  return pipe.defined && pipe.pass(now(*call.worker)) ? 1 : -1;
}

bool is_steered(const Pipe& pipe) { return pipe.defined && pipe.algorithm == RatePipe::Algorithm::Feedback; }

std::string_view cut(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return sip::trim(Text(part)).view();
}

std::optional<std::size_t> parse_pipe(std::string_view text) {
  const auto number = sip::parse_number(Text(text));
  return number && *number < kPipes ? std::optional<std::size_t>(*number) : std::nullopt;
}

bool read_pipe(Limits& limits, std::string_view text) {
  const auto pipe = parse_pipe(cut(text));
  const auto algorithm = parse_rate_algorithm(Text(cut(text)));
  const auto limit = sip::parse_number(Text(cut(text)));
  if (!pipe || !algorithm || !limit || *limit > INT32_MAX) return false;
  define(limits.pipes[*pipe], *algorithm, *limit);
  return true;
}

bool read_queue(Limits& limits, std::string_view text) {
  const auto pipe = parse_pipe(cut(text));
  const std::string_view method = cut(text);
  if (!pipe || method.empty() || limits.queues.size() == kMostQueues) return false;
  limits.queues.push_back({*pipe, std::string(method)});
  return true;
}

std::string described(const Pipe& pipe) {
  return std::to_string(pipe.last) + "/" + std::to_string(pipe.per_second) + " (drop rate: " + std::to_string(pipe.drop_rate()) + ")";
}

}  // namespace

// A method whose queue names a pipe that is not defined passes, as in Kamailio.
Code Ratelimit::rl_check(Call& call) {
  const Text method = call.message().method();
  Limits& limits = limits_of(*call.worker);
  std::lock_guard lock(limits.mutex);
  for (const Queue& queue : limits.queues) {
    if (queue.method != "*" && !sip::equal_ignore_case(method, std::string_view(queue.method))) continue;
    Pipe& pipe = limits.pipes[queue.pipe];
    return !pipe.defined || pipe.pass(now(*call.worker)) ? 1 : -1;
  }
  return -1;
}

Code Ratelimit::rl_check(Call& call, Int pipe) { return check(call, pipe); }
Code Ratelimit::rl_check_pipe(Call& call, Int pipe) { return check(call, pipe); }

void Ratelimit::start(Process& process) {
  auto* const limits = new Limits;
  process.module_state[slot] = limits;
  const auto read = [&](const TextList& list, const char* what, bool (*one)(Limits&, std::string_view)) {
    for (std::uint64_t i = 0; i < list.count; ++i) {
      if (one(*limits, list.items[i].view())) continue;
      process.log.write(LogLevel::Err, "ratelimit: modparam " + std::string(what) + " \"" + std::string(list.items[i].view()) + "\" is faulty");
      process.failed = true;
    }
  };
  read(Param::pipe, "pipe", read_pipe);
  read(Param::queue, "queue", read_queue);
}

void Ratelimit::stop(Process& process) {
  delete static_cast<Limits*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Ratelimit::worker_start(Worker& worker) { limits_of(worker).clock.start(worker); }

/// Once in an interval, where a pipe needs it: the load of the machine, and what it means for that pipe.
void Ratelimit::tick(Worker& worker) {
  if (worker.index != 0) return;
  Limits& limits = limits_of(worker);
  std::lock_guard lock(limits.mutex);
  const std::uint64_t interval = now(worker);
  if (interval == limits.measured || std::none_of(limits.pipes.begin(), limits.pipes.end(), is_steered)) return;
  limits.measured = interval;
  limits.load.measure();
  for (Pipe& pipe : limits.pipes)
    if (is_steered(pipe)) pipe.steer(limits.load, pipe.per_second);
}

void Ratelimit::rpc_rl_get_pid(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  tell_factors(call, limits.load);
}

void Ratelimit::rpc_rl_set_pid(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  set_factors(call, limits.load);
}

void Ratelimit::rpc_rl_push_load(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  push_load(call, limits.load);
}

void Ratelimit::rpc_rl_stats(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  for (std::size_t i = 0; i < kPipes; ++i) {
    limits.pipes[i].roll(now(call.worker));
    call.reply.add(std::string_view("PIPE[" + std::to_string(i) + "]: " + described(limits.pipes[i])));
  }
}

void Ratelimit::rpc_rl_get_pipes(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  for (std::size_t i = 0; i < kPipes; ++i) {
    Pipe& pipe = limits.pipes[i];
    if (!pipe.defined) continue;
    pipe.roll(now(call.worker));
    const std::string number = std::to_string(i);
    call.reply.add(std::string_view("PIPE[" + number + "]: " + std::to_string(static_cast<int>(pipe.algorithm)) + ":" + name_of(pipe.algorithm) + " " + described(pipe) + " [" +
                                    std::to_string(pipe.counter) + "]"));
  }
}

void Ratelimit::rpc_rl_set_pipe(RpcCall& call) {
  const auto number = call.next_int();
  const auto algorithm = number ? call.next_text() : std::nullopt;
  const auto limit = algorithm ? call.next_int() : std::nullopt;
  if (!limit) return call.refuse(400, "Invalid parameters");
  const auto kind = parse_rate_algorithm(Text(std::string_view(*algorithm)));
  if (!kind) return call.fault(400, "Unknown algorithm");
  if (*number < 0 || *number >= static_cast<Int>(kPipes)) return call.fault(400, "Unknown pipe");
  if (*limit < 0 || *limit > INT32_MAX) return call.fault(400, "Invalid parameters");
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  define(limits.pipes[static_cast<std::size_t>(*number)], *kind, *limit);
}

void Ratelimit::rpc_rl_get_queues(RpcCall& call) {
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  for (std::size_t i = 0; i < limits.queues.size(); ++i)
    call.reply.add(std::string_view("QUEUE[" + std::to_string(i) + "]: " + std::to_string(limits.queues[i].pipe) + ":" + limits.queues[i].method));
}

void Ratelimit::rpc_rl_set_queue(RpcCall& call) {
  const auto number = call.next_int();
  const auto method = number ? call.next_text() : std::nullopt;
  const auto pipe = method ? call.next_int() : std::nullopt;
  if (!pipe) return call.refuse(400, "Invalid parameters");
  Limits& limits = limits_of(call.worker);
  std::lock_guard lock(limits.mutex);
  if (*pipe < 0 || *pipe >= static_cast<Int>(kPipes)) return call.fault(400, "Invalid pipe number");
  if (*number < 0 || *number >= static_cast<Int>(limits.queues.size())) return call.fault(400, "MAX_QUEUES reached");
  limits.queues[static_cast<std::size_t>(*number)] = {static_cast<std::size_t>(*pipe), *method};
}

}  // namespace strowger
