// Answers that were given before (RFC 1035 §7.4, RFC 2308, RFC 8767). One cache for all workers of a process.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/dns/records.h"

namespace strowger::dns {

/// The dns_cache_* parameters.
struct CacheLimits {
  bool on = true;                          ///< use_dns_cache
  std::uint32_t min_ttl = 0, max_ttl = UINT32_MAX, negative_ttl = 60;   ///< seconds
  std::size_t bytes = 500 * 1024;          ///< dns_cache_mem
  bool delete_nonexpired = false;          ///< a full cache forgets what was not used for longest; else new answers are not kept
  std::int64_t sweep = 120000;             ///< milliseconds: dns_cache_gc_interval
};

/// Thread-safe. Times are milliseconds of one monotonic clock.
class Cache {
 public:
  static constexpr std::int64_t kStale = 3600000;      ///< how long an answer that has expired may stand in for a dead server
  static constexpr std::int64_t kStaleAgain = 30000;   ///< how long it stands in before the servers are asked again

  explicit Cache(const CacheLimits& limits) : limits_(limits) {}

  /// What is known now; null when somebody has to be asked. `name` in lower case.
  SharedAnswer find(std::string_view name, Type type, std::int64_t now);
  /// Keeps what a server said, or that none did, and gives what to go on with: that, or after a failure what was known before.
  SharedAnswer put(std::string_view name, Type type, Answer answer, std::int64_t now);
  /// Adds a record to what add() gave the name before, in place of what servers said, for the record's time to live,
  /// or for ever.
  void add(std::string_view name, Type type, Record record, bool for_ever, std::int64_t now);
  /// False when there is none.
  bool remove(std::string_view name, Type type);
  /// All, but for what never expires unless `fixed`.
  void clear(bool fixed);

  struct Entry {
    std::string key;                       ///< two octets of the type, then the name
    SharedAnswer answer;
    std::int64_t expires = 0;              ///< by its TTL
    std::int64_t given_until = 0;          ///< the same, or later where it stands in for a dead server
    std::int64_t used = 0;
    std::size_t bytes = 0;
    bool fixed = false, added = false;     ///< never expires; made by add()
    std::string_view name() const { return std::string_view(key).substr(2); }
    Type type() const { return static_cast<Type>(static_cast<unsigned char>(key[0]) << 8 | static_cast<unsigned char>(key[1])); }
  };
  /// Copies of all entries, the ones used last first; `most` at most.
  std::vector<Entry> entries(std::size_t most) const;
  std::optional<Entry> entry(std::string_view name, Type type) const;
  static std::string key_of(std::string_view name, Type type);

  struct Numbers { std::size_t entries = 0, bytes = 0; std::uint64_t hits = 0, misses = 0, stale = 0, full = 0; };
  Numbers numbers() const;
  const CacheLimits& limits() const { return limits_; }

 private:
  using List = std::list<Entry>;
  List::iterator find_entry(std::string_view key);
  void drop(List::iterator entry);
  void sweep(std::int64_t now);
  bool make_room(std::size_t bytes, std::int64_t now);
  Entry* store(std::string key, SharedAnswer answer, std::int64_t expires, bool fixed, std::int64_t now);

  const CacheLimits limits_;
  mutable std::mutex mutex_;
  List list_;                              ///< used last first
  std::unordered_map<std::string_view, List::iterator> map_;   ///< keys lie in the entries
  Numbers numbers_;
  std::int64_t swept_ = 0;
};

}  // namespace strowger::dns
