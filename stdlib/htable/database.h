// Items of a table that come from a database.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/script/database.h"
#include "stdlib/htable/table.h"

namespace strowger::htable {

struct StoredItem {
  std::string key;
  bool is_text = true;
  std::string text;
  Int number = 0;
  Int seconds = 0;      ///< that it lives; 0 leaves that to the table
};

/// From rows of key_name, key_type, value_type, key_value, expires. Rows of key_type 1 are elements of an array: KEY[0], KEY[1] ..., and
/// how many in KEY and `size_suffix`. `now`: seconds since 1970, for the times in `expires`; 0: these do not count.
std::vector<StoredItem> items_of(const db::Rows& rows, std::string_view size_suffix, Int now);

/// Puts the items into the table and takes out all others. False when a shard stays locked or memory is short.
bool replace_items(Table& table, Owner me, const std::vector<StoredItem>& items, Millis now);

}  // namespace strowger::htable
