// A worker's transactions: found by our Via branch (replies) or by the caller's (requests), each with one probe.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// Counted per worker, read by tm.stats of any.
struct Stats {
  std::uint64_t created = 0, freed = 0, local = 0, received = 0, generated = 0, sent = 0;
  std::array<std::uint64_t, 7> finals{};   ///< transactions by class of their final reply; [2] 2xx
};

/// Slots by hash; linear probing, deletion by shifting back.
class HashIndex {
 public:
  HashIndex() : cells_(1024) {}
  void insert(std::uint32_t hash, std::uint32_t slot);
  void erase(std::uint32_t hash, std::uint32_t slot);
  /// Calls `is_it(slot)` for every candidate until it says true; -1 when none does.
  template <class F>
  std::int64_t find(std::uint32_t hash, F is_it) const {
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Cell& cell = cells_[at];
      if (cell.slot_plus_1 == 0) return -1;
      if (cell.hash == hash && is_it(cell.slot_plus_1 - 1)) return cell.slot_plus_1 - 1;
    }
  }
  std::size_t size() const { return count_; }
  /// How many cells have to be looked at to find an entry, on average.
  double probes_each() const;

 private:
  struct Cell { std::uint32_t hash = 0, slot_plus_1 = 0; };
  std::size_t mask() const { return cells_.size() - 1; }
  void put(Cell cell);
  std::vector<Cell> cells_;
  std::size_t count_ = 0;
};

/// Our Via branch taken apart.
struct BranchName {
  std::uint32_t worker = 0, slot = 0, label = 0, branch = 0;
};
/// Nothing when it is not one of ours.
std::optional<BranchName> parse_branch_name(Text text);
/// z9hG4bKsw + worker + "." slot "." label "." branch, in hex, 46 bytes (as many as in Kamailio, $ml counts them) or one
/// more for branches above 15; into `out` of at least 64 bytes; the length.
std::size_t print_branch_name(const BranchName& name, char* out);

struct Watcher;

class Table {
 public:
  explicit Table(Worker& worker);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  Worker& worker;
  Preferences no_memory;               ///< takes what a script sets when its arena is full
  LiveMessage no_request;              ///< stands for a request where memory has ended
  Stats stats;
  RouteFunction local_response = nullptr, local_request = nullptr;
  RouteFunction stray_reply = nullptr;  ///< on_sl_reply
  const std::vector<const Watcher*>* watchers = nullptr;   ///< watch.h; null: nobody watches
  Text tag_prefix;                     ///< of To tags made here, 32 hex digits
  Text from_tag_prefix;

  /// A transaction for the call's request, which it takes over with its arena. `hash` as find() gave it. Null when memory
  /// ends.
  Transaction* create(Call& call, std::uint32_t hash);
  /// An empty one for an own request.
  Transaction* create_empty();
  /// Frees at once; only from its timer, or before anyone saw it.
  void release(Transaction& transaction);

  Transaction* at(std::uint32_t slot, std::uint32_t label) const;
  /// The transaction of a request (RFC 3261 §17.2.3); `method` null: its own. An ACK finds its INVITE when that got a
  /// failure.
  Transaction* find(sip::Message& message, Text method = Text::null(), std::uint32_t* hash = nullptr) const;
  /// The INVITE transaction of an ACK to a 2xx; `made_here`: only those whose 2xx was made here.
  Transaction* find_by_dialog(sip::Message& ack, bool made_here) const;
  Transaction* find_by_call(Text call_id, Text cseq) const;
  std::size_t size() const { return in_use_; }
  std::size_t capacity() const { return slots_.size(); }
  Transaction* slot(std::size_t index) const { return slots_[index]; }
  double probes_each() const { return requests_.probes_each(); }
  std::size_t requests_in_memory() const { return requests_in_memory_; }
  /// Memory of whole requests; null when memory ends.
  void* take_request();
  void give_request(void* request);

 private:
  Transaction* take();
  const Preferences defaults_;         ///< the module's parameters
  sip::SlabPool memory_{(sizeof(Transaction) + 7) / 8 * 8};
  bool matches(Transaction& transaction, sip::Message& message, Text method) const;
  bool matches_remains(const Transaction& transaction, sip::Message& message, Text method) const;
  static bool matches_old(const Transaction& transaction, sip::Message& other, sip::Message& message);
  std::vector<Transaction*> slots_;
  std::vector<std::uint32_t> free_;
  HashIndex requests_, calls_;
  std::uint32_t next_label_;
  sip::SlabPool requests_memory_{(sizeof(LiveMessage) + 7) / 8 * 8};
  std::size_t in_use_ = 0, requests_in_memory_ = 0;
  std::string tag_storage_[2];
};

/// The worker's table.
Table& table_of(Worker& worker);

/// Counters of all workers.
struct Totals : Stats {
  std::uint64_t current = 0, waiting = 0;   ///< those there are; those of them that have their final reply
};
Totals totals_of(const Process& process);

}  // namespace strowger::tm
