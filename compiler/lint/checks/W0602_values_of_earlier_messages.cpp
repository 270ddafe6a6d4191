// W0602: a $var that is read on a way on which this message did not set it: it still holds what an earlier message
// left.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using program::Expr;
using program::Statement;
using Set = std::set<std::string>;

/// Follows one route: which variables are surely set, in order.
struct Walker {
  const Model& model;
  diagnostics::Findings& findings;
  const Set& candidates;
  Set told{};

  void read(const Expr& e, Set& known) {
    if (e.op == program::Op::Variable) see(e.use, e.span, known);
    inside(e.use, known);
    for (const program::ExprPtr& arg : e.args) read(*arg, known);
    for (const program::Operand& operand : e.operands)
      if (operand.value) read(*operand.value, known);
    if (e.op == program::Op::Assign) known.insert(model.index.name_of(e.use));
    if (!e.body.empty()) block(e.body, known);
  }
  void inside(const program::VariableUse& use, Set& known) {
    if (!use.variable) return;
    if (use.key.value) read(*use.key.value, known);
    if (use.table_key.value) read(*use.table_key.value, known);
    if (use.index_value) read(*use.index_value, known);
  }
  void see(const program::VariableUse& use, text::Span span, const Set& known) {
    const std::string name = model.index.name_of(use);
    if (!candidates.count(name) || known.count(name) || !told.insert(name).second) return;
    findings.add("W0602", span, {name});
  }
  /// False where nothing behind it runs.
  bool block(const program::Block& statements, Set& known) {
    for (const auto& s : statements)
      if (!statement(*s, known)) return false;
    return true;
  }
  static Set both(bool a_goes_on, const Set& a, bool b_goes_on, const Set& b) {
    if (!a_goes_on) return b;
    if (!b_goes_on) return a;
    Set out;
    for (const std::string& name : a)
      if (b.count(name)) out.insert(name);
    return out;
  }
  bool statement(const Statement& s, Set& known) {
    if (s.value) read(*s.value, known);
    inside(s.use, known);
    if (s.use.variable) known.insert(model.index.name_of(s.use));
    switch (s.kind) {
      case Statement::Kind::If: {
        Set then = known, otherwise = known;
        const bool a = block(s.then, then), b = block(s.otherwise, otherwise);
        known = both(a, then, b, otherwise);
        return a || b;
      }
      case Statement::Kind::While: {
        Set body = known;
        block(s.then, body);
        return true;
      }
      case Statement::Kind::Switch: {
        // Cases run into each other: what was set before holds in each.
        bool has_default = false, any = false;
        Set after;
        for (const program::SwitchCase& c : s.cases) {
          Set here = known;
          const bool goes_on = block(c.body, here) || (!c.body.empty() && c.body.back()->kind == Statement::Kind::Break);
          after = any ? both(true, after, goes_on || c.body.empty(), here) : here;
          any = any || goes_on;
          has_default = has_default || c.kind == program::SwitchCase::Kind::Default;
        }
        if (has_default && any) known.insert(after.begin(), after.end());
        return true;
      }
      case Statement::Kind::Return:
      case Statement::Kind::Exit:
      case Statement::Kind::Drop:
      case Statement::Kind::Break:
        return false;
      default:
        return true;
    }
  }
};

}  // namespace

RULE(W0602) {
  // Variables that live in one route only: others may be set by any caller.
  std::map<std::string, std::set<std::size_t>> routes;
  Set excluded;
  for (const Occurrence& o : model.index.occurrences) {
    const std::string& variable = o.use->variable->name;
    if (variable != "var" && variable != "vz") continue;
    if (o.statement == kNone || o.by_reference) excluded.insert(o.name);
    else routes[o.name].insert(model.index.statements[o.statement].route);
  }
  Set candidates;
  for (const auto& [name, where] : routes) {
    bool written_here = false;
    for (std::size_t i : model.index.uses_of(name)) written_here = written_here || model.index.occurrences[i].writes;
    if (where.size() == 1 && written_here && !excluded.count(name)) candidates.insert(name);
  }
  if (candidates.empty()) return;
  Walker walker{model, findings, candidates};
  for (const program::Route& route : model.program.routes) {
    // A recursive route keeps its counters from call to call.
    if (route.recursive) continue;
    Set known;
    walker.block(route.body, known);
  }
}

}  // namespace strowger::lint
