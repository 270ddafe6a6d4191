// Tables of databases, read as a whole: at start, or in a thread of their own when they are read again (aside.h).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/abi/values.h"

namespace strowger {
struct Process;
}

namespace strowger::db {

/// A field of a row; nothing is NULL.
using Field = std::variant<std::monostate, Int, double, std::string>;
using Row = std::vector<Field>;
using Rows = std::vector<Row>;

/// What a database module offers. The module db_SCHEME is for URLs SCHEME://..., and this is its state in Process::module_state,
/// made at its start, which comes before the start of the modules that are loaded below it.
struct Driver {
  /// All rows of a table in their order, the columns asked for in theirs. Nothing and `why` when that fails. May take its time;
  /// called from any thread.
  std::function<std::optional<Rows>(std::string_view url, std::string_view table, std::span<const std::string> columns, std::string& why)>
      load;
};

/// Finds the driver of the URL and loads. Nothing and `why` also where no loaded module has that scheme.
std::optional<Rows> load_table(const Process& process, std::string_view url, std::string_view table, std::span<const std::string> columns,
                               std::string& why);

/// Is the row of the table in table `version` (columns table_name and table_version) the wanted one? 0 where there is none. False and `why`.
bool has_version(const Process& process, std::string_view url, std::string_view table, Int wanted, std::string& why);

/// A field as a number: texts of digits, too. Nothing for NULL and other texts.
std::optional<Int> number_in(const Field& field);
/// A field as text, "" for NULL.
std::string text_in(const Field& field);
inline bool is_null(const Field& field) { return std::holds_alternative<std::monostate>(field); }

}  // namespace strowger::db
