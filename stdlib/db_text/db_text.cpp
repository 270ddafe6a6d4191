// The driver for text:// URLs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

#include "db_text.interface.h"
#include "runtime/script/process.h"
#include "runtime/script/read_file.h"
#include "stdlib/db_text/table.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxFile = 256 * 1024 * 1024;

/// The file of a table; empty and `why` where the names can have none.
std::string path_of(std::string_view url, std::string_view table, std::string& why) {
  constexpr std::string_view kScheme = "text://";
  if (url.starts_with(kScheme) && !table.empty() && table.find('/') == table.npos)
    return std::string(url.substr(kScheme.size())) + "/" + std::string(table);
  why = "'" + std::string(url) + "' and table '" + std::string(table) + "' name no file";
  return {};
}

std::optional<db::Rows> load(std::string_view url, std::string_view table, std::span<const std::string> columns, std::string& why) {
  const std::string path = path_of(url, table, why);
  if (path.empty()) return std::nullopt;
  const auto content = read_file(path, kMaxFile);
  if (!content) {
    why = "'" + path + "' cannot be read";
    return std::nullopt;
  }
  db_text::Reading reading;
  reading.delimiter = DbText::Param::db_delim.empty() ? ':' : DbText::Param::db_delim.ptr[0];
  reading.empty_is_text = DbText::Param::emptystring != 0;
  reading.max_rows = static_cast<std::size_t>(std::max<Int>(DbText::Param::max_result_rows, 0));
  auto rows = db_text::parse_table(*content, columns, reading, why);
  if (!rows) why = path + ": " + why;
  return rows;
}

/// The rows of a file by the columns that a question goes by, until the file is another one.
struct Indexed {
  struct stat file = {};
  db::Rows rows;                           ///< the columns asked for, then those of the keys
  std::unordered_map<std::string, std::vector<std::size_t>> places;

  bool is_of(const struct stat& now) const {
    return now.st_ino == file.st_ino && now.st_size == file.st_size && now.st_mtim.tv_sec == file.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == file.st_mtim.tv_nsec;
  }
};

struct Driver : db::Driver {
  static constexpr std::size_t kMostIndexes = 64;
  std::mutex mutex;
  std::map<std::string, Indexed> indexes;   ///< by path, columns and keys
};

/// Texts are compared without regard to case, as Kamailio's db_text does.
void add_key(std::string& key, std::string_view text) {
  for (const char c : text) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  key += '\0';
}

std::optional<db::Rows> find(Driver& driver, std::string_view url, const db::Question& question, std::string& why) {
  struct stat now = {};
  if (question.table.empty()) {
    const std::string folder = path_of(url, ".", why);
    if (!folder.empty() && stat(folder.c_str(), &now) == 0 && S_ISDIR(now.st_mode)) return db::Rows();
    why = "'" + std::string(url) + "' is no folder";
    return std::nullopt;
  }
  const std::string path = path_of(url, question.table, why);
  if (path.empty()) return std::nullopt;
  if (stat(path.c_str(), &now) != 0) {
    why = "'" + path + "' cannot be read";
    return std::nullopt;
  }
  std::vector<std::string> columns = question.columns;
  std::string name = path + '\0' + std::to_string(columns.size()), wanted;
  for (const auto& [column, text] : question.keys) {
    columns.push_back(column);
    add_key(wanted, text);
  }
  for (const std::string& column : columns) name += '\0' + column;
  const std::lock_guard lock(driver.mutex);
  if (driver.indexes.size() == Driver::kMostIndexes && !driver.indexes.contains(name)) driver.indexes.clear();
  Indexed& index = driver.indexes[name];
  if (!index.is_of(now)) {
    index = {};
    auto rows = load(url, question.table, columns, why);
    if (!rows) return std::nullopt;
    index.rows = std::move(*rows);
    for (std::size_t i = 0; i < index.rows.size(); ++i) {
      std::string key;
      bool is_null = false;
      for (std::size_t k = question.columns.size(); k < columns.size(); ++k) {
        is_null = is_null || db::is_null(index.rows[i][k]);
        add_key(key, db::text_in(index.rows[i][k]));
      }
      if (!is_null) index.places[key].push_back(i);
    }
    index.file = now;
  }
  db::Rows found;
  if (const auto at = index.places.find(wanted); at != index.places.end())
    for (std::size_t i = 0; i < at->second.size() && i < question.most; ++i) {
      const db::Row& row = index.rows[at->second[i]];
      found.emplace_back(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(question.columns.size()));
    }
  return found;
}

}  // namespace

void DbText::start(Process& process) {
  auto* const driver = new Driver;
  driver->load = load;
  driver->find = [driver](std::string_view url, const db::Question& question, std::string& why) { return find(*driver, url, question, why); };
  process.module_state[slot] = static_cast<db::Driver*>(driver);
}

void DbText::stop(Process& process) {
  delete static_cast<Driver*>(static_cast<db::Driver*>(process.module_state[slot]));
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
