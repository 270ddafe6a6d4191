// Tests of items from a database.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/database.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace strowger::htable {
namespace {

std::string content(Table& table) {
  std::string out;
  std::vector<std::string> lines;
  table.visit(1, 1000, [&](const Item& item) {
    std::string text;
    Int number = 0;
    bool is_text = false;
    table.copy(1, item.key(), 1000, text, number, is_text);
    lines.push_back(std::string(item.key().view()) + "=" + (is_text ? "'" + text + "'" : std::to_string(number)));
    return Visit::Next;
  });
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) out += line + " ";
  return out;
}

TEST(HtableDatabase, ScalarsNumbersAndArrays) {
  std::string why;
  Table table(*parse_definition("t=>size=4", why), 1);
  const db::Rows rows = {{"alice", Int{0}, Int{0}, "wonder", Int{0}}, {"bob", Int{0}, Int{1}, "42", Int{0}},
                         {"list", Int{1}, Int{0}, "first", Int{0}},   {"list", Int{1}, Int{0}, "second", Int{0}},
                         {"old", Int{0}, Int{0}, "x", Int{100}},      {"new", Int{0}, Int{0}, "x", Int{200}}};
  table.put(1, "script", Value::of(Int{1}), 1000);
  ASSERT_TRUE(replace_items(table, 1, items_of(rows, "::size", 150), 1000));
  EXPECT_EQ(content(table), "alice='wonder' bob=42 list::size=2 list[0]='first' list[1]='second' new='x' ");
  ASSERT_TRUE(replace_items(table, 1, items_of({rows[1]}, "::size", 0), 1000));
  EXPECT_EQ(content(table), "bob=42 ");
}

}  // namespace
}  // namespace strowger::htable
