// W0301: a statement after exit, drop, return or break, after an if whose both branches end, or after a route that
// never comes back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using Kind = program::Statement::Kind;

struct Check {
  const Model& model;
  diagnostics::Findings& findings;

  /// True where nothing after the statement runs.
  bool ends(const program::Statement& s) {
    switch (s.kind) {
      case Kind::Return:
      case Kind::Exit:
      case Kind::Drop:
      case Kind::Break:
        return true;
      case Kind::Evaluate:
        return s.value->op == program::Op::CallRoute && model.flow.before(*s.value) != nullptr &&
               !model.program.routes[s.value->route].recursive && !model.flow.returns[s.value->route];
      case Kind::If: {
        const bool then = block(s.then);
        const bool otherwise = block(s.otherwise);
        return then && otherwise && !s.otherwise.empty();
      }
      case Kind::While:
        block(s.then);
        return false;
      case Kind::Switch:
        for (const program::SwitchCase& c : s.cases) block(c.body);
        return false;
      default:
        return false;
    }
  }

  static bool is_conditional_between(const text::Span& before, const text::Span& after) {
    if (!before.file || before.file != after.file || after.offset < before.offset) return false;
    const std::string_view between = std::string_view(before.file->content).substr(before.offset, after.offset - before.offset);
    for (const std::string_view word : {"\n#!endif", "\n#!else", "\n!!endif", "\n!!else"})
      if (between.find(word) != std::string_view::npos) return true;
    return false;
  }

  bool block(const program::Block& statements) {
    bool ended = false, reported = false;
    text::Span before;
    for (const auto& s : statements) {
      // What follows an `#!endif` runs where the branch that ends is left out.
      if (ended && is_conditional_between(before, s->span)) ended = false;
      before = s->span;
      // `break;` or `exit;` behind what ended is a habit, not a mistake.
      const bool habit = s->kind == Kind::Empty || s->kind == Kind::Break || s->kind == Kind::Exit ||
                         s->kind == Kind::Return || s->kind == Kind::Drop;
      if (ended && !reported && !habit) {
        findings.add("W0301", s->span);
        reported = true;
      }
      const bool here = ends(*s);
      ended = ended || here;
    }
    return ended;
  }
};

}  // namespace

RULE(W0301) {
  Check check{model, findings};
  for (const program::Route& route : model.program.routes) check.block(route.body);
}

}  // namespace strowger::lint
