// Tests of trees of prefixes: what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/mtree/tree.h"

#include <gtest/gtest.h>

namespace strowger::mtree {
namespace {

std::string found(const Tree& tree, std::string_view text) {
  std::string out;
  if (!tree.walk(text, [&](std::string_view prefix, const std::vector<Item>& items) {
        out += std::string(prefix) + "=";
        for (const Item& item : items) out += item.text + ",";
      }))
    out += "!";
  return out;
}

TEST(PrefixTree, PrefixesFromShortToLong) {
  const Alphabet alphabet("0123456789+*");
  Tree tree("a", Type::Text, alphabet);
  std::string why;
  for (const auto& [prefix, value] : {std::pair{"49", "germany"}, {"4930", "berlin"}, {"+49", "plus"}, {"4930", "again"}, {"0", "zero"}})
    ASSERT_TRUE(tree.add(prefix, value, Duplicates::Kept, why)) << why;
  EXPECT_EQ(found(tree, "49301"), "49=germany,4930=again,berlin,");
  EXPECT_EQ(found(tree, "+491"), "+49=plus,");
  EXPECT_EQ(found(tree, "49x"), "49=germany,!");
  EXPECT_EQ(found(tree, "7"), "");
  EXPECT_EQ(found(tree, ""), "");
  std::string all;
  tree.each([&](const std::string& prefix, const std::vector<Item>&) { all += prefix + " "; });
  EXPECT_EQ(all, "0 49 4930 +49 ");
  EXPECT_EQ(tree.nodes(), 6U);   // those with children
}

TEST(PrefixTree, FaultyRowsAreRefused) {
  const Alphabet alphabet("0123456789");
  Tree numbers("n", Type::Number, alphabet), weights("w", Type::Weights, alphabet);
  std::string why;
  EXPECT_TRUE(numbers.add("1", "-5", Duplicates::Refused, why));
  EXPECT_FALSE(numbers.add("1", "6", Duplicates::Refused, why));
  EXPECT_TRUE(numbers.add("1", "6", Duplicates::LeftOut, why));
  EXPECT_FALSE(numbers.add("2", "x", Duplicates::Refused, why));
  EXPECT_FALSE(numbers.add("", "1", Duplicates::Refused, why));
  EXPECT_FALSE(numbers.add("1a", "1", Duplicates::Refused, why));
  EXPECT_FALSE(numbers.add(std::string(33, '1'), "1", Duplicates::Refused, why));
  EXPECT_EQ(found(numbers, "11"), "1=-5,");
  EXPECT_TRUE(weights.add("1", "20:7;21", Duplicates::Refused, why));
  EXPECT_FALSE(weights.add("2", "20:x", Duplicates::Refused, why));
  EXPECT_FALSE(weights.add("2", ";", Duplicates::Refused, why));
}

}  // namespace
}  // namespace strowger::mtree
