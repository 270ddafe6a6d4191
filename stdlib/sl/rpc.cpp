// sl.stats: stateless replies by code, summed over the workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <algorithm>

#include "sl.interface.h"
#include "stdlib/sl/state.h"

namespace strowger {
namespace {

constexpr int kNamed[] = {200, 202, 300, 301, 302, 400, 401, 403, 404, 407, 408, 483, 500};

std::uint64_t replies(const Process& process, int from, int to) {
  std::uint64_t sum = 0;
  for (Worker* const worker : process.workers) {
    const auto& codes = worker->state<sl::WorkerState>(Sl::slot).code_replies;
    for (int code = from; code <= to; ++code) sum += read_counter(codes[static_cast<std::size_t>(code)]);
  }
  return sum;
}

template <int code>
std::uint64_t of_code(const Process& process) { return replies(process, code, code); }

template <int from>
std::uint64_t rest_of_class(const Process& process) {
  std::uint64_t rest = replies(process, from, from + 99);
  for (const int code : kNamed)
    if (code / 100 == from / 100) rest -= std::min(rest, replies(process, code, code));
  return rest;
}

template <std::uint64_t sl::WorkerState::* member>
std::uint64_t sum(const Process& process) {
  std::uint64_t all = 0;
  for (Worker* const worker : process.workers) all += read_counter(worker->state<sl::WorkerState>(Sl::slot).*member);
  return all;
}

std::uint64_t others(const Process& process) { return replies(process, 0, 0); }

}  // namespace

void sl::add_statistics(Process& process) {
  // As in Kamailio a reset leaves them.
  const Statistic all[] = {
      {"sl", "1xx_replies", rest_of_class<100>, true}, {"sl", "200_replies", of_code<200>, true},       {"sl", "202_replies", of_code<202>, true},
      {"sl", "2xx_replies", rest_of_class<200>, true}, {"sl", "300_replies", of_code<300>, true},       {"sl", "301_replies", of_code<301>, true},
      {"sl", "302_replies", of_code<302>, true},       {"sl", "3xx_replies", rest_of_class<300>, true}, {"sl", "400_replies", of_code<400>, true},
      {"sl", "401_replies", of_code<401>, true},       {"sl", "403_replies", of_code<403>, true},       {"sl", "404_replies", of_code<404>, true},
      {"sl", "407_replies", of_code<407>, true},       {"sl", "408_replies", of_code<408>, true},       {"sl", "483_replies", of_code<483>, true},
      {"sl", "4xx_replies", rest_of_class<400>, true}, {"sl", "500_replies", of_code<500>, true},       {"sl", "5xx_replies", rest_of_class<500>, true},
      {"sl", "6xx_replies", rest_of_class<600>, true}, {"sl", "xxx_replies", others, true},
      {"sl", "failures", sum<&sl::WorkerState::failures>, true},
      {"sl", "received_ACKs", sum<&sl::WorkerState::received_acks>, true},
      {"sl", "sent_err_replies", sum<&sl::WorkerState::sent_errors>, true},
      {"sl", "sent_replies", sum<&sl::WorkerState::sent>, true},
  };
  process.statistics.insert(process.statistics.end(), std::begin(all), std::end(all));
}

/// Every named code, and for each class the rest of it.
void Sl::rpc_sl_stats(RpcCall& call) {
  RpcReply& out = call.reply;
  out.begin_struct();
  for (int first = 200; first < 700; first += 100) {
    std::uint64_t rest = replies(call.process(), first, first + 99);
    for (const int code : kNamed) {
      if (code / 100 != first / 100) continue;
      const std::uint64_t count = replies(call.process(), code, code);
      rest -= count < rest ? count : rest;
      out.add_named(std::to_string(code), static_cast<Int>(count));
    }
    out.add_named(std::to_string(first / 100) + "xx", static_cast<Int>(rest));
  }
  out.add_named("xxx", static_cast<Int>(replies(call.process(), 0, 199)));
  out.end_struct();
}

}  // namespace strowger
