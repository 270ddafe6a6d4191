// W0216: a method written in lower case, where methods are compared byte by byte.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/lint/methods.h"
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool has_lower(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::islower(c) != 0; });
}

}  // namespace

LOCAL_RULE(W0216) {
  using program::Op;
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    const bool match = e.op == Op::Match;
    if (!match && e.op != Op::EqText && e.op != Op::NeText) continue;
    if (!is_variable(*e.args[0], "rm")) continue;
    if (match) {
      const auto& regex = model.program.regexes[e.constant];
      const auto words = alternatives(regex.pattern);
      if (!words) continue;
      for (const std::string& word : *words)
        if (has_lower(word) && method_in_upper_case(word)) {
          findings.add("W0216", e.span, {word, *method_in_upper_case(word)});
          break;
        }
    } else if (const std::string* text = text_in(*e.args[1]); text && has_lower(*text)) {
      if (const auto upper = method_in_upper_case(*text)) {
        diagnostics::Finding& finding = findings.add("W0216", e.span, {*text, *upper});
        const text::Span inside = inside_quotes(bare(*e.args[1]).span);
        if (inside.file) finding.fix(inside, *upper);
      }
    }
  }
}

}  // namespace strowger::lint
