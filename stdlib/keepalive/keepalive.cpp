// Asking destinations, and what scripts learn of them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <memory>
#include <string>

#include "keepalive.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/keepalive/destinations.h"
#include "stdlib/tm/local_request.h"

namespace strowger {
namespace keepalive {
namespace {

class Answer : public tm::LocalWaiter {
 public:
  Answer(Worker& worker, Destination asked) : worker_(worker), asked_(std::move(asked)) {}

  void ended(Int code, Text) override { count(code); }
  void unanswered(Int code, Text) override { count(code); }

 private:
  void count(Int code) {
    State& state = state_of(worker_.process);
    const bool answered = code >= 200 && code < 300;
    if (!state.destinations.count(asked_, answered, worker_.now.wall_seconds())) return;
    const RouteFunction route = answered ? state.up : state.down;
    if (route == nullptr) return;
    worker_.scripts.enter([&worker = worker_, route, uri = asked_.uri] {
      run_event(worker, route, {}, kEventRoute, std::string_view(uri));
    });
  }

  Worker& worker_;
  Destination asked_;
};

void ask(Worker& worker, const Destination& one) {
  const std::string headers = "To: <" + one.uri + ">\r\nFrom: <" + std::string(Keepalive::Param::ping_from.view()) + ">\r\n";
  tm::LocalRequest request;
  request.method = "OPTIONS";
  request.uri = std::string_view(one.uri);
  request.headers = std::string_view(headers);
  if (!tm::send_local_request(worker, request, std::make_unique<Answer>(worker, one)))
    Answer(worker, one).unanswered(408, Text::null());   // it cannot even be sent
}

}  // namespace

State& state_of(const Process& process) { return *static_cast<State*>(process.module_state[Keepalive::slot]); }

}  // namespace keepalive

void Keepalive::start(Process& process) {
  auto* const state = new keepalive::State;
  process.module_state[slot] = state;
  state->up = process.event_route("keepalive:dst-up");
  state->down = process.event_route("keepalive:dst-down");
  for (std::uint64_t i = 0; i < Param::destination.count; ++i) {
    const Text uri = Param::destination.items[i];
    if (state->destinations.add(uri.view(), "_params")) continue;
    process.log.write(LogLevel::Err, "keepalive: destination \"" + std::string(uri.view()) + "\" is no URI, or stands there twice");
    process.failed = true;
  }
}

void Keepalive::stop(Process& process) { delete static_cast<keepalive::State*>(process.module_state[slot]); }

void Keepalive::tick(Worker& worker) {
  if (worker.index != 0) return;
  auto& destinations = keepalive::state_of(worker.process).destinations;
  for (const auto& one : destinations.take_due(worker.now.mono, Param::ping_interval * 1000, Param::delete_counter))
    keepalive::ask(worker, one);
}

Code Keepalive::ka_is_alive(Call& call, Text destination) {
  const std::string uri = "sip:" + std::string(destination.view());
  const auto one = keepalive::state_of(call.process()).destinations.find(uri, nullptr);
  return one && one->condition != keepalive::Condition::Unknown ? static_cast<Code>(one->condition) : -1;
}

Code Keepalive::ka_add_destination(Call& call, Text uri, Text owner) {
  if (keepalive::state_of(call.process()).destinations.add(uri.view(), owner.view())) return 1;
  log_line(call, LogLevel::Err, "keepalive", {"ka_add_destination(): \"", uri, "\" cannot be added"});
  return -1;
}

Code Keepalive::ka_del_destination(Call& call, Text uri, Text owner) {
  return keepalive::state_of(call.process()).destinations.remove(uri.view(), owner.view()) ? 1 : -1;
}

}  // namespace strowger
