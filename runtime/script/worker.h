// One worker: everything a thread needs to handle messages alone. Sans-I/O: the shell (runtime/server) or the simulator
// (runtime/sim) calls receive() and advance() with a clock and empties the outbox.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/abi/values.h"
#include "runtime/script/outbox.h"
#include "runtime/script/park.h"
#include "runtime/script/process.h"
#include "runtime/script/timer_wheel.h"
#include "runtime/sip/arena.h"

namespace strowger {

struct Clock {
  Millis mono = 0;                 ///< monotonic milliseconds
  std::int64_t wall_us = 0;        ///< microseconds since 1970
  std::int64_t wall_seconds() const { return wall_us / 1000000; }
};

/// A datagram, or a message that was framed out of a stream. `bytes` must stay until receive() returns; a script that waits
/// has a copy.
struct Arrival {
  Text bytes;
  sip::Address source;
  const Socket* socket = nullptr;
  std::uint32_t connection = 0;    ///< stream connection id, 0 for datagrams
};

/// A worker-wide variable ($var): the value, with storage for text that it owns.
struct SlotVariable {
  Value value;                     ///< kText points into `storage`
  std::string storage;
};

/// Counted per worker, summed when read.
struct Counters {
  std::uint64_t received = 0, requests = 0, replies = 0, malformed = 0, dropped = 0, sent = 0, local_replies = 0,
                forwarded_requests = 0, forwarded_replies = 0, too_big = 0, pings = 0;
  std::uint64_t dropped_requests = 0, dropped_replies = 0, bad_requests = 0, bad_replies = 0;
  static constexpr std::size_t kMethods = 20;             ///< by the place of the MethodBit
  std::uint64_t requests_of[kMethods] = {};
  std::uint64_t replies_of[7][kMethods] = {};             ///< by class (0: none such) and CSeq method
  std::uint64_t ringing = 0, refused[5] = {};             ///< 18x; 401, 404, 407, 480, 486
};

struct LiveMessage;
class PatternCache;
namespace sip { class Message; }

struct Worker {
  Worker(Process& process, std::uint32_t index, Clock now);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Process& process;
  std::uint32_t index;
  Clock now;
  sip::ChunkPool pool;
  TimerWheel timers;
  Outbox outbox;
  Scripts scripts;                       ///< the stack that scripts run on, and those that wait
  std::vector<SlotVariable> slots;       ///< $var and $vn, by slot number
  std::vector<std::string> retired_texts;   ///< of slots that got others in a run inside of a run: freed when the outermost one ends
  std::vector<void*> module_state;       ///< by module slot; a module's worker_start() makes it and registers its cleanup
  std::vector<std::function<void()>> cleanups;   ///< run by the destructor, last first
  Counters counters;
  std::uint64_t message_number = 0;      ///< $mi
  std::uint64_t random_state = 1;
  std::int64_t debug_override = INT64_MIN;   ///< setdebug(): this worker's log level; INT64_MIN: the process's
  std::shared_ptr<PatternCache> patterns;    ///< patterns made at run time; made when first needed

  /// Runs the modules' worker_start() and, in worker 0, event_route[core:worker-one-init].
  void start();
  /// Handles one message: parse, core checks, modules' request_in/reply_in, the script's routes.
  void receive(const Arrival& arrival);
  /// Moves the clock, takes answers of other threads, and fires timers; once a second calls the modules' tick().
  void advance(Clock clock);
  /// Departures with these cookies could not be sent.
  void send_failed(std::uint64_t cookie);
  /// Pseudo-random 64 bits (xorshift), from the process's seed.
  std::uint64_t random();
  /// A module's state, by its slot constant.
  template <class T>
  T& state(std::uint32_t slot) { return *static_cast<T*>(module_state.data()[slot]); }   // a constant of the module: as many as there are

  void log(LogLevel level, std::string_view line);
  bool logs(LogLevel level) const { return static_cast<std::int64_t>(level) <= debug_level(); }
  std::int64_t debug_level() const {
    return debug_override == INT64_MIN ? __atomic_load_n(&process.settings.debug, __ATOMIC_RELAXED) : debug_override;
  }

 private:
  void handle(const Arrival& came);
  void count(const sip::Message& message);
  void refuse(LiveMessage& live, const Arrival& arrival, sip::Arena& arena);
  void handle_request(LiveMessage& live, sip::Arena& arena);
  void handle_reply(LiveMessage& live, sip::Arena& arena);
  std::int64_t next_tick_ = 0;
};

/// A module's worker state (its slot constant) that belongs to the running script as a whole: a waiting one takes it along.
/// `T` can be moved and made empty, and says with is_empty() that there is nothing to keep.
template <class T, const std::uint32_t* kSlot>
RunState movable_state() {
  return {[](Worker& worker) -> void* {
            T& state = worker.state<T>(*kSlot);
            return state.is_empty() ? nullptr : new T(std::exchange(state, T()));
          },
          [](Worker& worker, void* kept) {
            const std::unique_ptr<T> own(static_cast<T*>(kept));
            worker.state<T>(*kSlot) = own ? std::move(*own) : T();
          }};
}

}  // namespace strowger
