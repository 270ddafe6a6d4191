// Timers that the script switches on and off.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <atomic>
#include <memory>

#include "runtime/script/log_line.h"
#include "timer.interface.h"

namespace strowger {
namespace {

struct Declared {
  std::string id;
  RouteFunction route = nullptr;
  Millis interval = 0;
  bool at_start = false;
  /// Odd while the timer is on; each switch counts one up. The worker that switches it on runs it, until the count moves.
  std::atomic<std::uint32_t> switches{0};
};
using AllDeclared = std::vector<std::unique_ptr<Declared>>;

/// A timer on one worker.
struct Ticking : Timer {
  Declared* declared = nullptr;
  std::uint32_t since = 0;             ///< Declared::switches when it was armed
};
using AllTicking = std::vector<std::unique_ptr<Ticking>>;

bool refuse(Process& process, Text param, std::string_view why) {
  process.log.write(LogLevel::Err, "timer: \"" + std::string(param.view()) + "\": " + std::string(why));
  process.failed = true;
  return false;
}

std::string_view cut(std::string_view& rest, char stop) {
  const std::size_t end = std::min(rest.find(stop), rest.size());
  const Text part = sip::trim(Text(rest.substr(0, end)));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part.view();
}

bool declare(Process& process, Text text, AllDeclared& out) {
  std::string_view rest = text.view();
  auto one = std::make_unique<Declared>();
  one->id = cut(rest, '=');
  const std::string_view route = cut(rest, ',');
  const auto interval = sip::parse_number(Text(cut(rest, ',')));
  const std::string_view speed = cut(rest, ','), enable = cut(rest, ',');
  if (one->id.empty() || !interval || *interval == 0 || (speed != "slow" && speed != "fast" && !speed.empty()) ||
      (enable != "enable" && !enable.empty()) || !rest.empty())
    return refuse(process, text, "must be ID=ROUTE,MILLISECONDS,slow or fast[,enable]");
  for (const auto& other : out)
    if (other->id == one->id) return refuse(process, text, "the timer is declared twice");
  for (std::uint64_t i = 0; i < process.image.route_count; ++i)
    if (const RouteRef& r = process.image.routes[i]; r.kind == kRequestRoute && r.name.view() == route) one->route = r.function;
  if (!one->route) return refuse(process, text, "there is no such route");
  one->interval = *interval;
  one->at_start = enable == "enable";
  out.push_back(std::move(one));
  return true;
}

void arm(Worker& worker, Ticking& ticking, std::uint32_t since) {
  ticking.since = since;
  worker.timers.arm(ticking, worker.now.mono + ticking.declared->interval);
}

void fire(Worker& worker, Timer& timer) {
  auto& ticking = static_cast<Ticking&>(timer);
  if (ticking.declared->switches.load() != ticking.since) return;
  arm(worker, ticking, ticking.since);
  run_event(worker, ticking.declared->route);
}

}  // namespace

Code TimerModule::timer_enable(Call& call, Text id, Int on) {
  for (const auto& ticking : call.state<AllTicking>(slot)) {
    Declared& declared = *ticking->declared;
    if (declared.id != id.view()) continue;
    std::uint32_t count = declared.switches.load();
    const bool is_on = count % 2 == 1;
    if (is_on == (on != 0) || !declared.switches.compare_exchange_strong(count, count + 1)) return 1;
    if (on != 0) arm(*call.worker, *ticking, count + 1);
    return 1;
  }
  log_line(call, LogLevel::Err, "timer", {"there is no timer \"", id, "\""});
  return -1;
}

void TimerModule::start(Process& process) {
  auto* const all = new AllDeclared;
  process.module_state[slot] = all;
  for (std::uint64_t i = 0; i < Param::declare_timer.count; ++i)
    if (!declare(process, Param::declare_timer.items[i], *all)) return;
}

void TimerModule::stop(Process& process) {
  delete static_cast<AllDeclared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void TimerModule::worker_start(Worker& worker) {
  auto* const all = new AllTicking;
  worker.module_state[slot] = all;
  worker.cleanups.push_back([all, &worker] {
    for (const auto& ticking : *all)
      if (ticking->armed()) worker.timers.cancel(*ticking);
    delete all;
  });
  for (const auto& declared : *static_cast<AllDeclared*>(worker.process.module_state[slot])) {
    all->push_back(std::make_unique<Ticking>());
    Ticking& ticking = *all->back();
    ticking.declared = declared.get();
    ticking.fire = fire;
    if (worker.index == 0 && declared->at_start) arm(worker, ticking, ++declared->switches);
  }
}

}  // namespace strowger
