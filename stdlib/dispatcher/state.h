// What dispatcher keeps in a process and in each worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <bitset>
#include <memory>
#include <mutex>

#include "dispatcher.interface.h"
#include "runtime/script/call.h"
#include "stdlib/dispatcher/calls.h"
#include "stdlib/dispatcher/destinations.h"

namespace strowger::dispatcher {

enum FlagBit : Int { kUserOnly = 1, kFailover = 2 };  ///< of the parameter `flags`

/// The parameters that decide how destinations are chosen and probed.
struct Settings {
  std::string list_file{Dispatcher::Param::list_file.view()};
  bool user_only = (Dispatcher::Param::flags & kUserOnly) != 0, failover = (Dispatcher::Param::flags & kFailover) != 0;
  bool use_default = Dispatcher::Param::use_default != 0, force_dst = Dispatcher::Param::force_dst != 0;
  bool latency_stats = Dispatcher::Param::ds_ping_latency_stats != 0;
  Int ping_interval = Dispatcher::Param::ds_ping_interval;  ///< seconds, 0: never
  Int probing_mode = Dispatcher::Param::ds_probing_mode;
  Int probing_threshold = Dispatcher::Param::ds_probing_threshold,
      inactive_threshold = Dispatcher::Param::ds_inactive_threshold;
};

struct Shared {
  Settings settings;
  std::atomic<std::shared_ptr<const List>> list;
  std::atomic<std::uint64_t> version{1};  ///< of `list`
  std::mutex writing;                     ///< of `list`: who does not get it is told of an ongoing reload
  std::int64_t changed = INT64_MIN / 2;   ///< when, in seconds; guarded by `writing`
  std::atomic<Int> pinging{1};
  RouteFunction down = nullptr, up = nullptr;
  std::bitset<700> good_codes;
  const Socket* default_socket = nullptr;
  std::unique_ptr<Calls> calls;  ///< null: no distribution by load
};

/// Where a worker's distributions stand; each worker goes round by itself.
struct Cursor {
  std::uint32_t round = 0, weight = 0, relative = 0;
  std::uint32_t generation = 0;  ///< of the set whose states `slots` is made for
  std::array<std::uint16_t, kSlots> slots{};
};

struct PerWorker {
  Shared* shared = nullptr;
  std::shared_ptr<const List> list;
  std::uint64_t version = 0;
  std::vector<Cursor> cursors;  ///< by Set::number
  std::int64_t seconds = 0;     ///< ticks since the start
  bool looking_up = false;      ///< names of destinations, in a script of their own
};

inline Shared& shared_of(const Process& process) {
  return *static_cast<Shared*>(process.module_state[Dispatcher::slot]);
}
inline PerWorker& state_of(Worker& worker) { return worker.state<PerWorker>(Dispatcher::slot); }

inline const Settings& settings_of(Worker& worker) { return state_of(worker).shared->settings; }
inline const Settings& settings_of(Call& call) { return settings_of(*call.worker); }

/// Is it an address of the destination? Names that only DNS knows have those that look_up() has found.
bool has_address(Worker& worker, const Destination& one, const sip::Address& address);
/// Asks for the addresses of destinations that the cache of DNS answers does not know (any more).
void look_up(Worker& worker);

/// The list in force; keeps what is in use while it is replaced.
std::shared_ptr<const List> current(Worker& worker);

enum class Changed : std::uint8_t { Yes, Ongoing, Failed };
/// Reads the file again.
Changed reload(Worker& worker);
/// Replaces the list by one made of its rows after `edit`.
Changed rebuild(Worker& worker, const std::function<void(std::vector<Row>&)>& edit);
/// Reads the list file; null (logged) when that fails.
std::shared_ptr<const List> load(const Process& process, const Shared& shared);
/// How a list is read and built now.
Building building_for(const Process& process, const Shared& shared);

// ---- states
// ----------------------------------------------------------------------------------------------------------
/// What became of a destination.
enum class Turn : std::uint8_t { None, Down, Up };
Turn set_state(const Set& set, const Destination& one, std::uint32_t state);
/// A failure or success, against the thresholds.
Turn count_failure(const Settings& settings, const Set& set, const Destination& one);
Turn count_success(const Settings& settings, const Set& set, const Destination& one);

/// What the event routes are told of the last answer.
struct LastReply {
  Int code = 0, flags = 0;
  Text reason;
};

// ---- destinations of a message
// ---------------------------------------------------------------------------------------
enum class Target : std::uint8_t { NextHop, RequestUri, None };
/// Puts the destination into $du or the request URI, and its socket; false (logged) when that fails.
bool aim(Call& call, std::string_view uri, const Socket* socket, Target target);
/// The index that an algorithm wants, before states are looked at; -1: there is none.
int choose(Call& call, const Set& set, Int algorithm, Cursor& cursor);

// ---- probes and calls
// --------------------------------------------------------------------------------------------------
/// False where tm is not loaded.
bool can_probe();
/// Sends what is due. Worker 0.
void probe(Worker& worker);
/// Takes calls off whose time is over. Worker 0.
void expire_calls(Worker& worker);
/// Changes the number of calls of a destination.
void change_load(const List& list, const CallPlace& place, int change);

}  // namespace strowger::dispatcher
