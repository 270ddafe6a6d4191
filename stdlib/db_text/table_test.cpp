// Tests of tables in text files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/db_text/table.h"

#include <gtest/gtest.h>

namespace strowger::db_text {
namespace {

std::string read(std::string_view content, std::vector<std::string> columns, Reading reading = {}) {
  std::string why, out;
  const auto rows = parse_table(content, columns, reading, why);
  if (!rows) return why;
  for (const db::Row& row : *rows) {
    for (const db::Field& field : row) out += "[" + (db::is_null(field) ? "NULL" : db::text_in(field)) + "]";
    out += ";";
  }
  return out;
}

TEST(TextTable, FieldsAndEscapes) {
  EXPECT_EQ(read("id(int,auto) name(string) more(str,null)\n1:a\\:b\\\\c\\n:m\n\n:b::\n", {"name"}), "line 4: there are more fields than columns");
  EXPECT_EQ(read("id(int,auto) name(string) more(str,null)\n-1:a\\:b\\\\c\\n:m\n\n:b:", {"more", "name", "id"}),
            "[m][a:b\\c\n][-1];[NULL][b][NULL];");
  EXPECT_EQ(read("a(string)|b(int)\nx:y|5\n", {"b", "a"}, {'|', false, 10}), "[5][x:y];");
}

TEST(TextTable, EmptyFieldsAreNullOrTexts) {
  EXPECT_EQ(read("a(string) b(int)\n:1\n", {"a"}), "line 2: '' does not fit column 'a', which has no NULL");
  EXPECT_EQ(read("a(string) b(int)\n:1\n", {"a"}, {':', true, 10}), "[];");
  EXPECT_EQ(read("a(string) b(int)\nx:\n", {"a"}, {':', true, 10}), "line 2: '' does not fit column 'b', which has no NULL");
}

TEST(TextTable, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(read("", {"a"}), "line 1: there are no columns");
  EXPECT_EQ(read("a(string) b(int)\n", {"c"}), "there is no column 'c'");
  EXPECT_EQ(read("a(string) b(int)\nx:1y\n", {"a"}), "line 2: '1y' does not fit column 'b'");
  EXPECT_EQ(read("a(string) b(int)\nx\n", {"a"}), "line 2: a field is missing");
  EXPECT_EQ(read("a(string)\nx\\", {"a"}), "line 2: a field is missing");
  EXPECT_EQ(read("a(int)\n1\n2\n3\n", {"a"}, {':', false, 2}), "line 4: there are more than 2 rows (max_result_rows)");
  for (const char* header : {"a", "a(", "a)(", "(int)", "a(float)", "a(int,never)"})
    EXPECT_TRUE(read(header, {"a"}).starts_with("line 1: ")) << header;
}

}  // namespace
}  // namespace strowger::db_text
