// htable.*: items read and written by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/core_hash.h"
#include "runtime/script/rpc.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <map>

#include "stdlib/htable/hash_key.h"
#include "stdlib/htable/state.h"

namespace strowger {
namespace {

using htable::Item;
using htable::Table;
using htable::Visit;

constexpr std::string_view kBusy = "Table is locked";

struct Asked {
  Table* table = nullptr;
  std::string key;
};

htable::Owner me(const RpcCall& call) { return htable::state_of(call.worker).me; }
Millis now(const RpcCall& call) { return call.worker.now.mono; }

bool read_table(RpcCall& call, std::string_view too_few, Asked& out) {
  const auto name = call.next_text();
  if (!name) return call.fault(500, too_few), false;
  out.table = htable::state_of(call.worker).process->find(std::string_view(*name));
  if (!out.table) return call.fault(500, "No such htable"), false;
  return true;
}

/// Table and key; `value`: one more parameter must follow. False after a fault.
bool read(RpcCall& call, std::string_view too_few, Asked& out, bool value = false) {
  const auto name = call.next_text();
  auto key = name ? call.next_text() : std::nullopt;
  if (!key || (value && !call.more())) return call.fault(500, too_few), false;
  out.key = std::move(*key);
  out.table = htable::state_of(call.worker).process->find(std::string_view(*name));
  if (!out.table) return call.fault(500, "No such htable"), false;
  return true;
}

bool has(RpcCall& call, const Asked& asked) {
  std::string text;
  Int number = 0;
  bool is_text = false;
  return asked.table->copy(me(call), std::string_view(asked.key), now(call), text, number, is_text);
}

/// "2026-11-22 00:41:02", local time.
std::string shown_time(std::int64_t seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[64];
  if (!localtime_r(&time, &parts)) return {};
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts));
}

/// The item's place in a table of 2^size entries, as Kamailio shows it.
std::uint32_t entry_of(Text key, unsigned size) {
  return core_hash_of(core_hash_sum(key)) & ((1U << size) - 1);
}

void put(RpcCall& call, const Asked& asked, Value value) {
  switch (asked.table->put(me(call), std::string_view(asked.key), value, now(call))) {
    case htable::Written::Yes: return call.reply.add(std::string_view("Ok. Key set to new value."));
    case htable::Written::Busy: return call.fault(500, kBusy);
    case htable::Written::TooLong: return call.fault(500, "Key or value too long");
    case htable::Written::NoMemory: return call.fault(500, "Not enough memory");
  }
}

constexpr std::string_view kNeedsValue = "Not enough parameters (htable name, key name and value)";

/// How many items each place has.
std::map<std::uint32_t, std::size_t> places(RpcCall& call, Table& table) {
  std::map<std::uint32_t, std::size_t> counts;
  const unsigned size = std::min(table.definition().size, 31U);
  const bool done = table.visit(me(call), now(call), [&](const Item& item) {
    ++counts[entry_of(item.key(), size)];
    return Visit::Next;
  });
  if (!done) call.fault(500, kBusy);
  return counts;
}

}  // namespace

void Htable::rpc_htable_get(RpcCall& call) {
  Asked asked;
  if (!read(call, "Not enough parameters (htable name and key name)", asked)) return;
  std::string text;
  Int number = 0;
  bool is_text = false;
  const Text key = std::string_view(asked.key);
  if (!asked.table->copy(me(call), key, now(call), text, number, is_text)) return call.fault(500, "Key name doesn't exist in htable.");
  const Int left = asked.table->remaining(me(call), key, now(call));
  RpcReply& out = call.reply;
  out.begin_struct();
  out.begin_struct("item");
  out.add_named("name", key);
  if (is_text) out.add_named("value", std::string_view(text));
  else out.add_named("value", number);
  out.add_named("flags", Int{is_text ? 2 : 0});
  if (left > 0) out.add_named("expire", std::string_view(shown_time(call.worker.now.wall_seconds() + left)));
  else out.add_named("expire", "NEVER");
  out.end_struct();
  out.end_struct();
}

void Htable::rpc_htable_sets(RpcCall& call) {
  Asked asked;
  if (!read(call, kNeedsValue, asked, true)) return;
  const auto text = call.next_text_of_any();
  if (!text) return call.fault(500, kNeedsValue);
  put(call, asked, Value::of(Text(std::string_view(*text))));
}

void Htable::rpc_htable_seti(RpcCall& call) {
  Asked asked;
  if (!read(call, kNeedsValue, asked, true)) return;
  const auto number = call.next_int_of_any();
  if (!number) return call.fault(500, kNeedsValue);
  put(call, asked, Value::of(*number));
}

void Htable::rpc_htable_setex(RpcCall& call) {
  Asked asked;
  constexpr std::string_view kNeeds = "Not enough parameters (htable name, item name and expire)";
  if (!read(call, kNeeds, asked, true)) return;
  const auto seconds = call.next_int_of_any();
  if (!seconds) return call.fault(500, kNeeds);
  if (!asked.table->set_expiry(me(call), std::string_view(asked.key), *seconds, now(call))) return call.fault(500, kBusy);
  call.reply.add(std::string_view("Ok"));
}

