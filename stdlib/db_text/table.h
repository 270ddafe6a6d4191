// The text format of tables: a line of columns, "id(int,auto) name(string,null)", and a line for each row, fields between
// delimiters, with \n \r \t \\ \0 and an escaped delimiter.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/script/database.h"

namespace strowger::db_text {

struct Reading {
  char delimiter = ':';
  bool empty_is_text = false;        ///< else an empty field is NULL
  std::size_t max_rows = 100'000;
};

/// Nothing and `why` (with the line) for a column that is missing, a field that does not fit its column, and too many rows.
std::optional<db::Rows> parse_table(std::string_view content, std::span<const std::string> columns, const Reading& reading, std::string& why);

}  // namespace strowger::db_text
