// The examples on the pages of diagnostics: a bad one earns the page's code, a good one does not and is a whole script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/analysis/analyse.h"
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
  bool has_code = false;
  bool refused = false;
  std::string words;
};

Judged judge(const std::string& script, std::string_view code, const modules::ModuleSet& set) {
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("page.cfg", script, sources, {}, findings);
  // Whether a module has code yet matters on the pages of E09xx only.
  const bool builds = code.starts_with("E09");
  const auto program =
      analysis::analyse(ast, set, builds ? analysis::Purpose::Build : analysis::Purpose::Lint, findings);
  if (program) check(*program, findings);
  Judged out;
  out.refused = !program;
  for (const diagnostics::Finding& f : findings.all()) {
    out.has_code = out.has_code || f.code == code;
    out.words += f.code + " " + f.message + "\n";
  }
  return out;
}

/// Pages of analysis and lint, whose examples are whole scripts.
std::vector<std::string_view> pages_with_scripts() {
  std::vector<std::string_view> codes;
  for (std::string_view code : diagnostics::all_codes()) {
    const std::string_view family = code.substr(1, 2);
    if (family != "00" && family != "08" && !example(diagnostics::page_of(code), "Bad:").empty()) codes.push_back(code);
  }
  return codes;
}

TEST(Pages, BadExamplesEarnTheCodeAndGoodOnesDoNot) {
  const std::vector<std::string_view> codes = pages_with_scripts();
  EXPECT_GT(codes.size(), 40u);
  text::Sources sources;
  diagnostics::Findings faults;
  const modules::ModuleSet set = modules::ModuleSet::load({}, sources, faults);
  EXPECT_FALSE(faults.has_errors());
  for (std::string_view code : codes) {
    const std::string_view page = diagnostics::page_of(code);
    const Judged bad = judge(example(page, "Bad:"), code, set);
    EXPECT_TRUE(bad.has_code) << code << " bad\n" << bad.words;
    const std::string good_script = example(page, "Good:");
    EXPECT_FALSE(good_script.empty()) << code;
    const Judged good = judge(good_script, code, set);
    EXPECT_FALSE(good.has_code) << code << " good\n" << good.words;
    EXPECT_FALSE(good.refused) << code << " good\n" << good.words;
  }
}

}  // namespace
}  // namespace strowger::lint
