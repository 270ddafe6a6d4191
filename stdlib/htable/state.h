// What htable keeps in a process and in each worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "htable.interface.h"
#include "runtime/script/aside.h"
#include "runtime/script/call.h"
#include "runtime/script/database.h"
#include "stdlib/htable/table.h"

namespace strowger::htable {

inline constexpr int kMaxIterators = 4;
inline constexpr int kMaxLocks = 16;

/// Fixed after start; the tables lock themselves.
struct ProcessState {
  struct Entry {
    std::unique_ptr<Table> table;
    RouteFunction expired = nullptr;  ///< event_route[htable:expired:NAME]
  };
  std::vector<Entry> tables;
  std::vector<Table*> by_number;  ///< TableRef::number -> table; null where the script defines none
  Table* find(Text name) const;
  Aside aside;                    ///< reads tables again
};

/// The owner of locks that are taken while a table is read again.
inline constexpr std::uint32_t kReader = 0xffffffff;
/// Reads a table's items from its database and replaces what it has. False and `why`. `now`: milliseconds, and seconds since 1970.
bool load_items(const Process& process, Table& table, Owner me, Millis now, Int wall_seconds, std::string& why);

/// A walk over a table. It holds no lock between two steps: the keys of one shard are copied, then looked up one by
/// one.
struct Iterator {
  std::string name;
  Table* table = nullptr;  ///< null: free
  unsigned shard = 0;      ///< whose keys come next
  std::vector<std::string> keys;
  int count = 0, at = 0;
  bool has_item = false;
  std::string key, text;
  Int number = 0;
  bool is_text = false;
};

struct WorkerState {
  struct Lock {
    Table* table;
    unsigned shard;
  };
  ProcessState* process = nullptr;
  Table* const* by_number = nullptr;
  Owner me{0};
  Iterator iterators[kMaxIterators];
  Lock locks[kMaxLocks];  ///< of sht_lock(), not yet given back
  int lock_count = 0;
  std::uint32_t owners = 0;  ///< numbers in Owner::id
  unsigned next_step = 0;  ///< of the sweep
  std::int64_t owed = 0;   ///< steps to be done, times timer_interval
};

inline WorkerState& state_of(Worker& worker) { return worker.state<WorkerState>(Htable::slot); }
inline WorkerState& state_of(Call& call) { return state_of(*call.worker); }
inline Millis now_of(const Call& call) { return call.worker->now.mono; }

/// The table of a name given at run time; null and a log line when the script defines none.
Table* find_table(Call& call, Text name);
/// "table=>key"; null and a log line when it is none.
Table* find_table_key(Call& call, Text text, Text& key);
inline Table* table_of(WorkerState& state, const TableRef& ref) { return state.by_number[ref.number]; }
/// -1, and a log line.
Code no_table(Call& call, const TableRef& ref);
/// 1, or -1 and a log line.
Code report(Call& call, const Table& table, Written written);
Code report_busy(Call& call, const Table& table);
/// Gives back what sht_lock() took.
void release_locks(WorkerState& state);

}  // namespace strowger::htable
