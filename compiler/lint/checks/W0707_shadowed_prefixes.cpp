// W0707: a prefix test behind a shorter one that takes all its numbers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using program::Expr;
using program::Op;
/// "^0044" -> "0044": a pattern that is a prefix of plain characters.
std::string prefix_of(std::string pattern) {
  if (!pattern.starts_with('^')) return {};
  pattern.erase(0, 1);
  if (pattern.ends_with(".*")) pattern.erase(pattern.size() - 2);
  if (pattern.empty() || pattern.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) return {};
  return pattern;
}
struct Test { std::string variable, prefix; };
Test test_of(const Model& model, const Expr& condition) {
  const Expr& e = bare(condition);
  if (e.op != Op::Match) return {};
  const program::VariableUse* use = variable_in(*e.args[0]);
  return use ? Test{model.index.name_of(*use), prefix_of(model.program.regexes[e.constant].pattern)} : Test{};
}

}  // namespace

RULE(W0707) {
  using program::Statement;
  for (const StatementSite& site : model.index.statements) {
    if (site.s->kind == Statement::Kind::If) {
      const Test first = test_of(model, *site.s->value);
      if (first.prefix.empty()) continue;
      // Down the chain of else if.
      const Statement* at = site.s;
      while (at->otherwise.size() == 1 && at->otherwise[0]->kind == Statement::Kind::If) {
        at = at->otherwise[0].get();
        const Test next = test_of(model, *at->value);
        if (next.variable == first.variable && !next.prefix.empty() && next.prefix.starts_with(first.prefix))
          findings.add("W0707", at->value->span, {next.prefix, first.prefix}).note("the shorter prefix", site.s->value->span);
      }
    } else if (site.s->kind == Statement::Kind::Switch) {
      const auto& cases = site.s->cases;
      for (std::size_t i = 0; i < cases.size(); ++i) {
        if (cases[i].kind != program::SwitchCase::Kind::Regex) continue;
        const std::string prefix = prefix_of(cases[i].text);
        for (std::size_t j = 0; j < i && !prefix.empty(); ++j) {
          if (cases[j].kind != program::SwitchCase::Kind::Regex) continue;
          const std::string before = prefix_of(cases[j].text);
          if (before.empty() || !prefix.starts_with(before) || prefix == before) continue;
          findings.add("W0707", cases[i].span, {prefix, before}).note("the shorter prefix", cases[j].span);
          break;
        }
      }
    }
  }
}

}  // namespace strowger::lint
