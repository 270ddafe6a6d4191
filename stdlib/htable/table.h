// A table of htable: text -> int or text, in memory, shared by all workers, with items that expire.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table is cut into shards by the hash of the key. A shard has a lock with an owner: a worker that holds it may take
// it again, so that a script can hold a key's shard (sht_lock) while it reads and writes. Writing a text that is no
// longer than the longest before allocates nothing.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/values.h"
#include "runtime/script/park.h"
#include "runtime/script/timer_wheel.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/scan.h"
#include "stdlib/htable/definition.h"
#include "stdlib/htable/hash_key.h"

namespace strowger::htable {

inline constexpr std::size_t kMaxKey = 65535;
inline constexpr std::size_t kMaxText = 1 << 20;

/// Who holds locks: the scripts of a worker (its index plus one, and a number once one of them has waited), and how they wait
/// for a lock; without `scripts` the thread waits.
struct Owner {
  Owner(std::uint32_t id, Scripts* scripts = nullptr) : id(id), scripts(scripts) {}   // NOLINT: implicit on purpose
  std::uint32_t id;
  Scripts* scripts;
};

/// An item, its key and its text in one piece of memory.
struct Item {
  Item* next;
  std::uint64_t hash;
  Millis expires;  ///< 0: never
  Int number;
  std::uint32_t key_length;
  std::uint32_t text_length;
  std::uint32_t capacity;  ///< bytes for text
  bool is_text;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  Text key() const { return {reinterpret_cast<const char*>(this + 1), key_length}; }
  Text text() const { return {reinterpret_cast<const char*>(this + 1) + key_length, text_length}; }
  bool is_over(Millis now) const { return expires != 0 && expires <= now; }
};
void free_items(Item* first);

/// What a visitor wants done with the item it saw.
enum class Visit : std::uint8_t { Next, Remove, Stop };

/// How a write went.
enum class Written : std::uint8_t { Yes, Busy, TooLong, NoMemory };

class Table {
 public:
  static constexpr unsigned kMaxShards = 64;
  Table(const Definition& definition, std::uint64_t hash_seed);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const Definition& definition() const { return definition_; }
  Text name() const { return std::string_view(definition_.name); }
  unsigned shards() const { return shard_mask_ + 1; }
  unsigned shard_of(Text key) const { return static_cast<unsigned>(hash(key)) & shard_mask_; }
  bool expires() const { return definition_.autoexpire > 0; }

  std::uint64_t hash(Text key) const { return hash_key(seed_, key); }
  /// The value, text copied into `arena`; initval or null where there is none. Failed when the shard stays locked.
  Value get(Owner me, Text key, Millis now, sip::Arena& arena) { return get(hash(key), me, key, now, arena); }
  Value get(std::uint64_t hash, Owner me, Text key, Millis now, sip::Arena& arena);
  /// Stores an int or a text. `seconds` > 0 says how long it lives, 0 leaves that to the table.
  Written put(Owner me, Text key, Value value, Millis now, Int seconds = 0) { return put(hash(key), me, key, value, now, seconds); }
  Written put(std::uint64_t hash, Owner me, Text key, Value value, Millis now, Int seconds);
  /// False when the shard stays locked.
  bool remove(Owner me, Text key);
  /// The number after adding; null for texts, and for absent keys of a table without initval.
  Value add(Owner me, Text key, Int by, Millis now);
  /// Seconds left, rounded up: 0 for absent items and those that do not expire, negative where the time is over.
  Int remaining(Owner me, Text key, Millis now);
  /// Seconds from now; 0 and less: the item does not expire. False when the shard stays locked.
  bool set_expiry(Owner me, Text key, Int seconds, Millis now);

  /// All items that have not expired: `visit(const Item&)` says what to do with each. False when a shard stays locked.
  template <class F>
  bool visit(Owner me, Millis now, F&& visit) {
    for (unsigned i = 0; i <= shard_mask_; ++i) {
      const Held held(*this, i, me);
      if (!held) return false;
      if (!visit_shard(shards_[i], now, visit)) return true;
    }
    return true;
  }
  bool clear(Owner me);