void Htable::rpc_htable_delete(RpcCall& call) {
  Asked asked;
  if (!read(call, "Not enough parameters (htable name & key name", asked)) return;
  if (!has(call, asked)) return call.fault(404, "Key not found in htable.");
  if (!asked.table->remove(me(call), std::string_view(asked.key))) return call.fault(500, kBusy);
  call.reply.add(std::string_view("Ok. Key deleted."));
}

void Htable::rpc_htable_flush(RpcCall& call) {
  Asked asked;
  if (!read_table(call, "No htable name given", asked)) return;
  if (!asked.table->clear(me(call))) return call.fault(500, kBusy);
  call.reply.add(std::string_view("Ok. Htable flushed."));
}

/// The items by place. Stops at what a reply may have.
void Htable::rpc_htable_dump(RpcCall& call) {
  struct Copy {
    std::string key, text;
    Int number;
    bool is_text;
  };
  Asked asked;
  if (!read_table(call, "No htable name given", asked)) return;
  std::map<std::uint32_t, std::vector<Copy>> all;
  std::size_t bytes = 0;
  const unsigned size = std::min(asked.table->definition().size, 31U);
  const bool done = asked.table->visit(me(call), now(call), [&](const Item& item) {
    bytes += item.key_length + item.text_length + 64;
    if (bytes > RpcReply::kMaxBytes) return Visit::Stop;
    all[entry_of(item.key(), size)].push_back(
        {std::string(item.key().view()), std::string(item.is_text ? item.text().view() : std::string_view()), item.number, item.is_text});
    return Visit::Next;
  });
  if (!done) return call.fault(500, kBusy);
  if (bytes > RpcReply::kMaxBytes) return call.fault(500, "Reply too big");
  RpcReply& out = call.reply;
  for (auto& [entry, items] : all) {
    std::sort(items.begin(), items.end(), [](const Copy& a, const Copy& b) { return a.key < b.key; });
    out.begin_struct();
    out.add_named("entry", static_cast<Int>(entry));
    out.add_named("size", static_cast<Int>(items.size()));
    out.begin_array("slot");
    for (const Copy& item : items) {
      out.begin_struct();
      out.add_named("name", std::string_view(item.key));
      if (item.is_text) out.add_named("value", std::string_view(item.text));
      else out.add_named("value", item.number);
      out.add_named("type", item.is_text ? "str" : "int");
      out.end_struct();
    }
    out.end_array();
    out.end_struct();
  }
}

void Htable::rpc_htable_reload(RpcCall& call) {
  if (Htable::Param::db_url.empty()) return call.fault(500, "No htable db_url");
  Asked asked;
  if (!read_table(call, "No htable name given", asked)) return;
  if (asked.table->definition().database_table.empty()) return call.fault(500, "No database htable");
  const auto good = std::make_shared<std::atomic<bool>>(false);
  const Aside::Result result = htable::state_of(call.worker).process->aside.run(
      call.worker, [good, process = &call.process(), table = asked.table, time = call.worker.now] {
        std::string why;
        *good = htable::load_items(*process, *table, htable::kReader, time.mono, time.wall_seconds(), why);
        if (!*good) process->log.write(LogLevel::Err, "htable: " + why);
      });
  if (result == Aside::Result::Busy) return call.fault(500, "Ongoing reload");
  *good ? call.reply.add(std::string_view("Ok. Htable reloaded.")) : call.fault(500, "Failed to reload htable");
}

/// Tables, the one that was defined last first.
void Htable::rpc_htable_listTables(RpcCall& call) {
  const auto& tables = htable::state_of(call.worker).process->tables;
  RpcReply& out = call.reply;
  for (auto entry = tables.rbegin(); entry != tables.rend(); ++entry) {
    const htable::Definition& definition = entry->table->definition();
    out.begin_struct();
    out.add_named("name", std::string_view(definition.name));
    out.add_named("dbtable", std::string_view(definition.database_table));
    out.add_named("dbmode", Int{0});
    out.add_named("expire", definition.autoexpire);
    out.add_named("updateexpire", Int{definition.update_expire ? 1 : 0});
    out.add_named("size", Int{1} << std::min(definition.size, 62U));
    out.add_named("dmqreplicate", Int{0});
    out.end_struct();
  }
}

void Htable::rpc_htable_stats(RpcCall& call) {
  const auto& tables = htable::state_of(call.worker).process->tables;
  RpcReply& out = call.reply;
  for (auto entry = tables.rbegin(); entry != tables.rend(); ++entry) {
    const htable::Definition& definition = entry->table->definition();
    const auto counts = places(call, *entry->table);
    const std::uint64_t slots = std::uint64_t{1} << std::min(definition.size, 31U);
    std::size_t sum = 0, most = 0, least = counts.size() < slots ? 0 : SIZE_MAX;
    for (const auto& [place, count] : counts) {
      sum += count;
      most = std::max(most, count);
      least = std::min(least, count);
    }
    out.begin_struct();
    out.add_named("name", std::string_view(definition.name));
    out.add_named("slots", static_cast<Int>(slots));
    out.add_named("all", static_cast<Int>(sum));
    out.add_named("min", static_cast<Int>(least));
    out.add_named("max", static_cast<Int>(most));
    out.end_struct();
  }
}

}  // namespace strowger
