// sl.stats: stateless replies by code, summed over the workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "sl.interface.h"
#include "stdlib/sl/state.h"

namespace strowger {
namespace {

constexpr int kNamed[] = {200, 202, 300, 301, 302, 400, 401, 403, 404, 407, 408, 483, 500};

std::uint64_t replies(const RpcCall& call, int from, int to) {
  std::uint64_t sum = 0;
  for (Worker* const worker : call.process().workers) {
    const auto& codes = worker->state<sl::WorkerState>(Sl::slot).code_replies;
    for (int code = from; code <= to; ++code) sum += read_counter(codes[static_cast<std::size_t>(code)]);
  }
  return sum;
}

}  // namespace

/// Every named code, and for each class the rest of it.
void Sl::rpc_sl_stats(RpcCall& call) {
  RpcReply& out = call.reply;
  out.begin_struct();
  for (int first = 200; first < 700; first += 100) {
    std::uint64_t rest = replies(call, first, first + 99);
    for (const int code : kNamed) {
      if (code / 100 != first / 100) continue;
      const std::uint64_t count = replies(call, code, code);
      rest -= count < rest ? count : rest;
      out.add_named(std::to_string(code), static_cast<Int>(count));
    }
    out.add_named(std::to_string(first / 100) + "xx", static_cast<Int>(rest));
  }
  out.add_named("xxx", static_cast<Int>(replies(call, 0, 199)));
  out.end_struct();
}

}  // namespace strowger
