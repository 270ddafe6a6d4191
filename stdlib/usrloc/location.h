// The location table: address of record -> contacts, in memory, shared by all workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table is cut into shards by the hash of the address of record; each has a lock that is held for memory operations
// only. Registering anew with texts that are no longer than before allocates nothing.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/core_hash.h"
#include "runtime/script/streams.h"
#include "stdlib/usrloc/contact.h"
#include "stdlib/usrloc/short_lock.h"

namespace strowger::usrloc {

inline constexpr std::size_t kMaxAor = 255;
inline constexpr int kMaxContactsPerAor = 512;  ///< whatever max_contacts says
inline constexpr std::size_t kMaxText = 4096;   ///< of any text of a contact
inline constexpr int kMaxTables = 16;

/// How two contacts are found to be the same (modparam matching_mode). Paths are compared where the new contact has
/// one.
enum class Matching : std::uint8_t { Address, AddressAndCallId, AddressAndPath, CallId };

struct TableOptions {
  Matching matching = Matching::Address;
  bool newest_first = false;  ///< else by q, older first
  std::uint32_t hash_seed = 0;
};

/// A contact in the table, with its texts behind it in the same piece of memory.
struct Entry {
  Entry* next;
  Contact contact;
  std::uint32_t capacity;  ///< bytes for texts
};

struct Record;

/// A contact that ran out and is no longer in the table.
struct Expired {
  std::string aor;
  Entry* entry = nullptr;
  std::uint32_t hash = 0;
  Text table;                        ///< its name
};
void free_entry(Entry* entry);

class Table {
 public:
  static constexpr unsigned kShards = 64;
  Table(Text name, const TableOptions& options);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  Text name() const { return std::string_view(name_); }
  std::uint32_t hash(Text aor) const;
  std::uint64_t records() const;  ///< addresses of record with contacts
  std::uint64_t contacts() const;
  std::uint64_t expired() const { return expired_.load(std::memory_order_relaxed); }   ///< contacts that sweep() took out
  /// The addresses of record of one shard.
  std::vector<std::string> aors(unsigned shard) const;

  /// One address of record, locked as long as this lives. Do not run script code or send meanwhile.
  class Locked {
   public:
    Locked(Table& table, Text aor) : Locked(table, aor, table.hash(aor)) {}
    Locked(Table& table, Text aor, std::uint32_t hash);
    ~Locked();  ///< drops a record without contacts
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

    std::uint32_t hash() const { return hash_; }
    Entry* first() const;                       ///< in order: by q or time
    Entry* find(const Contact& contact) const;  ///< the same by instance and reg-id, or by matching mode
    Entry* find_ruid(Text ruid) const;
    int count() const;
    /// Copies `contact` and gives it its ruid. Null when there are kMaxContactsPerAor, a text is too long, or memory
    /// ran out.
    Entry* insert(const Contact& contact, Text ruid);
    /// Everything but the ruid (and an instance that is not given again) becomes that of `contact`. Null as insert().
    Entry* update(Entry* entry, const Contact& contact);
    void remove(Entry* entry);
    void remove_all();

   private:
    void link(Entry* entry);
    void unlink(Entry* entry);
    void place_again(Entry* entry);
    Table& table_;
    Text aor_;
    std::uint32_t hash_;
    Record** place_;  ///< where the record is linked in its bucket, or the end of it
  };

  /// Copies the contacts into `arena`; how many, -1 when the arena is full.
  int copy(Text aor, sip::Arena& arena, Contact*& out);
  /// Finds by ruid alone within the bucket of `hash` (temporary GRUUs). False when absent.
  bool copy_by_ruid(std::uint32_t hash, Text ruid, sip::Arena& arena, Contact& out);
  /// Takes out what ran out before `now` in one shard, and, where `streams` are given, whose connection is not there any more.
  void sweep(unsigned shard, std::int64_t now, const Streams* streams, std::vector<Expired>& out);

 private:
  struct alignas(64) Shard {
    mutable ShortLock lock;
    std::vector<Record*> buckets;  ///< a power of two; empty before the first record
    std::size_t records = 0, contacts = 0;
  };
  static void grow(Shard& shard);
  std::string name_;
  TableOptions options_;
  std::atomic<std::uint64_t> expired_{0};
  std::array<Shard, kShards> shards_;
};

/// What a process keeps: its tables, made when first named.
struct ProcessState {
  explicit ProcessState(const TableOptions& options) : options(options) {}
  TableOptions options;
  std::atomic<int> count{0};
  std::array<std::unique_ptr<Table>, kMaxTables> tables;
  std::mutex making;
  std::atomic<std::uint64_t> next_ruid{1};
  std::string ruid_prefix;  ///< "uloc-TIME-PID-"
  RouteFunction contact_expired = nullptr;
};

struct WorkerState {
  ProcessState* process = nullptr;
  unsigned next_shard = 0;
  std::int64_t owed = 0;  ///< shards to be swept, times timer_interval
};

/// The table of a name; null when there are kMaxTables others.
Table* find_table(Process& process, Text name);
/// The number by which tools know an address of record: its place in Kamailio's tables, not in ours.
inline std::uint32_t shown_hash(Text aor) { return core_hash_of(core_hash_sum(aor)); }
/// A new ruid in `out` (at least 64 bytes).
Text make_ruid(Process& process, char* out);
WorkerState& state_of(Worker& worker);
/// The contact that event_route[usrloc:contact-expired] is about; null in other routes.
const Expired* expired_in(const Call& call);
/// usrloc:* of stats.get_statistics.
void add_statistics(Process& process);

}  // namespace strowger::usrloc
