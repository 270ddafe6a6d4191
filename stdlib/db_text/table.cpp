// The text format of tables.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/db_text/table.h"

#include <charconv>
#include <cstdlib>

namespace strowger::db_text {
namespace {

enum class Type : std::uint8_t { Int, Double, Text };
struct Column {
  std::string name;
  Type type = Type::Int;
  bool may_be_null = false;
};

constexpr std::size_t kMaxColumns = 256;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// "name(type,null,auto)" without the name and the parentheses.
bool read_traits(std::string_view traits, Column& column) {
  const std::size_t comma = std::min(traits.find(','), traits.size());
  const std::string_view type = traits.substr(0, comma);
  if (type == "int" || type == "time")
    column.type = Type::Int;
  else if (type == "double")
    column.type = Type::Double;
  else if (type == "string" || type == "str" || type == "blob")
    column.type = Type::Text;
  else
    return false;
  for (traits.remove_prefix(comma); !traits.empty();) {
    traits.remove_prefix(1);
    const std::size_t end = std::min(traits.find(','), traits.size());
    const std::string_view trait = traits.substr(0, end);
    if (trait == "null" || trait == "auto")
      column.may_be_null = true;
    else if (!trait.empty())
      return false;
    traits.remove_prefix(end);
  }
  return true;
}

bool read_columns(std::string_view line, char delimiter, std::vector<Column>& columns, std::string& why) {
  while (true) {
    while (!line.empty() && (line[0] == ' ' || line[0] == '\t' || line[0] == delimiter)) line.remove_prefix(1);
    if (line.empty()) return !columns.empty() || (why = "line 1: there are no columns", false);
    const std::size_t open = line.find('('), close = line.find(')');
    Column column;
    if (open == line.npos || close == line.npos || close < open || open == 0 || columns.size() == kMaxColumns ||
        !read_traits(line.substr(open + 1, close - open - 1), column)) {
      why = "line 1: '" + std::string(line.substr(0, 60)) + "' is no column: name(type), name(type,null) with int, double, string";
      return false;
    }
    column.name = line.substr(0, open);
    columns.push_back(std::move(column));
    line.remove_prefix(close + 1);
  }
}

/// The field at the start of `rest` and the delimiter behind it. False where a backslash is the last byte.
bool take_field(std::string_view& rest, char delimiter, std::string& out, bool& last) {
  out.clear();
  std::size_t at = 0;
  for (; at < rest.size() && rest[at] != delimiter; ++at) {
    if (rest[at] != '\\') {
      out += rest[at];
      continue;
    }
    if (++at == rest.size()) return false;
    switch (rest[at]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      default: out += rest[at];
    }
  }
  last = at == rest.size();
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return true;
}

bool to_field(std::string text, const Column& column, const Reading& reading, db::Field& out) {
  if (text.empty() && !(column.type == Type::Text && reading.empty_is_text)) return column.may_be_null;
  if (column.type == Type::Text) {
    out = std::move(text);
    return true;
  }
  const char* const end = text.data() + text.size();
  if (column.type == Type::Int) {
    Int number = 0;
    const char* const begin = text.data() + (text[0] == '+' ? 1 : 0);
    if (std::from_chars(begin, end, number).ptr != end || begin == end) return false;
    out = number;
    return true;
  }
  char* stop = nullptr;
  out = std::strtod(text.c_str(), &stop);
  return stop == end;
}

}  // namespace

std::optional<db::Rows> parse_table(std::string_view content, std::span<const std::string> columns, const Reading& reading, std::string& why) {
  std::vector<Column> all;
  if (!read_columns(take_line(content), reading.delimiter, all, why)) return std::nullopt;
  std::vector<std::vector<std::size_t>> places(all.size());        // of a column in a row asked for
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t found = 0;
    while (found < all.size() && all[found].name != columns[i]) ++found;
    if (found == all.size()) {
      why = "there is no column '" + columns[i] + "'";
      return std::nullopt;
    }
    places[found].push_back(i);
  }
  db::Rows rows;
  std::string text;
  for (std::size_t number = 2; !content.empty(); ++number) {
    std::string_view line = take_line(content);
    if (line.empty()) continue;
    const auto bad = [&](const std::string& what) {
      why = "line " + std::to_string(number) + ": " + what;
      return std::nullopt;
    };
    if (rows.size() == reading.max_rows) return bad("there are more than " + std::to_string(reading.max_rows) + " rows (max_result_rows)");
    db::Row row(columns.size());
    bool last = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (last || !take_field(line, reading.delimiter, text, last)) return bad("a field is missing");
      db::Field field;
      if (!to_field(text, all[i], reading, field))
        return bad("'" + text.substr(0, 60) + "' does not fit column '" + all[i].name + "'" + (text.empty() ? ", which has no NULL" : ""));
      for (const std::size_t place : places[i]) row[place] = field;
    }
    if (!last) return bad("there are more fields than columns");
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace strowger::db_text