  /// The keys of a shard, into the first strings of `keys` (grown as needed); how many, -1 when it stays locked.
  int keys_of(Owner me, unsigned shard, Millis now, std::vector<std::string>& keys);
  /// Copies an item's value; false when it is not there (any more).
  bool copy(Owner me, Text key, Millis now, std::string& text, Int& number, bool& is_text);
  /// Takes out of a shard what has expired.
  Item* take_expired(Owner me, unsigned shard, Millis now);

  /// Locks for the script; false when another worker does not give the shard back for a long time.
  bool lock(Owner me, unsigned shard) { return acquire(shards_[shard], me); }
  void unlock(unsigned shard) { release(shards_[shard]); }

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint32_t> owner{0};
    std::uint32_t depth = 0;  ///< of the owner; written by it alone
    std::uint32_t mask = 0;
    std::uint32_t count = 0;
    std::unique_ptr<Item*[]> buckets;
    Item** bucket(std::uint64_t hash) const { return &buckets[(hash >> 6) & mask]; }
  };

  class Held {
   public:
    Held(Table& table, unsigned shard, Owner me) : shard_(table.shards_[shard]), good_(acquire(shard_, me)) {}
    ~Held() {
      if (good_) release(shard_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    explicit operator bool() const { return good_; }
    Shard& shard() const { return shard_; }

   private:
    Shard& shard_;
    bool good_;
  };

  static bool acquire(Shard& shard, const Owner& me) {
    std::uint32_t owner = 0;
    if (shard.owner.compare_exchange_strong(owner, me.id, std::memory_order_acquire, std::memory_order_relaxed) ||
        owner == me.id) {
      ++shard.depth;
      return true;
    }
    return wait(shard, me);
  }
  static bool wait(Shard& shard, const Owner& me);
  Value get_long_way(Owner me, Text key, Millis now, sip::Arena& arena);
  Written put_long_way(Owner me, Text key, Value value, Millis now, Int seconds);
  /// As acquire(), without waiting.
  static bool try_acquire(Shard& shard, std::uint32_t id) {
    std::uint32_t owner = 0;
    if (!shard.owner.compare_exchange_strong(owner, id, std::memory_order_acquire, std::memory_order_relaxed) && owner != id) return false;
    ++shard.depth;
    return true;
  }
  static void release(Shard& shard) {
    if (--shard.depth == 0) shard.owner.store(0, std::memory_order_release);
  }

  /// The pointer to the item of the key, or to the end of its bucket.
  static Item** find(Shard& shard, std::uint64_t hash, Text key) {
    Item** place = shard.bucket(hash);
    for (; *place; place = &(*place)->next)
      if ((*place)->hash == hash && (*place)->key_length == key.len && sip::same_bytes((*place)->key().ptr, key.ptr, key.len))
        break;
    return place;
  }
  static Item* make(std::uint64_t hash, Text key, std::uint32_t capacity);
  static bool store(Item*& item, Value value);
  static void drop(Shard& shard, Item** place);
  static void grow(Shard& shard);
  Written insert(Shard& shard, Item** place, std::uint64_t hash, Text key, Value value, Millis expires);
  Millis end_of_life(Millis now, Int seconds) const;

  template <class F>
  static bool visit_shard(Shard& shard, Millis now, F&& visit) {
    for (std::uint32_t b = 0; b <= shard.mask; ++b)
      for (Item** place = &shard.buckets[b]; *place;) {
        if ((*place)->is_over(now)) {
          place = &(*place)->next;
          continue;
        }
        switch (visit(static_cast<const Item&>(**place))) {
          case Visit::Next:
            place = &(*place)->next;
            break;
          case Visit::Remove:
            drop(shard, place);
            break;
          case Visit::Stop:
            return false;
        }
      }
    return true;
  }

  Definition definition_;
  std::uint64_t seed_;
  unsigned shard_mask_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace strowger::htable
