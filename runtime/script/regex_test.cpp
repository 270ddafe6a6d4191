// Tests of POSIX extended patterns: what glibc's regcomp() would match.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/regex.h"

#include <gtest/gtest.h>

namespace strowger {
namespace {

struct Row {
  const char* pattern;
  const char* subject;
  bool expected;
};

bool match(std::string_view pattern, std::string_view subject, Pattern::Flags flags = {true, false}) {
  std::string why;
  const auto compiled = Pattern::compile(pattern, flags, why);
  EXPECT_TRUE(compiled) << pattern << ": " << why;
  return compiled && compiled->matches(subject);
}

TEST(Regex, FollowsTheVerifiedRows) {
  const Row rows[] = {
      {"hello", "Hello World", true},      {"^hello$", "Hello World", false},  {"o w", "Hello World", true},
      {"[[:digit:]]", "Hello World", false}, {"l{2}", "Hello World", true},    {"(foo|wor)", "Hello World", true},
      {"\\bWorld", "Hello World", true},   {"^\\w+ \\w+$", "Hello World", true}, {"\\d", "Hello World", true},
      {"\\d", "abc", false},               {"", "anything", true},             {"^$", "", true},
      {"^b", "a\nb", false},               {"a.b", "a\nb", true},              {"^[A-Z]+$", "alice", true},
      {"[\\.]x", "\\x", true},             {"[]a]+$", "]]", true},             {"^[+*-]$", "-", true},
      {"a{,2}b", "aab", true},             {"a)b", "a)b", true},               {"^a\\.b$", "axb", false},
      {"^[^a]$", "\n", true},              {"^sip:(.*)@", "sip:x@y", true},    {"\\<two\\>", "one two three", true},
      {"^[[.-.]x]$", "-", true},           {"a\\/b", "a/b", true},             {"^\\+?[0-9]{3,15}$", "+4930", true},
  };
  for (const Row& row : rows) EXPECT_EQ(match(row.pattern, row.subject), row.expected) << row.pattern << " on " << row.subject;
}

TEST(Regex, NewlineModeMatchesLines) {
  const Pattern::Flags lines{false, true};
  EXPECT_TRUE(match("^b$", "a\nb\nc", lines));
  EXPECT_FALSE(match("a.b", "a\nb", lines));
  EXPECT_FALSE(match("a[^x]b", "a\nb", lines));
  EXPECT_FALSE(match("A", "a", lines));
}

TEST(Regex, FaultyPatternsAreRefused) {
  for (const char* pattern : {"(", "[a", "a\\", "*a", "(a)\\1", "[[:nope:]]", "[z-a]"}) {
    std::string why;
    EXPECT_FALSE(Pattern::compile(std::string_view(pattern), {}, why)) << pattern;
    EXPECT_FALSE(why.empty());
  }
}

TEST(Regex, SearchGivesTheLongestMatchAndItsGroups) {
  std::string why;
  const auto pattern = Pattern::compile("(a|ab)(c|bcd)?(x)?", {}, why);
  ASSERT_TRUE(pattern) << why;
  Text groups[4];
  ASSERT_TRUE(pattern->search("zabcd", 0, groups, 4));
  EXPECT_EQ(groups[0].view(), "abcd");
  EXPECT_TRUE(groups[3].is_null());
  EXPECT_FALSE(pattern->search("zabcd", 2, groups, 4));
}

TEST(Regex, TheCacheKeepsABoundedNumber) {
  PatternCache cache;
  std::string why;
  for (int i = 0; i < 200; ++i) {
    const std::string text = "x" + std::to_string(i);
    const Pattern* pattern = cache.find(std::string_view(text), {}, why);
    ASSERT_TRUE(pattern);
    EXPECT_TRUE(pattern->matches(std::string_view(text)));
  }
  EXPECT_EQ(cache.find("(", {}, why), nullptr);
}

}  // namespace
}  // namespace strowger
