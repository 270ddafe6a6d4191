// What queries of scripts gave, by the names that the script has for it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/database.h"

namespace strowger::sqlops {

/// A worker's state. It outlives messages, as a process's results do in 5.6.3. A script that waits sees what it left when it goes on;
/// others see it, too, meanwhile: tables do not change.
struct Results {
  std::map<std::string, std::shared_ptr<const db::Table>, std::less<>> tables;
  std::vector<Int> changed;              ///< rows written by the last statement, by connection
  bool is_empty() const { return tables.empty() && changed.empty(); }
};

/// The table of that name; null when there is none.
const db::Table* find_table(const Results& results, Text name);

/// A field as scripts see it: numbers (a time is its seconds since 1970), texts (a view of it); NULL and fractions are undefined.
Value value_of(const db::Field& field);

/// $dbr
Value read(Call& call, const Results& results, const Path& key);

/// Makes an xavp of each row; false when memory ends.
bool make_xavps(Call& call, Text name, const db::Table& table);

/// Sets the variables to the rows' fields, the last row first; false (logged) where that cannot be.
bool set_variables(Call& call, const Path& variables, const db::Table& table);

}  // namespace strowger::sqlops
