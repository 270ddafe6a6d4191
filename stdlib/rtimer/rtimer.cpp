// Timers of the script: modparam says when, route blocks say what.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <memory>

#include "rtimer.interface.h"
#include "runtime/script/call.h"
#include "runtime/sip/uri.h"

namespace strowger {
namespace {

constexpr Int kMostRunners = 64;

struct Definition {
  std::string name;
  Millis interval = 0;
  Int runners = 1;
  std::vector<RouteFunction> routes;   ///< the first one runs first
};
using Definitions = std::vector<Definition>;

/// One runner of a timer, on one worker.
struct Runner : Timer {
  const Definition* definition = nullptr;
  Int number = 0;
};
struct State {
  std::vector<std::unique_ptr<Runner>> runners;
  Int running = 0;                     ///< $rtimer_worker
};

bool refuse(Process& process, Text param, std::string_view why) {
  process.log.write(LogLevel::Err, "rtimer: \"" + std::string(param.view()) + "\": " + std::string(why));
  process.failed = true;
  return false;
}

/// "5" seconds, "250000u" microseconds; at least a millisecond.
bool parse_interval(Text text, Millis& out) {
  const bool micro = text.view().ends_with('u');
  if (micro) --text.len;
  const auto number = sip::parse_number(text);
  if (!number || *number == 0) return false;
  out = micro ? std::max<Millis>(1, *number / 1000) : Millis{*number} * 1000;
  return true;
}

bool read_timer(Process& process, Text text, Definitions& out) {
  Definition definition;
  definition.interval = Rtimer::Param::default_interval * 1000;
  Text rest = text;
  sip::Param param;
  while (sip::next_param(rest, param)) {
    const std::string_view name = param.name.view();
    if (name == "name") definition.name = param.value.view();
    else if (name == "interval") {
      if (!parse_interval(param.value, definition.interval)) return refuse(process, text, "bad interval");
    } else if (name == "mode") {
      const auto mode = sip::parse_number(param.value);
      if (!mode || *mode > kMostRunners) return refuse(process, text, "bad mode");
      definition.runners = std::max<Int>(1, *mode);
    } else if (!name.empty()) {
      return refuse(process, text, "known are name, interval and mode");
    }
  }
  if (definition.name.empty()) return refuse(process, text, "the timer has no name");
  out.push_back(std::move(definition));
  return true;
}

bool read_exec(Process& process, Text text, Definitions& out) {
  Text rest = text, timer, route;
  sip::Param param;
  while (sip::next_param(rest, param)) {
    if (param.name.view() == "timer") timer = param.value;
    else if (param.name.view() == "route") route = param.value;
    else if (!param.name.empty()) return refuse(process, text, "known are timer and route");
  }
  const auto definition = std::find_if(out.begin(), out.end(), [&](const Definition& d) { return d.name == timer.view(); });
  if (definition == out.end()) return refuse(process, text, "there is no such timer");
  const RouteRef* const routes = process.image.routes;
  const RouteRef* const found = std::find_if(routes, routes + process.image.route_count,
                                             [&](const RouteRef& r) { return r.kind == kRequestRoute && r.name.view() == route.view(); });
  if (found == routes + process.image.route_count || !found->function) return refuse(process, text, "there is no such route");
  definition->routes.insert(definition->routes.begin(), found->function);
  return true;
}

void fire(Worker& worker, Timer& timer) {
  auto& runner = static_cast<Runner&>(timer);
  auto& state = worker.state<State>(Rtimer::slot);
  worker.timers.arm(runner, worker.now.mono + runner.definition->interval);
  for (const RouteFunction route : runner.definition->routes) {
    state.running = runner.number;
    run_event(worker, route);
  }
}

}  // namespace

Int Rtimer::get_rtimer_worker(Call& call) { return call.state<State>(slot).running; }

void Rtimer::start(Process& process) {
  auto* const definitions = new Definitions;
  process.module_state[slot] = definitions;
  for (std::uint64_t i = 0; i < Param::timer.count; ++i)
    if (!read_timer(process, Param::timer.items[i], *definitions)) return;
  for (std::uint64_t i = 0; i < Param::exec.count; ++i)
    if (!read_exec(process, Param::exec.items[i], *definitions)) return;
}

void Rtimer::stop(Process& process) {
  delete static_cast<Definitions*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

/// Runner K of a timer belongs to worker K, modulo their number.
void Rtimer::worker_start(Worker& worker) {
  auto* const state = new State;
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state, &worker] {
    for (const auto& runner : state->runners)
      if (runner->armed()) worker.timers.cancel(*runner);
    delete state;
  });
  const auto workers = static_cast<Int>(std::max(worker.process.settings.workers, 1));
  for (const Definition& definition : *static_cast<Definitions*>(worker.process.module_state[slot]))
    for (Int k = worker.index; k < definition.runners; k += workers) {
      state->runners.push_back(std::make_unique<Runner>());
      Runner& runner = *state->runners.back();
      runner.definition = &definition;
      runner.number = k;
      runner.fire = fire;
      worker.timers.arm(runner, worker.now.mono + definition.interval);
    }
}

}  // namespace strowger
