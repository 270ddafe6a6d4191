// Tests of pike: when Kamailio 5.6.3 blocks, and that memory has an end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <string>

#include "stdlib/pike/address_tree.h"

namespace strowger::pike {
namespace {

/// Hits until the first NewlyBlocked, of at most 300.
int hits_until_blocked(AddressTree& tree, const char* ip, std::uint32_t second = 0) {
  const sip::Address address = *sip::parse_ip(ip);
  for (int i = 1; i <= 300; ++i)
    if (tree.hit(address, second) == Verdict::NewlyBlocked) return i;
  return 0;
}

TEST(AddressTree, BlocksWhenKamailioDoes) {
  // density, then hits for 10.0.0.1, 10.0.0.2, 10.0.1.1, 10.1.1.1, 11.0.0.1
  const int expected[][6] = {{1, 5, 2, 3, 4, 5},    {4, 8, 5, 6, 7, 8},       {6, 10, 7, 8, 9, 10},
                             {12, 17, 13, 14, 15, 17}, {20, 27, 21, 22, 23, 27}, {30, 39, 31, 32, 33, 39}};
  for (const auto& row : expected) {
    AddressTree tree({static_cast<std::uint32_t>(row[0]), 100, 200});
    int column = 0;
    for (const char* ip : {"10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.1.1", "11.0.0.1"})
      EXPECT_EQ(hits_until_blocked(tree, ip), row[++column]) << row[0] << " " << ip;
  }
}

TEST(AddressTree, StaysBlockedForAUnitAfterTheFlood) {
  AddressTree tree({8, 2, 5});
  const sip::Address address = *sip::parse_ip("10.0.0.1");
  EXPECT_EQ(hits_until_blocked(tree, "10.0.0.1"), 12);
  EXPECT_EQ(tree.hit(address, 1), Verdict::Blocked);
  EXPECT_EQ(tree.hit(address, 3), Verdict::Blocked);
  EXPECT_EQ(tree.hit(address, 4), Verdict::Fine);
}

TEST(AddressTree, ForgetsSilentAddresses) {
  AddressTree tree({8, 2, 5});
  hits_until_blocked(tree, "10.0.0.1");
  hits_until_blocked(tree, "2001:db8::1");
  std::string seen;
  const auto list = [&](std::uint32_t second) {
    seen.clear();
    tree.visit(second, [&](const Leaf& leaf) {
      char text[48];
      seen += std::string(text, sip::print_ip(leaf.address, text)) + (leaf.hot ? " hot " : " ") + std::to_string(leaf.seconds_left) + ";";
    });
    return seen;
  };
  EXPECT_EQ(list(1), "10.0.0.1 hot 4;2001:db8::1 hot 4;");
  EXPECT_EQ(list(4), "10.0.0.1 1;2001:db8::1 1;");
  EXPECT_EQ(list(5), "");
  tree.sweep(5, AddressTree::kShards);
  EXPECT_EQ(tree.nodes(), 0u);
  EXPECT_EQ(hits_until_blocked(tree, "10.0.0.1", 6), 12);
  EXPECT_EQ(hits_until_blocked(tree, "10.0.0.1", 12), 12);   // forgotten before the sweep came
}

TEST(AddressTree, OneHitMakesAtMostOneNode) {
  AddressTree tree({4, 100, 100});
  for (std::uint32_t i = 0; i < 5000; ++i) {
    sip::Address address{4, 0, {10, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1}};
    tree.hit(address, 0);
  }
  EXPECT_LE(tree.nodes(), 5000u);
}

}  // namespace
}  // namespace strowger::pike
