// The report of what is decided at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/report.h"

#include <gtest/gtest.h>

#include "compiler/analysis/script_for_tests.h"

namespace strowger::analysis {
namespace {

std::string reported(const std::string& body, const std::string& more = "") {
  const auto script = analyse_script(std::string(kLoadAll) + "request_route {\n" + body + "\n}\n" + more);
  return script->program ? report(*script->program) : "refused: " + script->words();
}

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST(Report, SaysNothingAboutWhatIsKnown) {
  EXPECT_EQ(reported("$var(x) = 1;\n$var(y) = $var(x) + 2;\nif ($var(y) == 3) exit;\nif ($rm =~ \"^INV\") exit;"),
            "0 places in 0 lines are decided at run time\n");
}

TEST(Report, NamesTaggedValuesAndWhereTheyComeFrom) {
  const std::string out = reported("$var(x) = 1;\nif ($ml > 3)\n$var(x) = \"a\";\n$var(y) = $var(x) + 1;");
  EXPECT_TRUE(has(out, "test.cfg:11: $var(x): a tagged value, an int or a text; assigned an int in line 8, a text in line 10\n")) << out;
  EXPECT_TRUE(has(out, "test.cfg:11: +: goes by the type of its left side, an int or a text\n")) << out;
  EXPECT_TRUE(has(out, "in 1 lines are decided at run time\n")) << out;
}

TEST(Report, NamesWhatIsMadeAtRunTime) {
  const std::string out = reported(
      "if ($rU =~ $ru) exit;\nroute($rU);\n$sht(t=>$rU) = 1;\n$avp($rU) = 1;\n$var(y) = $(avp(a)[$var(i)]);\n"
      "pv_isset(\"$var(y)\");",
      "route[A] { exit; }\n");
  EXPECT_TRUE(has(out, "test.cfg:8: =~: the pattern is made at run time (RE2)\n")) << out;
  EXPECT_TRUE(has(out, "test.cfg:9: route(): the name is made at run time\n")) << out;
  EXPECT_TRUE(has(out, ": the key is made at run time\n")) << out;
  EXPECT_TRUE(has(out, "): the name is made at run time\n")) << out;
  EXPECT_TRUE(has(out, ": the index is made at run time\n")) << out;
  EXPECT_TRUE(has(out, ": a tagged value, its declaration does not say of which type\n")) << out;
  EXPECT_TRUE(has(out, "pv_isset(): may store anything in $var(y)\n")) << out;
}

TEST(Report, IsSortedByLine) {
  const std::string out = reported("if ($rU =~ $ru) exit;\n$var(y) = $avp(a);\n$var(z) = $avp(b);");
  EXPECT_LT(out.find("test.cfg:8:"), out.find("test.cfg:9:"));
  EXPECT_LT(out.find("test.cfg:9:"), out.find("test.cfg:10:"));
}

}  // namespace
}  // namespace strowger::analysis
