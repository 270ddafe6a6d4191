// Reading definitions of tables.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/definition.h"

#include <charconv>

#include "runtime/sip/message.h"

namespace strowger::htable {
namespace {

std::string_view trimmed(std::string_view text) { return sip::trim(text).view(); }

/// The value at the front of `rest`, in quotes or up to the next semicolon; `rest` begins behind it afterwards.
std::string_view take_value(std::string_view& rest) {
  rest = trimmed(rest);
  std::size_t end = 0;
  std::string_view value;
  if (!rest.empty() && (rest[0] == '\'' || rest[0] == '"') && (end = rest.find(rest[0], 1)) != std::string_view::npos) {
    value = rest.substr(1, end - 1);
    rest.remove_prefix(end);
    end = rest.find(';');
  } else {
    end = rest.find(';');
    value = trimmed(rest.substr(0, end));
  }
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return value;
}

bool is_number(std::string_view text, Int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<Definition> parse_definition(Text text, std::string& why) {
  Definition out;
  const std::string_view all = text.view();
  const std::size_t arrow = all.find("=>");
  out.name = trimmed(all.substr(0, arrow));
  if (arrow == std::string_view::npos || out.name.empty()) {
    why = "a table is defined by \"name=>attributes\"";
    return std::nullopt;
  }
  bool has_columns = false, writes_back = false;
  std::string_view rest = all.substr(arrow + 2);
  while (!(rest = trimmed(rest)).empty()) {
    if (rest[0] == ';') {
      rest.remove_prefix(1);
      continue;
    }
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos || rest[equals] == ';') {
      why = "'" + std::string(trimmed(rest.substr(0, equals))) + "' has no value";
      return std::nullopt;
    }
    const std::string_view attribute = trimmed(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    const std::string_view value = take_value(rest);
    if (attribute == "cols" || attribute == "coldelim" || attribute == "colnull") {  // say how dbtable is read
      has_columns = true;
      continue;
    }
    if (attribute == "dbtable") {
      out.database_table = value;
      continue;
    }
    Int number = 0;
    if (!is_number(value, number)) {
      why = "'" + std::string(attribute) + "' is no number: '" + std::string(value) + "'";
      return std::nullopt;
    }
    if (attribute == "size") {
      out.size = number < 2 ? 3 : number > 31 ? 14 : static_cast<unsigned>(std::min<Int>(number, 22));
    } else if (attribute == "autoexpire") {
      if (number < 0) {
        why = "autoexpire is negative";
        return std::nullopt;
      }
      out.autoexpire = number;
    } else if (attribute == "updateexpire") {
      out.update_expire = number != 0;
    } else if (attribute == "initval") {
      out.has_initval = true;
      out.initval = number;
    } else if (attribute == "dbmode") {
      writes_back = number != 0;
    } else if (attribute != "dmqreplicate") {  // without enable_dmq it says nothing
      why = "unknown attribute '" + std::string(attribute) + "'";
      return std::nullopt;
    }
  }
  if (!out.database_table.empty() && (has_columns || writes_back)) {
    why = has_columns ? "cols: tables with columns of their own are not read yet" : "dbmode: tables are not written back yet";
    return std::nullopt;
  }
  return out;
}

}  // namespace strowger::htable
