// Findings, their pages and how they are shown.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/diagnostics/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace strowger::diagnostics {
namespace {

TEST(Findings, FillTheTitle) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", "x = {1};\n");
  Findings findings;
  findings.add("E0001", {file, 0, 1, nullptr}, {"'{1}'", "a number"});
  findings.add("W0001", {file, 4, 1, nullptr}, {"x"});
  EXPECT_EQ(findings.all().at(0).message, "unexpected '{1}', expected a number");
  EXPECT_EQ(findings.all().at(1).level, Level::Warning);
  EXPECT_EQ(findings.error_count(), 1u);
}

TEST(Findings, DropTheSameFaultAtTheSamePlace) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", "xyz\n");
  Findings findings;
  findings.add("E0001", {file, 1, 1, nullptr}, {"a", "b"});
  findings.add("E0001", {file, 1, 2, nullptr}, {"c", "d"}).note("lost");
  findings.add("E0001", {file, 2, 1, nullptr}, {"a", "b"});
  findings.add("E0021", {file, 1, 1, nullptr}, {"a"});
  EXPECT_EQ(findings.all().size(), 3u);
  EXPECT_EQ(findings.error_count(), 3u);
  EXPECT_TRUE(findings.all()[0].remarks.empty());
}

TEST(Render, TextHasPlaceCaretAndRemarks) {
  text::Sources sources;
  const text::SourceFile* root = sources.add("a.cfg", "include_file \"b.cfg\"\n");
  text::SourceFile* file = const_cast<text::SourceFile*>(sources.add("b.cfg", "a\n\tt_relay();\n"));
  file->included_from = root;
  file->included_at = 1;
  Findings findings;
  findings.add("E0021", {file, 3, 7, sources.intern("X")}, {"'t_relay'"}).note("here", {file, 0, 1, nullptr}).help("try");
  findings.add("W0002", {root, 0, 2, nullptr});
  std::ostringstream out;
  render_text(findings, out);
  EXPECT_EQ(out.str(),
            "b.cfg:2:2: error[E0021]: unexpected 't_relay'\n"
            "    2 | \tt_relay();\n"
            "      | \t^~~~~~~\n"
            "note: in the expansion of 'X'\n"
            "note: b.cfg is included from a.cfg:1\n"
            "b.cfg:1:1: note: here\n"
            "    1 | a\n"
            "      | ^\n"
            "help: try\n"
            "a.cfg:1:1: warning[W0002]: this comment is not closed\n"
            "    1 | include_file \"b.cfg\"\n"
            "      | ^~\n");
}

TEST(Render, ColorsOnlyWhenAsked) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", "x\033[2J\n");
  Findings findings;
  findings.add("E0002", {file, 0, 1, nullptr});
  std::ostringstream plain, color;
  render_text(findings, plain);
  render_text(findings, color, {true});
  EXPECT_EQ(plain.str().find('\033'), std::string::npos);
  EXPECT_NE(color.str().find("\033[1;31merror[E0002]"), std::string::npos);
}

TEST(Render, CutsLongLinesAroundTheCaret) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", std::string(5000, 'a') + "!" + std::string(5000, 'b'));
  Findings findings;
  findings.add("E0002", {file, 5000, 1, nullptr});
  std::ostringstream out;
  render_text(findings, out);
  EXPECT_LT(out.str().size(), 1200u);
  EXPECT_NE(out.str().find("a!b"), std::string::npos);
}

TEST(Render, JsonIsOneArray) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a\"b.cfg", "x\ny\n");
  Findings findings;
  findings.add("E0004", {file, 2, 1, nullptr}, {"\xc3\xa9\xff\n", "why"}).help("do");
  std::ostringstream out, empty;
  render_json(findings, out);
  EXPECT_EQ(out.str(),
            "[\n  {\"code\": \"E0004\", \"level\": \"error\", \"message\": \"cannot read '\xc3\xa9\\u00ff\\u000a': why\", "
            "\"file\": \"a\\\"b.cfg\", \"line\": 2, \"column\": 1, \"end_line\": 2, \"end_column\": 2, "
            "\"notes\": [{\"kind\": \"help\", \"message\": \"do\"}]}\n]\n");
  render_json(Findings{}, empty);
  EXPECT_EQ(empty.str(), "[]\n");
}

TEST(Pages, HaveTitleAndExamples) {
  const auto codes = all_codes();
  ASSERT_FALSE(codes.empty());
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  for (const std::string_view code : codes) {
    const std::string_view page = page_of(code);
    EXPECT_TRUE(page.starts_with("# " + std::string(code) + ": ")) << code;
    EXPECT_FALSE(title_of(code).empty()) << code;
    if (code.substr(1, 2) != "00") continue;  // other folders test their own pages
    EXPECT_NE(page.find("\nBad:\n"), std::string_view::npos) << code;
    EXPECT_NE(page.find("\nGood:\n"), std::string_view::npos) << code;
  }
  EXPECT_TRUE(page_of("E9999").empty());
  EXPECT_TRUE(title_of("E9999").empty());
}

}  // namespace
}  // namespace strowger::diagnostics
