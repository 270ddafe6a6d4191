// Tests of the hash of {s.corehash}: numbers that Kamailio 5.6.3 gave.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/core_hash.h"

#include <gtest/gtest.h>

namespace strowger {
namespace {

TEST(CoreHash, IsTheSameAsKamailios) {
  struct Row { std::string_view text; std::uint32_t hash; };
  const Row rows[] = {
      {"", 0}, {"a", 109}, {"~", 113}, {"aa", 27997}, {"aaa", 7167584}, {"aaaa", 1834902074}, {"aaaab", 1834902184},
      {"aaaaaaaa", 3669804150}, {"bbbbaaaa", 3684550779}, {"hello world", 3368663417}, {"a b c d e f g", 1171794676},
      {"sip:alice@example.org:5060", 2532336889}, {"0123456789abcdef0123456789abcdef0123", 1688897129},
      {"\xc3\xa9t\xc3\xa9xyz", 2540403286},
  };
  for (const Row& row : rows) EXPECT_EQ(core_hash_of(core_hash_sum(Text(row.text))), row.hash) << row.text;
  EXPECT_EQ(core_hash_of(core_hash_sum(Text::null())), 0u);
  EXPECT_EQ(core_hash_of(core_hash_sum("alice") + core_hash_sum("bob")), 1841376161u);
}

}  // namespace
}  // namespace strowger
