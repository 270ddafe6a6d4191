// Functions over whole tables and single items.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "stdlib/htable/matcher.h"
#include "stdlib/htable/state.h"

namespace strowger {
namespace htable {
namespace {

enum class Part : std::uint8_t { Name, Value };

bool matches(const Matcher& matcher, const Item& item, Part part) {
  return part == Part::Name ? matcher.matches_name(item) : matcher.matches_value(item);
}

Code remove_matching(Call& call, Table* table, const std::optional<Matcher>& matcher, Part part) {
  if (!table || !matcher) return -1;
  const bool done = table->visit(state_of(call).me, now_of(call), [&](const Item& item) {
    return matches(*matcher, item, part) ? Visit::Remove : Visit::Next;
  });
  return done ? 1 : report_busy(call, *table);
}

/// "table=>pattern".
Code remove_pattern(Call& call, Text table_re, Part part) {
  Text pattern;
  Table* const table = find_table_key(call, table_re, pattern);
  return table ? remove_matching(call, table, Matcher::of_pattern(call, pattern), part) : -1;
}

Code find_matching(Call& call, Text name, Text op, Text operand, Part part) {
  Table* const table = find_table(call, name);
  if (!table || operand.empty()) return -1;
  const auto matcher = Matcher::of_operator(call, op, operand, false);
  if (!matcher) return -1;
  bool found = false;
  const bool done = table->visit(state_of(call).me, now_of(call), [&](const Item& item) {
    found = matches(*matcher, item, part);
    return found ? Visit::Stop : Visit::Next;
  });
  if (!done) return report_busy(call, *table);
  return found ? 1 : -1;
}

Code put(Call& call, Text name, Text key, Value value, Int seconds) {
  Table* const table = find_table(call, name);
  return table && !key.empty() ? report(call, *table, table->put(state_of(call).me, key, value, now_of(call), seconds)) : -1;
}

}  // namespace
}  // namespace htable

Code Htable::sht_print(Call& call) {
  htable::WorkerState& state = htable::state_of(call);
  for (const auto& entry : state.process->tables) {
    htable::Table& table = *entry.table;
    const bool done = table.visit(state.me, htable::now_of(call), [&](const htable::Item& item) {
      const Int left = item.expires ? (item.expires - htable::now_of(call) + 999) / 1000 : 0;
      const htable::Part part = item.is_text ? htable::Part::Name : htable::Part::Value;
      if (part == htable::Part::Name) {
        log_line(call, LogLevel::Err, "htable",
                 {table.name(), "=>", item.key(), " = \"", item.text(), "\", expires ", left});
      } else {
        log_line(call, LogLevel::Err, "htable",
                 {table.name(), "=>", item.key(), " = ", item.number, ", expires ", left});
      }
      return htable::Visit::Next;
    });
    if (!done) return htable::report_busy(call, table);
  }
  return 1;
}

Code Htable::sht_rm(Call& call, Text table, Text name) {
  htable::Table* const found = htable::find_table(call, table);
  if (!found || name.empty()) return -1;
  return found->remove(htable::state_of(call).me, name) ? 1 : htable::report_busy(call, *found);
}

Code Htable::sht_rm_name_re(Call& call, Text table_re) {
  return htable::remove_pattern(call, table_re, htable::Part::Name);
}
Code Htable::sht_rm_value_re(Call& call, Text table_re) {
  return htable::remove_pattern(call, table_re, htable::Part::Value);
}

Code Htable::sht_rm_name(Call& call, Text table, Text op, Text val) {
  return htable::remove_matching(call, htable::find_table(call, table),
                                 htable::Matcher::of_operator(call, op, val, true), htable::Part::Name);
}

Code Htable::sht_rm_value(Call& call, Text table, Text op, Text val) {
  return htable::remove_matching(call, htable::find_table(call, table),
                                 htable::Matcher::of_operator(call, op, val, true), htable::Part::Value);
}

Code Htable::sht_match_name(Call& call, Text table, Text op, Text val) {
  return htable::find_matching(call, table, op, val, htable::Part::Name);
}

Code Htable::sht_match_str_value(Call& call, Text table, Text op, Text val) {
  return htable::find_matching(call, table, op, val, htable::Part::Value);
}

Code Htable::sht_lock(Call& call, Text table_key) {
  htable::WorkerState& state = htable::state_of(call);
  Text key;
  htable::Table* const table = htable::find_table_key(call, table_key, key);
  if (!table) return -1;
  if (state.lock_count == htable::kMaxLocks) {
    log_line(call, LogLevel::Err, "htable", {"sht_lock(): ", htable::kMaxLocks, " locks are held already"});
    return -1;
  }
  const unsigned shard = table->shard_of(key);
  if (!table->lock(state.me, shard)) return htable::report_busy(call, *table);
  state.locks[state.lock_count++] = {table, shard};
  return 1;
}

Code Htable::sht_unlock(Call& call, Text table_key) {
  htable::WorkerState& state = htable::state_of(call);
  Text key;
  htable::Table* const table = htable::find_table_key(call, table_key, key);
  if (!table) return -1;
  const unsigned shard = table->shard_of(key);
  for (int i = state.lock_count; i-- > 0;) {
    if (state.locks[i].table != table || state.locks[i].shard != shard) continue;
    state.locks[i] = state.locks[--state.lock_count];
    table->unlock(shard);
    return 1;
  }
  log_line(call, LogLevel::Warn, "htable", {"sht_unlock(): \"", table_key, "\" is not locked here"});
  return 1;
}

Code Htable::sht_reset(Call& call, Text table) {
  htable::Table* const found = htable::find_table(call, table);
  if (!found) return -1;
  return found->clear(htable::state_of(call).me) ? 1 : htable::report_busy(call, *found);
}

Code Htable::sht_setxs(Call& call, Text table, Text name, Text str, Int ex) {
  return htable::put(call, table, name, Value::of(str.is_null() ? Text("") : str), ex);
}

Code Htable::sht_setxi(Call& call, Text table, Text name, Int value, Int ex) {
  return htable::put(call, table, name, Value::of(value), ex);
}

}  // namespace strowger
