// The examples on the pages of diagnostics. A bad one earns the page's code once, where a line says "# CODE" there; a
// good one does not and is a whole script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "compiler/analysis/analyse.h"
#include "compiler/diagnostics/suppressions.h"
#include "compiler/lint/lint.h"
#include "compiler/syntax/parse.h"

namespace strowger::lint {
namespace {

/// The first fenced block behind a line that is `heading`; empty where there is none.
std::string example(std::string_view page, std::string_view heading) {
  const std::size_t at = page.find("\n" + std::string(heading) + "\n");
  if (at == std::string_view::npos) return {};
  const std::size_t fence = page.find("```", at);
  if (fence == std::string_view::npos) return {};
  const std::size_t start = page.find('\n', fence) + 1;
  return std::string(page.substr(start, page.find("\n```", start) + 1 - start));
}

struct Judged {
  std::vector<std::uint32_t> lines;  ///< where the code was found
  std::set<std::string> others;      ///< other codes but notes
  bool refused = false;
  std::string words;
};

/// These look at a script as a whole, so that small examples of other rules may earn them, too.
bool is_about_the_whole(std::string_view code) {
  return code == "S0501" || code == "S0505" || code == "S0507" || code == "S0509" || code == "W0801" || code == "W0304" || code == "W0407";
}

Judged judge(const std::string& script, std::string_view code, const modules::ModuleSet& set) {
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("page.cfg", script, sources, {}, findings);
  // Whether a module has code yet matters on the pages of E09xx only; E0113 is a warning to lint.
  const bool builds = code.starts_with("E09") || code == "E0113";
  const auto program =
      analysis::analyse(ast, set, builds ? analysis::Purpose::Build : analysis::Purpose::Lint, findings);
  if (program) check(*program, findings);
  diagnostics::apply_suppressions(sources, program != nullptr, findings);
  Judged out;
  out.refused = !program;
  for (const diagnostics::Finding& f : findings.all()) {
    if (f.code == code)
      out.lines.push_back(f.span.line());
    else if (f.code[0] != 'I' && !is_about_the_whole(f.code))
      out.others.insert(f.code);
    out.words += f.code + " " + std::to_string(f.span.line()) + ": " + f.message + "\n";
  }
  return out;
}

/// The line that is marked, 0 where none is.
std::uint32_t marked_line(const std::string& script, std::string_view code) {
  const std::size_t at = script.find("# " + std::string(code) + "\n");
  if (at == std::string::npos) return 0;
  return 1 + static_cast<std::uint32_t>(std::count(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

/// Pages of analysis and lint, whose examples are whole scripts.
std::vector<std::string_view> pages_with_scripts() {
  std::vector<std::string_view> codes;
  for (std::string_view code : diagnostics::all_codes()) {
    const std::string_view family = code.substr(1, 2);
    if (family != "00" && family != "08" && !example(diagnostics::page_of(code), "Bad:").empty()) codes.push_back(code);
    if (family == "08" && code[0] == 'W') codes.push_back(code);
  }
  return codes;
}

const modules::ModuleSet& all_modules() {
  static text::Sources sources;
  static diagnostics::Findings faults;
  static const modules::ModuleSet set = modules::ModuleSet::load({}, sources, faults);
  EXPECT_FALSE(faults.has_errors());
  return set;
}

class Pages : public testing::TestWithParam<std::string_view> {};

TEST_P(Pages, BadExampleEarnsTheCodeAndTheGoodOneDoesNot) {
  const std::string_view code = GetParam();
  const std::string_view page = diagnostics::page_of(code);
  const std::string bad_script = example(page, "Bad:");
  const Judged bad = judge(bad_script, code, all_modules());
  EXPECT_FALSE(bad.lines.empty()) << "bad\n" << bad.words;
  if (const std::uint32_t line = marked_line(bad_script, code); line != 0) {
    EXPECT_EQ(bad.lines, std::vector<std::uint32_t>{line}) << "bad\n" << bad.words;
    EXPECT_TRUE(bad.others.empty()) << "bad\n" << bad.words;
  }
  const std::string good_script = example(page, "Good:");
  EXPECT_FALSE(good_script.empty());
  const Judged good = judge(good_script, code, all_modules());
  EXPECT_TRUE(good.lines.empty()) << "good\n" << good.words;
  EXPECT_FALSE(good.refused) << "good\n" << good.words;
  if (marked_line(bad_script, code) != 0) EXPECT_TRUE(good.others.empty()) << "good\n" << good.words;
}

INSTANTIATE_TEST_SUITE_P(Codes, Pages, testing::ValuesIn(pages_with_scripts()),
                         [](const auto& info) { return std::string(info.param); });

/// Every rule has a page, so that its findings have words.
TEST(Rules, HavePages) {
#define CHECK(code) EXPECT_FALSE(diagnostics::page_of(#code).empty()) << #code;
#include "rules.def"
#undef CHECK
}

}  // namespace
}  // namespace strowger::lint
