// Pipes by name: shared by all workers, made by pl_check() with three arguments.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pipelimit.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/pipelimit/pipes.h"

namespace strowger {
namespace {

using pipelimit::Pipes;

Pipes& pipes_of(Worker& worker) { return pipelimit::pipes_of(worker); }

Code code_of(RatePipe& pipe, std::uint64_t now) {
  if (!pipe.pass(now)) return -1;
  return pipe.algorithm == RatePipe::Algorithm::Nop ? 2 : 1;
}

}  // namespace

/// Once in an interval: the load of the machine, and what it means for the pipes that look at it.
void pipelimit::steer(Pipes& pipes) {
  RateLoad load;
  {
    const std::lock_guard lock(pipes.load_mutex);
    if (Pipelimit::Param::load_fetch != 0) pipes.load.measure();
    load = pipes.load;
  }
  pipes.each([&](const std::string&, RatePipe& pipe) {
    if (pipe.algorithm == RatePipe::Algorithm::Feedback) pipe.steer(load, pipe.limit);
  });
}

namespace {

/// The line stays for the call's life.
bool add_reply_line(Call& call, Text line) {
  auto* const header = call.arena->make<ReplyHeader>();
  if (!header || line.is_null()) return false;
  header->text = line;
  ReplyHeader** last = &call.live->reply_headers;
  while (*last) last = &(*last)->next;
  *last = header;
  return true;
}

Code reply(Call& call) {
  if (call.route_kind == kBranchRoute || call.route_kind == kOnsendRoute) return -1;   // the request is on its way
  const Services& services = call.process().services;
  const Text reason = Pipelimit::Param::reply_reason;
  Code sent = 0;
  if (services.reply_in_transaction) sent = services.reply_in_transaction(call, Pipelimit::Param::reply_code, reason);
  if (sent == 0 && services.reply_stateless) sent = services.reply_stateless(call, Pipelimit::Param::reply_code, reason);
  if (sent > 0) return 1;
  log_line(call, LogLevel::Err, "pipelimit", {"pl_drop(): no reply could be sent; is sl loaded?"});
  return -1;
}

}  // namespace

Code Pipelimit::pl_check(Call& call, Text name) {
  Pipes& pipes = pipes_of(*call.worker);
  Code code = -2;
  pipes.with(name.view(), [&](RatePipe& pipe) { code = code_of(pipe, pipes.now(*call.worker)); });
  if (code == -2) log_line(call, LogLevel::Err, "pipelimit", {"there is no pipe \"", name, "\""});
  return code;
}

Code Pipelimit::pl_check(Call& call, Text name, Text algorithm, Int limit) {
  Pipes& pipes = pipes_of(*call.worker);
  const auto kind = parse_rate_algorithm(algorithm);
  if (!kind) {
    log_line(call, LogLevel::Err, "pipelimit", {"there is no algorithm \"", algorithm, "\""});
    return -2;
  }
  if (*kind == RatePipe::Algorithm::Nop) return 2;   // needs no pipe
  if (limit < 0) return -1;
  Code code = -2;
  const std::uint64_t now = pipes.now(*call.worker);
  pipes.with_new(name.view(), *kind, now, [&](RatePipe& pipe) {
    pipe.limit = limit;
    if (pipe.algorithm == RatePipe::Algorithm::Feedback) pipes.steered.store(true, std::memory_order_relaxed);
    code = code_of(pipe, now);
  });
  if (code == -2) log_line(call, LogLevel::Err, "pipelimit", {"there are too many pipes, or the name is too long"});
  return code;
}

Code Pipelimit::pl_active(Call& call, Text name) { return pipes_of(*call.worker).with(name.view(), [](RatePipe&) {}) ? 1 : -1; }

Code Pipelimit::pl_drop(Call& call) { return reply(call); }
Code Pipelimit::pl_drop(Call& call, Int seconds) { return pl_drop(call, seconds, seconds); }

Code Pipelimit::pl_drop(Call& call, Int min, Int max) {
  if (min < 0 || max < min) {
    log_line(call, LogLevel::Err, "pipelimit", {"pl_drop(): bad range of seconds"});
    return -1;
  }
  const Int seconds = min + static_cast<Int>(call.worker->random() % static_cast<std::uint64_t>(max - min + 1));
  char* const room = static_cast<char*>(call.arena->allocate(48));
  if (!room) return -1;
  sip::Writer out(room, 48);
  out.put("Retry-After: ");
  out.put_number(seconds);
  out.put("\r\n");
  return out.ok() && add_reply_line(call, out.text()) ? reply(call) : -1;
}

void Pipelimit::start(Process& process) {
  auto* const pipes = new Pipes;
  process.module_state[slot] = pipes;
  if (std::string why; !pipelimit::load_pipes(process, *pipes, why)) {
    process.log.write(LogLevel::Crit, "pipelimit: " + why);
    process.failed = true;
  }
}

void Pipelimit::stop(Process& process) {
  delete static_cast<Pipes*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Pipelimit::worker_start(Worker& worker) { pipes_of(worker).clock.start(worker); }

void Pipelimit::tick(Worker& worker) {
  if (worker.index != 0) return;
  Pipes& pipes = pipes_of(worker);
  const std::uint64_t now = pipes.now(worker);
  if (Param::clean_unused > 0) pipes.clean(now);
  if (pipes.steered.load(std::memory_order_relaxed) && now != pipes.measured) {
    pipes.measured = now;
    pipelimit::steer(pipes);
  }
}

}  // namespace strowger
