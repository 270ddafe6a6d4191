// The life of connections: pings for those that are silent, the end of those that were closed, and who hears of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "stdlib/websocket/state.h"
#include "websocket.interface.h"

namespace strowger::websocket {
namespace {

constexpr Int kPing = 1;                         ///< keepalive_mechanism; 2: pongs

Layer* layer_of(StreamControl& control) {
  return is_web_socket(control.info().protocol) ? static_cast<Layer*>(control.top()) : nullptr;   // nothing is put above it
}

void arm(Worker& worker, Keeper& keeper, Millis in) { worker.timers.arm(keeper, worker.now.mono + in); }

void on_time(Worker& worker, Timer& timer) {
  auto& keeper = static_cast<Keeper&>(timer);
  worker.process.streams->with(worker, keeper.connection, [&keeper](Worker& owner, StreamControl& control) {
    Layer* const layer = layer_of(control);
    if (layer == nullptr) return;
    if (layer->stage() != Stage::Open) return control.close();        // it did not answer our close frame
    const Millis longest = Websocket::Param::keepalive_timeout * 1000;
    const Millis idle = control.info().idle_ms;
    if (idle < longest) return arm(owner, keeper, longest - idle);
    if (layer->awaits_pong()) return control.close();
    std::string frame;
    const bool pings = Websocket::Param::keepalive_mechanism == kPing;
    layer->ping(frame, pings ? Opcode::Ping : Opcode::Pong, state_of(owner.process).ping_text);
    arm(owner, keeper, longest);
    control.send_below(Text(std::string_view(frame)));
  });
}

/// Works on a connection of any worker, if it is one of ours.
template <class F>
bool with_layer(Worker& worker, std::uint32_t connection, F work) {
  Streams* const streams = worker.process.streams;
  if (streams == nullptr || !state_of(worker.process).find(connection)) return false;
  return streams->with(worker, connection, [work = std::move(work)](Worker& owner, StreamControl& control) {
    if (Layer* const layer = layer_of(control)) work(owner, control, *layer);
  });
}

}  // namespace

void State::add(std::uint32_t connection, SharedStage stage) {
  const std::lock_guard lock(mutex_);
  connections_[connection] = std::move(stage);
  if (connections_.size() > most.load(std::memory_order_relaxed)) most.store(connections_.size(), std::memory_order_relaxed);
}

SharedStage State::find(std::uint32_t connection) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : found->second;
}

void State::remove(std::uint32_t connection) {
  const std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

std::size_t State::count() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

State& state_of(const Process& process) { return *static_cast<State*>(process.module_state[Websocket::slot]); }
WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Websocket::slot); }

bool close(Worker& worker, std::uint32_t connection, std::uint16_t code, std::string_view words) {
  const SharedStage stage = state_of(worker.process).find(connection);
  if (!stage || stage->load() != Stage::Open) return false;
  const auto work = [connection, code, words = std::string(words)](Worker& owner, StreamControl& control, Layer& layer) {
    std::string frame;
    if (!layer.close(frame, code, words)) return;
    auto& keepers = state_of(owner).keepers;
    if (const auto keeper = keepers.find(connection); keeper != keepers.end())
      arm(owner, *keeper->second, Websocket::Param::rm_delay_interval * 1000);
    control.send_below(Text(std::string_view(frame)));
  };
  return with_layer(worker, connection, work);
}

bool ping(Worker& worker, std::uint32_t connection, Opcode opcode) {
  return with_layer(worker, connection, [opcode](Worker& owner, StreamControl& control, Layer& layer) {
    std::string frame;
    layer.ping(frame, opcode, state_of(owner.process).ping_text);
    control.send_below(Text(std::string_view(frame)));
  });
}

void keep(Worker& worker, std::uint32_t connection) {
  auto keeper = std::make_unique<Keeper>();
  keeper->fire = on_time;
  keeper->connection = connection;
  if (Websocket::Param::keepalive_mechanism != 0) arm(worker, *keeper, Websocket::Param::keepalive_timeout * 1000);
  state_of(worker).keepers[connection] = std::move(keeper);
}

void on_stream_end(Worker& worker, const StreamEnd& end) {
  if (!is_web_socket(end.info.protocol)) return;
  State& state = state_of(worker.process);
  WorkerState& own = state_of(worker);
  if (const auto keeper = own.keepers.find(end.info.id); keeper != own.keepers.end()) {
    worker.timers.cancel(*keeper->second);
    own.keepers.erase(keeper);
  }
  if (const SharedStage stage = state.find(end.info.id)) {
    const Stage last = stage->load();
    Counters& count = own.counters;
    ++(last == Stage::ClosedHere ? count.closed_here : last == Stage::ClosedThere ? count.closed_there : count.failed);
  }
  state.remove(end.info.id);
  if (state.closed) run_event(worker, state.closed, {Websocket::slot, &end.info.id}, kEventRoute, Text(), &end.info);
}

}  // namespace strowger::websocket
