// The driver for sqlite:// URLs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sqlite3.h>
#include <strings.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "db_sqlite.interface.h"
#include "runtime/script/database.h"
#include "runtime/script/process.h"
#include "runtime/script/queries.h"

namespace strowger {
namespace {

constexpr int kPatience = 5000;          // milliseconds, while others write
constexpr std::size_t kMaxRows = 1'000'000;

struct Close {
  void operator()(sqlite3* file) const { sqlite3_close(file); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using File = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

std::string path_of(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite://";
  return url.starts_with(kScheme) ? std::string(url.substr(kScheme.size())) : std::string();
}

bool is_read_only(std::string_view path) {
  const TextList& list = DbSqlite::Param::db_set_readonly;
  for (std::uint64_t i = 0; i < list.count; ++i)
    if (list.items[i].view() == path) return true;
  return false;
}

/// The journal mode that the script wants for the file; empty: none.
std::string_view journal_mode_of(std::string_view path) {
  const TextList& list = DbSqlite::Param::db_set_journal_mode;
  for (std::uint64_t i = 0; i < list.count; ++i) {
    const std::string_view entry = list.items[i].view();
    if (const std::size_t at = entry.rfind('='); at != entry.npos && entry.substr(0, at) == path) return entry.substr(at + 1);
  }
  return {};
}

enum class Access { Read, Write, Create };   // the last as Kamailio's driver opens every file

File open(std::string_view url, Access access, std::string& why) {
  const std::string path = path_of(url);
  sqlite3* raw = nullptr;
  const bool writes = access != Access::Read && !is_read_only(path);
  const int flags = !writes ? SQLITE_OPEN_READONLY : access == Access::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int done = path.empty() ? SQLITE_CANTOPEN : sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  File file(raw);
  if (done != SQLITE_OK) {
    why = "'" + std::string(url) + "': " + sqlite3_errstr(done);
    return nullptr;
  }
  sqlite3_busy_timeout(file.get(), kPatience);
  const std::string mode(journal_mode_of(path));
  if (writes && !mode.empty() && sqlite3_exec(file.get(), ("PRAGMA journal_mode = " + mode).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    why = "journal mode " + mode + " of '" + path + "': " + sqlite3_errmsg(file.get());
    return nullptr;
  }
  return file;
}

/// A name of a table or column. (In SQLite's double quotes an unknown name would be a text.)
std::string quoted(std::string_view name) {
  std::string out = "`";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

Statement prepare(sqlite3* file, const std::string& sql, std::string& why) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(file, sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) why = sqlite3_errmsg(file);
  return Statement(raw);
}

std::string words_in(sqlite3_stmt* statement, int column) {
  const auto* const text = static_cast<const char*>(sqlite3_column_blob(statement, column));
  return std::string(text ? text : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

db::Field field_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return Int{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
    case SQLITE_NULL: return std::monostate();
    default: return words_in(statement, column);
  }
}

/// "SELECT `a`, `b` FROM `table`"
std::string selection(std::span<const std::string> columns, std::string_view table) {
  std::string sql = "SELECT ";
  for (const std::string& column : columns) sql += (&column == columns.data() ? "" : ", ") + quoted(column);
  return sql + " FROM " + quoted(table);
}

/// The rows of a statement, up to `most`; nothing and `why` where it fails.
std::optional<db::Rows> rows_of(sqlite3* file, sqlite3_stmt* statement, std::size_t columns, std::size_t most, std::string& why) {
  db::Rows rows;
  int done = SQLITE_OK;
  while (rows.size() < most && (done = sqlite3_step(statement)) == SQLITE_ROW) {
    db::Row row;
    for (std::size_t i = 0; i < columns; ++i) row.push_back(field_of(statement, static_cast<int>(i)));
    rows.push_back(std::move(row));
  }
  if (rows.size() == most || done == SQLITE_DONE) return rows;
  why = sqlite3_errmsg(file);
  return std::nullopt;
}

std::optional<db::Rows> load(std::string_view url, std::string_view table, std::span<const std::string> columns, std::string& why) {
  const File file = open(url, Access::Read, why);
  if (!file) return std::nullopt;
  const Statement statement = prepare(file.get(), selection(columns, table), why);
  if (!statement) return std::nullopt;
  auto rows = rows_of(file.get(), statement.get(), columns.size(), kMaxRows + 1, why);
  if (!rows || rows->size() <= kMaxRows) return rows;
  why = "table '" + std::string(table) + "' has more than " + std::to_string(kMaxRows) + " rows";
  return std::nullopt;
}

void bind(sqlite3_stmt* statement, int at, const db::Field& field) {
  if (const Int* number = std::get_if<Int>(&field)) {
    sqlite3_bind_int64(statement, at, *number);
  } else if (const double* fraction = std::get_if<double>(&field)) {
    sqlite3_bind_double(statement, at, *fraction);
  } else if (const std::string* text = std::get_if<std::string>(&field)) {
    sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
  } else if (const db::Moment* moment = std::get_if<db::Moment>(&field)) {   // the Julian day, as Kamailio's driver writes it
    sqlite3_bind_double(statement, at, 2440587.5 + static_cast<double>(moment->seconds) / 86400.0);
  } else {
    sqlite3_bind_null(statement, at);
  }
}

/// Null, or why it failed.
std::optional<std::string> insert(sqlite3* file, const db::NewRow& row) {
  std::string sql = "INSERT INTO " + quoted(row.table) + " (", marks;
  for (const std::string& column : *row.columns) {
    sql += (marks.empty() ? "" : ", ") + quoted(column);
    marks += marks.empty() ? "?" : ", ?";
  }
  std::string why;
  const Statement statement = prepare(file, sql + ") VALUES (" + marks + ")", why);
  if (!statement) return why;
  for (std::size_t i = 0; i < row.fields.size(); ++i) bind(statement.get(), static_cast<int>(i) + 1, row.fields[i]);
  if (sqlite3_step(statement.get()) == SQLITE_DONE) return std::nullopt;
  return sqlite3_errmsg(file);
}

/// Files stay open: those that rows are added to, those that questions are about, and those that statements are run in.
struct Driver : db::Driver {
  std::mutex mutex, find_mutex, run_mutex;
  std::map<std::string, File, std::less<>> files, asked, ran;
};

/// The file of the URL among those that are open, or opened now; null and `why`.
sqlite3* opened(std::map<std::string, File, std::less<>>& files, std::string_view url, Access access, std::string& why) {
  if (const auto found = files.find(url); found != files.end()) return found->second.get();
  File file = open(url, access, why);
  return file ? files.emplace(url, std::move(file)).first->second.get() : nullptr;
}

/// Texts of digits are compared as the column's type asks for (SQLite's affinity).
std::optional<db::Rows> find(Driver& driver, std::string_view url, const db::Question& question, std::string& why) {
  const std::lock_guard lock(driver.find_mutex);
  sqlite3* const file = opened(driver.asked, url, Access::Read, why);
  if (!file) return std::nullopt;
  if (question.table.empty()) return db::Rows();
  std::string sql = selection(question.columns, question.table);
  for (const auto& [column, text] : question.keys) sql += (&column == &question.keys[0].first ? " WHERE " : " AND ") + quoted(column) + " = ?";
  const Statement statement = prepare(file, sql, why);
  if (!statement) return std::nullopt;
  int at = 0;
  for (const auto& [column, text] : question.keys)
    sqlite3_bind_text(statement.get(), ++at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  return rows_of(file, statement.get(), question.columns.size(), question.most, why);
}

bool store(Driver& driver, std::string_view url, std::span<const db::NewRow> rows,
           const std::function<void(const db::NewRow&, const std::string&)>& failed, std::string& why) {
  if (rows.empty()) return open(url, Access::Write, why) != nullptr;
  const std::lock_guard lock(driver.mutex);
  sqlite3* const file = opened(driver.files, url, Access::Write, why);
  if (!file) return false;
  // One transaction: one write to the disk. Where it cannot begin (somebody else writes), the rows wait.
  if (sqlite3_exec(file, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
    why = sqlite3_errmsg(file);
    return false;
  }
  for (const db::NewRow& row : rows)
    if (const auto reason = insert(file, row)) failed(row, *reason);
  if (sqlite3_exec(file, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) return true;
  const std::string reason = sqlite3_errmsg(file);
  sqlite3_exec(file, "ROLLBACK", nullptr, nullptr, nullptr);
  for (const db::NewRow& row : rows) failed(row, reason);
  return true;
}

/// What a column of a statement's rows holds.
enum class Holds { Number, BigNumber, Fraction, Words, Time };

/// By the type that its table declares; where there is none, as of expressions, by the value in the first row.
Holds holds(sqlite3_stmt* statement, int column) {
  const char* const declared = sqlite3_column_decltype(statement, column);
  if (!declared) {
    const int type = sqlite3_column_type(statement, column);
    return type == SQLITE_INTEGER ? Holds::Number : type == SQLITE_FLOAT ? Holds::Fraction : Holds::Words;
  }
  const auto has = [&](const char* word) { return strcasestr(declared, word) != nullptr; };
  if (strncasecmp(declared, "BIGINT", 6) == 0) return Holds::BigNumber;
  if (has("INT")) return Holds::Number;
  if (has("CHAR") || has("CLOB") || has("TEXT") || has("BLOB")) return Holds::Words;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Holds::Fraction;
  return has("DATE") || has("TIME") ? Holds::Time : Holds::Number;
}

/// "2020-01-02 03:04:05" in UTC, as SQLite's own functions write it, or a Julian day.
db::Moment time_in(sqlite3_stmt* statement, int column) {
  std::tm parts = {};
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text && std::sscanf(text, "%4d-%2d-%2d%*1[ T]%2d:%2d:%2d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) >= 3) {
    parts.tm_year -= 1900;
    --parts.tm_mon;
    return {timegm(&parts)};
  }
  const double seconds = (sqlite3_column_double(statement, column) - 2440587.5) * 86400.0;
  return {std::abs(seconds) < 1e15 ? static_cast<Int>(std::floor(seconds + 0.5)) : 0};
}

db::Field typed_field(sqlite3_stmt* statement, int column, Holds holds) {
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) return std::monostate();
  switch (holds) {
    case Holds::Number: return Int{sqlite3_column_int64(statement, column)};
    case Holds::BigNumber: return std::to_string(sqlite3_column_int64(statement, column));   // a text, as 5.6.3 has it
    case Holds::Fraction: return sqlite3_column_double(statement, column);
    case Holds::Time: return time_in(statement, column);
    default: return words_in(statement, column);
  }
}

/// Ends a statement that takes longer than anybody waits for it.
struct Deadline {
  explicit Deadline(sqlite3* file) : file_(file) {
    sqlite3_progress_handler(file, 10'000, [](void* self) { return std::chrono::steady_clock::now() > static_cast<Deadline*>(self)->end_ ? 1 : 0; }, this);
  }
  ~Deadline() { sqlite3_progress_handler(file_, 0, nullptr, nullptr); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  sqlite3* file_;
  const std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(db::Queries::kLongest);
};

/// The rows of a statement; nothing and `why` where it fails or they are too many.
std::optional<db::Table> table_of(sqlite3* file, sqlite3_stmt* statement, const db::Statement& limits, std::string& why) {
  db::Table table;
  std::vector<Holds> kinds;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* const name = sqlite3_column_name(statement, i);
    table.columns.emplace_back(name ? name : "");
  }
  std::size_t bytes = 0;
  int done = SQLITE_OK;
  while ((done = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; table.rows.empty() && i < sqlite3_column_count(statement); ++i) kinds.push_back(holds(statement, i));
    db::Row row;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      row.push_back(typed_field(statement, static_cast<int>(i), kinds[i]));
      const auto* const words = std::get_if<std::string>(&row.back());
      bytes += sizeof(db::Field) + (words ? words->size() : 0);
    }
    table.rows.push_back(std::move(row));
    if (table.rows.size() > limits.most_rows || bytes > limits.most_bytes) {
      why = "more than " + (bytes > limits.most_bytes ? std::to_string(limits.most_bytes) + " bytes" : std::to_string(limits.most_rows) + " rows");
      return std::nullopt;
    }
  }
  if (done != SQLITE_DONE) {
    why = sqlite3_errmsg(file);
    return std::nullopt;
  }
  if (!sqlite3_stmt_readonly(statement)) table.changed = sqlite3_changes(file);
  return table;
}

std::optional<db::Table> run(Driver& driver, std::string_view url, const db::Statement& wanted, std::string& why) {
  const std::lock_guard lock(driver.run_mutex);
  sqlite3* const file = opened(driver.ran, url, Access::Create, why);
  if (!file) return std::nullopt;
  if (wanted.sql.empty()) return db::Table();
  const Deadline deadline(file);
  const Statement statement = prepare(file, wanted.sql, why);
  if (!statement) {
    if (why.empty()) why = "there is no statement";
    return std::nullopt;
  }
  std::optional<db::Table> table = table_of(file, statement.get(), wanted, why);
  if (sqlite3_get_autocommit(file) != 0) return table;
  // The connection is everybody's: what others ask next would be part of it.
  sqlite3_reset(statement.get());
  sqlite3_exec(file, "ROLLBACK", nullptr, nullptr, nullptr);
  why = "a transaction over several statements is not possible";
  return std::nullopt;
}

}  // namespace

void DbSqlite::start(Process& process) {
  auto* const driver = new Driver;
  driver->load = load;
  driver->store = [driver](std::string_view url, std::span<const db::NewRow> rows, const auto& failed, std::string& why) {
    return store(*driver, url, rows, failed, why);
  };
  driver->find = [driver](std::string_view url, const db::Question& question, std::string& why) { return find(*driver, url, question, why); };
  driver->run = [driver](std::string_view url, const db::Statement& statement, std::string& why) { return run(*driver, url, statement, why); };
  process.module_state[slot] = static_cast<db::Driver*>(driver);
}

void DbSqlite::stop(Process& process) {
  delete static_cast<Driver*>(static_cast<db::Driver*>(process.module_state[slot]));
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
