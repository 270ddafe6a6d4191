// pl.*: what the pipes let through.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rate_rpc.h"
#include "runtime/script/rpc.h"
#include "stdlib/pipelimit/pipes.h"

namespace strowger {
namespace {

/// Every pipe as it is now; stops adding when the reply is full.
template <class F>
void each(RpcCall& call, F f) {
  pipelimit::Pipes& pipes = pipelimit::pipes_of(call.worker);
  const std::uint64_t now = pipes.now(call.worker);
  pipes.each([&](const std::string& name, RatePipe& pipe) {
    pipe.roll(now);
    if (!call.reply.failed()) f(name, pipe);
  });
}

}  // namespace

void Pipelimit::rpc_pl_list(RpcCall& call) {
  const bool all = !call.more();
  const auto wanted = all ? std::nullopt : call.next_text();
  if (!all && (!wanted || wanted->empty())) return call.refuse_kind();   // over JSON: no pipe, and no fault
  bool found = all;
  each(call, [&](const std::string& name, const RatePipe& pipe) {
    if (wanted && *wanted != name) return;
    found = true;
    call.reply.begin_struct();
    call.reply.add_named("name", std::string_view(name));
    call.reply.add_named("algorithm", name_of(pipe.algorithm));
    call.reply.add_named("limit", pipe.limit);
    call.reply.add_named("counter", static_cast<Int>(pipe.counter));
    call.reply.add_named("last_counter", static_cast<Int>(pipe.last));
    call.reply.add_named("unused_intervals", static_cast<Int>(pipe.unused));
    call.reply.end_struct();
  });
  if (!found) call.fault(400, "Unknown pipe id " + *wanted);
}

void Pipelimit::rpc_pl_get_pipes(RpcCall& call) {
  each(call, [&](const std::string& name, const RatePipe& pipe) {
    call.reply.add(std::string_view("PIPE: id=" + name + " algorithm=" + name_of(pipe.algorithm) + " limit=" +
                                    std::to_string(pipe.limit) + " counter=" + std::to_string(pipe.counter)));
  });
}

void Pipelimit::rpc_pl_stats(RpcCall& call) {
  each(call, [&](const std::string& name, const RatePipe& pipe) {
    call.reply.add(std::string_view("PIPE: id=" + name + " load=" + std::to_string(pipe.drop_rate()) + " counter=" +
                                    std::to_string(pipe.last)));   // of the last whole interval
  });
}

void Pipelimit::rpc_pl_get_pid(RpcCall& call) {
  pipelimit::Pipes& pipes = pipelimit::pipes_of(call.worker);
  const std::lock_guard lock(pipes.load_mutex);
  tell_factors(call, pipes.load);
}

void Pipelimit::rpc_pl_set_pid(RpcCall& call) {
  pipelimit::Pipes& pipes = pipelimit::pipes_of(call.worker);
  const std::lock_guard lock(pipes.load_mutex);
  set_factors(call, pipes.load);
}

void Pipelimit::rpc_pl_push_load(RpcCall& call) {
  pipelimit::Pipes& pipes = pipelimit::pipes_of(call.worker);
  const std::lock_guard lock(pipes.load_mutex);
  push_load(call, pipes.load);
}

void Pipelimit::rpc_pl_set_pipe(RpcCall& call) {
  const auto name = call.next_text();
  const auto algorithm = name ? call.next_text() : std::nullopt;
  const auto limit = algorithm ? call.next_int() : std::nullopt;
  if (!limit) return call.refuse(400, "Invalid parameters");
  const auto kind = parse_rate_algorithm(Text(std::string_view(*algorithm)));
  if (!kind) return call.fault(400, "Unknown algorithm");
  if (*kind == RatePipe::Algorithm::Feedback) pipelimit::pipes_of(call.worker).steered.store(true, std::memory_order_relaxed);
  const bool found = pipelimit::pipes_of(call.worker).with(*name, [&](RatePipe& pipe) {
    pipe.algorithm = *kind;
    pipe.limit = std::max<Int>(*limit, 0);
  });
  if (!found) call.fault(400, "Unknown pipe id " + *name);
}

}  // namespace strowger
