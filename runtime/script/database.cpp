// Tables of databases: finding the driver, versions, fields.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/database.h"

#include <charconv>

#include "runtime/script/process.h"

namespace strowger::db {

const Driver* find_driver(const Process& process, std::string_view url) {
  const std::string module = "db_" + std::string(url.substr(0, url.find(':')));
  for (std::uint64_t i = 0; i < process.image.module_count; ++i)
    if (const void* const state = process.module_state[i]; state && process.image.modules[i].name.view() == module)
      return static_cast<const Driver*>(state);
  return nullptr;
}

const Driver* driver_to_ask(Process& process, std::string_view who, std::string_view url) {
  std::string why = "no module for the database '" + std::string(url) + "' is loaded above";
  const Driver* const driver = find_driver(process, url);
  if (driver && driver->find && driver->find(url, {}, why)) return driver;
  process.log.write(LogLevel::Crit, std::string(who) + ": " + why);
  process.failed = true;
  return nullptr;
}

std::optional<Rows> load_table(const Process& process, std::string_view url, std::string_view table, std::span<const std::string> columns,
                               std::string& why) {
  if (const Driver* const driver = find_driver(process, url)) return driver->load(url, table, columns, why);
  why = "no module for the database '" + std::string(url) + "' is loaded above";
  return std::nullopt;
}

bool has_version(const Process& process, std::string_view url, std::string_view table, Int wanted, std::string& why) {
  const std::string columns[] = {"table_name", "table_version"};
  const std::optional<Rows> rows = load_table(process, url, "version", columns, why);
  if (!rows) return false;
  Int found = 0;
  for (const Row& row : *rows)
    if (text_in(row[0]) == table) found = number_in(row[1]).value_or(0);
  if (found == wanted) return true;
  why = "table '" + std::string(table) + "' has version " + std::to_string(found) + " in table 'version', wanted is " + std::to_string(wanted);
  return false;
}

std::optional<Int> number_in(const Field& field) {
  if (const Int* number = std::get_if<Int>(&field)) return *number;
  const std::string* text = std::get_if<std::string>(&field);
  Int number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ptr != text->data() + text->size() || text->empty())
    return std::nullopt;
  return number;
}

std::string text_in(const Field& field) {
  if (const std::string* text = std::get_if<std::string>(&field)) return *text;
  if (const Int* number = std::get_if<Int>(&field)) return std::to_string(*number);
  if (const double* number = std::get_if<double>(&field)) return std::to_string(*number);
  return {};
}

}  // namespace strowger::db
