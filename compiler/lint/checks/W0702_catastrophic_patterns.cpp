// W0702: a pattern whose repetitions nest, so that a mismatch takes exponential time where a backtracking matcher
// reads it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <vector>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// A group that can match many texts in many ways and is itself repeated: (a+)+, (a|a)*, (.*)*.
bool is_catastrophic(const std::string& pattern) {
  std::vector<std::size_t> open;
  std::vector<bool> repeats;  // by open group: does something inside repeat at its end or start?
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      std::size_t end = i + 1;
      if (end < pattern.size() && pattern[end] == '^') ++end;
      if (end < pattern.size() && pattern[end] == ']') ++end;
      while (end < pattern.size() && pattern[end] != ']') ++end;
      i = end;
    } else if (c == '(') {
      open.push_back(i);
      repeats.push_back(false);
    } else if ((c == '+' || c == '*') && !open.empty()) {
      // Only one repeated atom makes the group: (a+), ([a-z]*), (.*).
      std::size_t start = open.back() + 1, atom = start;
      if (atom < i && pattern[atom] == '[') {
        const std::size_t close = pattern.find(']', atom + 2);
        atom = close == std::string::npos ? i : close + 1;
      } else if (atom < i && pattern[atom] == '\\') {
        atom += 2;
      } else {
        atom += 1;
      }
      if (atom == i && i + 1 < pattern.size() && pattern[i + 1] == ')') repeats.back() = true;
    } else if (c == ')' && !open.empty()) {
      const bool nested = repeats.back();
      open.pop_back();
      repeats.pop_back();
      if (nested && i + 1 < pattern.size() && (pattern[i + 1] == '+' || pattern[i + 1] == '*')) return true;
    }
  }
  return false;
}

}  // namespace

LOCAL_RULE(W0702) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op == program::Op::Match && is_catastrophic(model.program.regexes[e.constant].pattern))
      findings.add("W0702", e.span, {model.program.regexes[e.constant].pattern});
    for (const program::Operand& operand : e.operands)
      if (operand.kind == modules::ArgKind::Regex && !operand.value && is_catastrophic(model.program.regexes[operand.constant].pattern))
        findings.add("W0702", span_of(operand, e), {model.program.regexes[operand.constant].pattern});
  }
}

}  // namespace strowger::lint
