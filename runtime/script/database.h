// Tables of databases, read as a whole: at start, or in a thread of their own when they are read again (aside.h). Rows are added
// by a thread of their own, too (stored_rows.h), and questions while the proxy runs are answered by one (queries.h).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
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

/// A time as databases have it, in seconds since 1970.
struct Moment { std::int64_t seconds = 0; };

/// A field of a row; nothing is NULL.
using Field = std::variant<std::monostate, Int, double, std::string, Moment>;
using Row = std::vector<Field>;
using Rows = std::vector<Row>;

/// A row to add. Columns that are not named get their defaults.
struct NewRow {
  std::string table;
  std::shared_ptr<const std::vector<std::string>> columns;
  Row fields;                            ///< as many as columns
};

/// A question: the rows of a table whose key columns equal these texts (a number equals its digits, NULL nothing).
struct Question {
  std::string table;
  std::vector<std::string> columns;      ///< that the rows of the answer have, in this order
  std::vector<std::pair<std::string, std::string>> keys;   ///< columns and texts, one at least
  std::size_t most = 100;                ///< rows; further ones are left out
};

/// A statement in SQL, of the script's own. What it gives is bounded; more is an error.
struct Statement {
  std::string sql;
  std::size_t most_rows = 100'000;
  std::size_t most_bytes = 32 * 1024 * 1024;   ///< of the fields' texts, and of the fields themselves
};

/// What a statement gave.
struct Table {
  std::vector<std::string> columns;      ///< their names; none: a statement without rows
  Rows rows;
  Int changed = 0;                       ///< rows that it wrote
};

/// What a database module offers. The module db_SCHEME is for URLs SCHEME://..., and this is its state in Process::module_state,
/// made at its start, which comes before the start of the modules that are loaded below it.
struct Driver {
  /// All rows of a table in their order, the columns asked for in theirs. Nothing and `why` when that fails. May take its time;
  /// called from any thread.
  std::function<std::optional<Rows>(std::string_view url, std::string_view table, std::span<const std::string> columns, std::string& why)>
      load;
  /// Adds rows in their order. One that fails does not stop the others: `failed` is told. Without rows it only tries to open. False
  /// and `why` where the database cannot be opened or does not take rows now. One thread at a time; may take its time. Empty: the driver only reads, its
  /// .module file does not say `stores`.
  std::function<bool(std::string_view url, std::span<const NewRow> rows,
                     const std::function<void(const NewRow&, const std::string& why)>& failed, std::string& why)>
      store;
  /// The rows that the question asks for, in the table's order; without a table it only tries to open. Nothing and `why` where the table or a column is missing or the
  /// database cannot be read. May take its time; called from any thread. Modules ask through db::Queries (queries.h), so that no
  /// worker waits.
  std::function<std::optional<Rows>(std::string_view url, const Question& question, std::string& why)> find;
  /// Runs the first statement in the text; an empty one only tries to open. Fields are of the types that their columns declare. Nothing
  /// and `why` where it fails. As `find` otherwise. Empty: no SQL, the driver's .module file does not say `sql`.
  std::function<std::optional<Table>(std::string_view url, const Statement& statement, std::string& why)> run;
};

/// The driver of the URL: of the loaded module db_SCHEME; null when there is none.
const Driver* find_driver(const Process& process, std::string_view url);

/// The driver of a URL that a module asks (`find`). Null where there is none or the database cannot be opened: the reason is logged, `who`
/// begins the line, and the process does not start.
const Driver* driver_to_ask(Process& process, std::string_view who, std::string_view url);

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
