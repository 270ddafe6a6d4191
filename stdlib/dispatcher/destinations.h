// Sets of destinations: what the list file says, and what is known of each destination at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/script/process.h"
#include "stdlib/dispatcher/latency.h"

namespace strowger::dispatcher {

/// Flags of a destination, as in the list file.
enum Flag : std::uint32_t { kInactive = 1, kTrying = 2, kDisabled = 4, kProbing = 8, kNoDns = 16 };
inline constexpr std::uint32_t kUnusable = kInactive | kDisabled;
inline constexpr std::uint32_t kStates = kInactive | kTrying | kDisabled;

inline constexpr std::size_t kMaxRows = 100000;
inline constexpr std::size_t kSlots = 100;  ///< of the distribution by weight

/// What the `attrs` of a destination say.
struct Attributes {
  std::string body, duid, socket, sockname, outbound_proxy, ping_from;
  int weight = 0, relative_weight = 0, max_load = 0, latency = 0;
  bool congestion_control = false;
};
/// `note` gets what is ignored.
void parse_attributes(std::string_view text, Attributes& out, std::string& note);

/// A destination. All but the atomics is fixed.
struct Destination {
  std::string uri, host, port, params;  ///< the parts of the URI as written; no port: empty
  int priority = 0;
  Attributes attributes;
  sip::Address address;  ///< its port is the written one, 0 when none is; family 0: not looked up
  sip::Protocol protocol = sip::Protocol::Any;  ///< as written in `transport`
  const Socket* socket = nullptr;               ///< to send from, or null
  mutable std::atomic<std::uint32_t> flags{0};
  mutable std::atomic<int> streak{0};  ///< failures while it is usable, successes while it is inactive
  mutable std::atomic<int> load{0};    ///< calls
  mutable Latency latency;

  bool usable() const { return !(flags.load(std::memory_order_relaxed) & kUnusable); }
};

struct Set {
  Int id = 0;
  std::size_t number = 0;                            ///< in List::sets
  std::vector<std::unique_ptr<Destination>> all;     ///< by priority, the highest first
  std::array<std::uint16_t, kSlots> by_weight{};     ///< indexes
  mutable std::atomic<std::uint32_t> generation{1};  ///< grows when states change
};

/// A row of the list file, or a destination of an older list.
struct Row {
  Int id = 0;
  std::string uri;
  std::uint32_t flags = 0;
  int priority = 0;
  std::string attributes;
  const Destination* known = nullptr;  ///< whose load and latency go on
};

/// All sets: a snapshot that is replaced as a whole.
struct List {
  std::vector<std::unique_ptr<Set>> sets;  ///< in the order that dispatcher.list shows
  std::unordered_map<Int, std::size_t> by_id;
  const Set* find(Int id) const {
    const auto it = by_id.find(id);
    return it == by_id.end() ? nullptr : sets[it->second].get();
  }
  /// Its destinations as rows, in order.
  std::vector<Row> rows() const;
};

struct Building {
  const Process& process;
  const Socket* default_socket = nullptr;
  bool resolve = true;           ///< host names are looked up
  bool none_attributes = false;  ///< destinations without attributes get "none=yes"
  bool strict = false;           ///< a faulty destination spoils the whole list
  std::uint64_t seed = 1;        ///< for shuffling
  std::function<void(LogLevel, const std::string&)> log;
};

/// The rows of a list file; nothing (logged) when a line has no URI.
std::optional<std::vector<Row>> parse_rows(std::string_view text, const Building& building);
/// Null (logged) when a row spoils it or there are none; faulty ones are left out otherwise.
std::shared_ptr<const List> build(const std::vector<Row>& rows, const Building& building);

/// The order in which a balanced tree hands out keys that were added in this order: children before their parent.
std::vector<Int> tree_order(const std::vector<Int>& keys);

/// Slots for indexes in proportion to the relative weights of usable destinations, shuffled; all 0 where none has one.
std::array<std::uint16_t, kSlots> relative_slots(const Set& set, std::uint64_t seed);

}  // namespace strowger::dispatcher
