// W0705: a pattern that holds one text only.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/lint/methods.h"
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0705) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != program::Op::Match) continue;
    const auto& regex = model.program.regexes[e.constant];
    bool anchored = false;
    const auto words = alternatives(regex.pattern, &anchored);
    if (!words || words->size() != 1 || !anchored || !variable_in(*e.args[0])) continue;
    const std::string& word = words->front();
    // =~ ignores case: letters make a difference, but not for methods.
    const bool method = is_variable(*e.args[0], "rm") && is_known_method(word);
    const bool letters = std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    if (regex.ignore_case && letters && !method) continue;
    diagnostics::Finding& finding = findings.add("W0705", e.span, {word});
    const std::string_view text = written(e.span);
    const std::size_t op = text.find("=~"), pattern = text.find(regex.pattern);
    if (op == std::string_view::npos || pattern == std::string_view::npos || text.find("=~", op + 2) != std::string_view::npos) continue;
    finding.fix({e.span.file, e.span.offset + static_cast<std::uint32_t>(op), 2, nullptr}, "==");
    finding.fix({e.span.file, e.span.offset + static_cast<std::uint32_t>(pattern), static_cast<std::uint32_t>(regex.pattern.size()), nullptr}, word);
  }
}

}  // namespace strowger::lint
