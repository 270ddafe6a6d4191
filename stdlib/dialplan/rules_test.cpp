// Tests of dial plan rules: what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialplan/rules.h"

#include <gtest/gtest.h>

namespace strowger::dialplan {
namespace {

db::Row row(Int id, Int priority, Int op, std::string match, Int length, std::string subst, std::string replacement, std::string attributes) {
  return {id, priority, op, std::move(match), length, std::move(subst), std::move(replacement), std::move(attributes)};
}

std::string translated(const Plans& plans, std::string_view text) {
  pcre::Matcher matcher;
  std::string why;
  const auto result = translate(plans.plans[0], text, matcher, why);
  if (!result) return why.empty() ? "-" : why;
  return result->rule->attributes + ":" + result->output.value_or("(none)");
}

TEST(DialplanRules, LengthThenPriorityThenOrder) {
  std::string why;
  const auto plans = build({row(1, 1, 0, "100", 0, "", "", "equal"), row(1, 3, 1, "^00([1-9][0-9]*)$", 0, "^00([1-9][0-9]*)$", "+\\1", "intl"),
                            row(1, 2, 1, "^00491", 0, "^0049(.*)$", "DE\\1", "de"), row(1, 5, 2, "8??", 3, "", "", "three"),
                            row(1, 0, 2, "8*", 0, "", "eight", "any"), row(1, 9, 1, "^abd", 0, "z(.)", "X", "first"),
                            row(1, 9, 1, "^abd", 0, "d", "Y\\0Z", "second"), row(1, 9, 1, "^c", 0, "c(x)?", "<\\1\\0>\\q$rU", "group")},
                           why);
  ASSERT_TRUE(plans) << why;
  EXPECT_EQ(translated(*plans, "100"), "equal:(none)");
  EXPECT_EQ(translated(*plans, "0012"), "intl:+12");
  EXPECT_EQ(translated(*plans, "0049123"), "de:DE123");
  EXPECT_EQ(translated(*plans, "812"), "three:(none)");
  EXPECT_EQ(translated(*plans, "8123"), "any:eight");
  EXPECT_EQ(translated(*plans, "abd"), "-") << "the first rule that matches decides, whatever becomes of its substitution";
  EXPECT_EQ(translated(*plans, "cc"), "group:<c>\\q$rU");
  EXPECT_EQ(translated(*plans, "zzz"), "-");
  EXPECT_EQ(plans->find(2), nullptr);
}

TEST(DialplanRules, FaultyRowsAreRefused) {
  std::string why;
  EXPECT_FALSE(build({row(1, 1, 1, "5(00", 0, "", "x", "")}, why));
  EXPECT_TRUE(why.starts_with("match_exp '5(00'")) << why;
  EXPECT_FALSE(build({row(1, 1, 0, "5", 0, "a(", "x", "")}, why));
  EXPECT_FALSE(build({row(1, 1, 0, "5", 0, "(a)", "\\2", "")}, why));
  EXPECT_FALSE(build({row(1, 1, 0, "5", 0, "", "\\1", "")}, why));
  EXPECT_FALSE(build({row(1, 1, 7, "5", 0, "", "x", "")}, why));
  EXPECT_FALSE(build({{Int{1}, Int{1}, Int{0}, "5", Int{0}, db::Field(), "x", "y"}}, why));
}

TEST(DialplanRules, HostilePatternsAreGivenUp) {
  std::string why;
  const auto plans = build({row(1, 1, 1, "^(a+)+$", 0, "", "x", "")}, why);
  ASSERT_TRUE(plans);
  EXPECT_EQ(translated(*plans, std::string(40, 'a') + "b"), "match_exp '^(a+)+$' takes too many steps");
}

TEST(Rules, ReplacementsNameVariables) {
  std::string why;
  const auto plans = build({row(1, 1, 1, "^4", 0, "^4(.*)$", "\\1$rU", ""), row(1, 2, 1, "^5", 0, "^5", "$no", "")}, why);
  ASSERT_TRUE(plans) << why;
  pcre::Matcher matcher;
  const Expand expand = [](std::string_view piece) { return piece == "$rU" ? std::optional<Text>("bob") : std::nullopt; };
  EXPECT_EQ(translate(plans->plans[0], "4x", matcher, why, expand)->output, "xbob");
  EXPECT_FALSE(translate(plans->plans[0], "5", matcher, why, expand));
}

}  // namespace
}  // namespace strowger::dialplan
