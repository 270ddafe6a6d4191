// Items from a database.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/database.h"

#include <map>
#include <unordered_set>

namespace strowger::htable {

std::vector<StoredItem> items_of(const db::Rows& rows, std::string_view size_suffix, Int now) {
  std::vector<StoredItem> out;
  std::map<std::string, Int> arrays;
  for (const db::Row& row : rows) {
    StoredItem item;
    item.key = db::text_in(row[0]);
    const Int expires = db::number_in(row[4]).value_or(0);
    if (now > 0 && expires > 0) {
      if (expires <= now) continue;
      item.seconds = expires - now;
    }
    if (db::number_in(row[1]).value_or(0) == 1) {
      Int& count = arrays[item.key];
      item.key += "[" + std::to_string(count++) + "]";
    }
    item.is_text = db::number_in(row[2]).value_or(0) != 1;
    if (item.is_text)
      item.text = db::text_in(row[3]);
    else
      item.number = db::number_in(row[3]).value_or(0);
    out.push_back(std::move(item));
  }
  for (const auto& [key, count] : arrays) out.push_back({key + std::string(size_suffix), false, {}, count, 0});
  return out;
}

bool replace_items(Table& table, Owner me, const std::vector<StoredItem>& items, Millis now) {
  std::unordered_set<std::string_view> keys;
  for (const StoredItem& item : items) {
    const Value value = item.is_text ? Value::of(Text(std::string_view(item.text))) : Value::of(item.number);
    if (table.put(me, std::string_view(item.key), value, now, item.seconds) != Written::Yes) return false;
    keys.insert(item.key);
  }
  return table.visit(me, now, [&](const Item& item) { return keys.contains(item.key().view()) ? Visit::Next : Visit::Remove; });
}

}  // namespace strowger::htable
