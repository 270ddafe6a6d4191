// Perl-compatible patterns and the file of groups.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "stdlib/regex/groups.h"

namespace strowger::pcre {
namespace {

using Answer = Matcher::Answer;

Answer match(std::string_view pattern, std::string_view text, std::uint32_t options = 0) {
  std::string why;
  const Pattern compiled = compile(pattern, options, why);
  EXPECT_TRUE(compiled) << why;
  Matcher matcher;
  return compiled ? matcher.match(*compiled, text) : Answer::No;
}

TEST(PcreModule, MatchesAsPerlDoes) {
  EXPECT_EQ(match("^al(?=ice)", "alice"), Answer::Yes);
  EXPECT_EQ(match("^(a)\\1$", "aa"), Answer::Yes);
  EXPECT_EQ(match("^AL", "alice"), Answer::No);
  EXPECT_EQ(match("^AL", "alice", PCRE2_CASELESS), Answer::Yes);
  EXPECT_EQ(match("a.b", "a\nb"), Answer::No);
  EXPECT_EQ(match("a.b", "a\nb", PCRE2_DOTALL), Answer::Yes);
  EXPECT_EQ(match("", ""), Answer::Yes);
}

TEST(PcreModule, GivesUpOnWhatWouldTakeForEver) { EXPECT_EQ(match("^(a+)+$", std::string(40, 'a') + "X"), Answer::TooLong); }

TEST(PcreModule, FaultyPatternsSayWhere) {
  std::string why;
  EXPECT_FALSE(compile("(al", 0, why));
  EXPECT_NE(why.find("at character 3"), std::string::npos) << why;
}

TEST(PcreModule, GroupsAreAlternativesInTheOrderOfTheFile) {
  std::string why;
  const auto groups = parse_groups("# a comment\n[0]\n^ali\n^carl\n\n[7] tail\n# inner\n^bob$\n  ignored\nzed  \nx # c\n[2]\n", {}, 0, why);
  ASSERT_TRUE(groups) << why;
  ASSERT_EQ(groups->size(), 3u);
  Matcher matcher;
  const auto in = [&](std::size_t group, std::string_view text) { return matcher.match(*(*groups)[group], text) == Answer::Yes; };
  EXPECT_TRUE(in(0, "alice"));
  EXPECT_TRUE(in(0, "carla"));
  EXPECT_FALSE(in(0, "bob"));
  EXPECT_TRUE(in(1, "bob"));
  EXPECT_FALSE(in(1, "ignored"));
  EXPECT_FALSE(in(1, "zed"));
  EXPECT_TRUE(in(1, "zed  "));
  EXPECT_TRUE(in(1, "x # c"));
  EXPECT_EQ((*groups)[2], nullptr);
}

TEST(PcreModule, FaultyFilesAreRefused) {
  std::string why;
  EXPECT_FALSE(parse_groups("pre\n[0]\n", {}, 0, why));
  EXPECT_EQ(why, "the first group must begin with [0] before any pattern");
  EXPECT_FALSE(parse_groups("[0]\n^a\n[1]\n(b\n", {}, 0, why));
  EXPECT_EQ(why.substr(0, 9), "group 1: ");
  EXPECT_FALSE(parse_groups("[0]\na\n[1]\nb\n", {.groups = 1}, 0, why));
  EXPECT_FALSE(parse_groups("[0]\n" + std::string(100, 'a') + "\n", {.bytes = 50}, 0, why));
}

}  // namespace
}  // namespace strowger::pcre
