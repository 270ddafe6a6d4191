// Requests that go on later, and routes that run beside the script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string>

#include "async.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/tm/suspend.h"

namespace strowger {
namespace {

constexpr Int kLongestSeconds = 100, kLongestMillis = 30000;

/// Milliseconds, or 0 (and a log line).
Millis delay_of(Call& call, Int value, bool in_millis) {
  const Int longest = in_millis ? kLongestMillis : kLongestSeconds;
  if (in_millis && Async::Param::ms_timer == 0) {
    log_line(call, LogLevel::Err, "async", {"milliseconds need modparam ms_timer"});
  } else if (value <= 0 || value > longest) {
    log_line(call, LogLevel::Err, "async", {"cannot wait ", value, ": 1 to ", longest, Text(in_millis ? " ms" : " s")});
  } else {
    return in_millis ? value : value * 1000;
  }
  return 0;
}

Code continue_in(Call& call, Text name, Millis delay) {
  const RouteFunction route = Operators::find_route(&call, name);
  if (!route || !tm::suspend(call)) return -1;
  auto& transaction = *static_cast<tm::Transaction*>(call.transaction);
  if (!transaction.next.armed()) tm::continue_later(transaction, route, delay);   // else a repetition of the request
  return static_cast<Code>(Async::Param::return_);
}

Code pause(Call& call, Millis delay) {
  const bool over_failure = call.route_kind == kFailureRoute || call.route_kind == kBranchFailureRoute;
  const auto* const known = static_cast<const tm::Transaction*>(call.transaction);
  if (over_failure ? !known : !tm::suspend(call)) return -1;
  auto& transaction = *static_cast<tm::Transaction*>(call.transaction);
  if (!over_failure && !tm::made_by(transaction, call)) return 0;   // a repetition: the script of the first one waits
  const bool waited = call.worker->scripts.sleep(delay);
  if (!over_failure) tm::end_suspension(transaction);
  if (transaction.status >= 200) return 0;
  if (!waited) {
    log_line(call, LogLevel::Err, "async", {"the script cannot wait: too many do, or the proxy ends"});
    return -1;
  }
  if (!over_failure) transaction.error = -1;   // answered at the end of the script unless it does something
  return 1;
}

/// What $async tells.
struct Given { Text data, group; };

Code run_beside(Call& call, Text name, Text group, Text data) {
  const RouteFunction route = Operators::find_route(&call, name);
  if (!route) return -1;
  Worker& worker = *call.worker;
  worker.scripts.post_job([&worker, route, data = std::string(data.view()), group = std::string(group.view())] {
    const Given given{std::string_view(data), std::string_view(group)};
    run_event(worker, route, {Async::slot, &given}, kRequestRoute);
  });
  return 1;
}

}  // namespace

Code Async::async_route(Call& call, Text name, Int seconds) {
  const Millis delay = delay_of(call, seconds, false);
  return delay ? continue_in(call, name, delay) : -1;
}
Code Async::async_ms_route(Call& call, Text name, Int milliseconds) {
  const Millis delay = delay_of(call, milliseconds, true);
  return delay ? continue_in(call, name, delay) : -1;
}
Code Async::async_sleep(Call& call, Int seconds) {
  const Millis delay = delay_of(call, seconds, false);
  return delay ? pause(call, delay) : -1;
}
Code Async::async_ms_sleep(Call& call, Int milliseconds) {
  const Millis delay = delay_of(call, milliseconds, true);
  return delay ? pause(call, delay) : -1;
}

Code Async::async_task_route(Call& call, Text name) { return continue_in(call, name, 0); }
Code Async::async_task_group_route(Call& call, Text name, Text group) { return continue_in(call, name, 0); }
Code Async::async_task_data(Call& call, Text name, Text data) { return run_beside(call, name, "default", data); }
Code Async::async_task_group_data(Call& call, Text name, Text group, Text data) { return run_beside(call, name, group, data); }

Value Async::get_async(Call& call, Text name) {
  const Given* const given = call.subject_of<Given>(slot);
  if (!given) return Value::null();
  if (name.view() == "data") return Value::of(given->data);
  return name.view() == "gname" ? Value::of(given->group) : Value::null();
}

}  // namespace strowger
