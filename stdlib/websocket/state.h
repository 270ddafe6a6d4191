// What websocket keeps: all connections of the process by number; in each worker, timers and counters of its own ones.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "runtime/script/call.h"
#include "runtime/script/streams.h"
#include "stdlib/websocket/layer.h"

namespace strowger::websocket {

struct State {
  RouteFunction closed = nullptr;            ///< event_route[websocket:closed]
  std::string ping_text;
  std::atomic<bool> enabled{true};
  std::atomic<std::uint64_t> most{0};        ///< connections at once, so far

  void add(std::uint32_t connection, SharedStage stage);
  /// Null when there is no such connection.
  SharedStage find(std::uint32_t connection) const;
  void remove(std::uint32_t connection);
  std::size_t count() const;

 private:
  mutable std::mutex mutex_;                 ///< taken at begin and end of a connection, and by RPC
  std::unordered_map<std::uint32_t, SharedStage> connections_;
};

/// Looks after a connection that nothing comes over, and one that should have ended.
struct Keeper : Timer {
  std::uint32_t connection = 0;
};

struct WorkerState {
  Counters counters;
  std::unordered_map<std::uint32_t, std::unique_ptr<Keeper>> keepers;
};

State& state_of(const Process& process);
WorkerState& state_of(Worker& worker);

inline bool is_web_socket(sip::Protocol protocol) { return sip::same_in_uris(protocol, sip::Protocol::Ws); }

/// Sends a close frame to one of the process's connections, which then has some seconds to end; false when there is none that is open.
bool close(Worker& worker, std::uint32_t connection, std::uint16_t code, std::string_view words);
/// Sends a ping or a pong; false when there is no such connection.
bool ping(Worker& worker, std::uint32_t connection, Opcode opcode);
/// Begins to look after a new connection of this worker.
void keep(Worker& worker, std::uint32_t connection);
void on_stream_end(Worker& worker, const StreamEnd& end);
void add_statistics(Process& process);

}  // namespace strowger::websocket
