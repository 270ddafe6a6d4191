// W0214: a condition that always or never holds: contradictions on one value, methods that cannot come here,
// constants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using program::Expr;
using program::Op;

/// Collects the equalities of a chain of && (or the inequalities of one of ||) by what they compare.
void collect(const Index& index, const Expr& e, Op chain, Op equal, std::map<std::string, std::string>& seen, const Expr*& clash) {
  const Expr& inner = bare(e);
  if (inner.op == chain) {
    collect(index, *inner.args[0], chain, equal, seen, clash);
    collect(index, *inner.args[1], chain, equal, seen, clash);
    return;
  }
  const bool any = equal == Op::EqText ? inner.op == Op::EqAny : inner.op == Op::NeAny;
  if (inner.op != equal && !any) return;
  const program::VariableUse* use = variable_in(*inner.args[0]);
  const Expr& right = bare(*inner.args[1]);
  if (!use || (right.op != Op::Text && right.op != Op::Int)) return;
  if (use->index_kind != program::VariableUse::IndexKind::None || index.name_of(*use).find('*') != std::string::npos) return;
  const std::string value = right.op == Op::Text ? right.text : std::to_string(right.number);
  const auto [at, fresh] = seen.emplace(use->written.empty() ? index.name_of(*use) : use->written, value);
  if (!fresh && at->second != value) clash = &inner;
}

}  // namespace

RULE(W0214) {
  for (const ExpressionSite& site : model.index.expressions) {
    const Expr& e = *site.e;
    if (e.op != Op::And && e.op != Op::Or) continue;
    if (site.parent != kNone && model.index.expressions[site.parent].e->op == e.op) continue;
    std::map<std::string, std::string> seen;
    const Expr* clash = nullptr;
    collect(model.index, e, e.op, e.op == Op::And ? Op::EqText : Op::NeText, seen, clash);
    if (clash) findings.add("W0214", e.span, {e.op == Op::And ? "false" : "true"});
  }
  for (const StatementSite& site : model.index.statements) {
    if (site.s->kind != program::Statement::Kind::If) continue;
    const auto at = model.flow.at_test.find(site.s);
    if (at == model.flow.at_test.end()) continue;
    const bool yes = at->second.yes.live(), no = at->second.no.live();
    const Expr& condition = *site.s->value;
    const bool constant = condition.op == Op::Int;
    if (constant && (condition.span.expansion || written(condition.span).empty())) continue;
    // A route that never comes back on one side is no fault of the test; a test of methods is.
    const Expr* inner = &bare(condition);
    while (inner->op == Op::Not) inner = &bare(*inner->args[0]);
    const bool on_method = (inner->op == Op::Call && inner->function->name == "is_method") ||
                           ((inner->op == Op::EqText || inner->op == Op::EqTextNoCase) && is_variable(*inner->args[0], "rm")) ||
                           (inner->op == Op::EqTextNoCase && inner->args[0]->op == Op::ConditionText);
    // `if (!is_method("PUBLISH")) return;` at the head of a route guards it against callers to come.
    const bool guards = !yes && site.parent == kNone && site.position == 0 && site.s->otherwise.empty() && site.s->then.size() == 1 &&
                        (site.s->then[0]->kind == program::Statement::Kind::Return || site.s->then[0]->kind == program::Statement::Kind::Exit);
    if (guards) continue;
    // A test that holds anyway hurts nobody; a block that never runs is lost.
    if (yes && on_method && site.s->otherwise.empty()) continue;
    if ((yes && no) || (!yes && !no) || !(on_method || constant)) continue;
    findings.add("W0214", condition.span, {yes ? "true" : "false"});
  }
}

}  // namespace strowger::lint
