// W0305: a route that calls itself on every way through it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <vector>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

using program::Statement;
/// Does every way through the block call one of `wanted` first? Ends: 1 calls, 0 may leave, -1 goes on behind the block.
int always_calls(const program::Block& block, const std::vector<bool>& wanted);
int always_calls(const Statement& s, const std::vector<bool>& wanted) {
  switch (s.kind) {
    case Statement::Kind::Evaluate:
      return s.value->op == program::Op::CallRoute && wanted[s.value->route] ? 1 : -1;
    case Statement::Kind::If: {
      const int then = always_calls(s.then, wanted);
      const int otherwise = s.otherwise.empty() ? -1 : always_calls(s.otherwise, wanted);
      if (then == 0 || otherwise == 0) return 0;
      return then == 1 && otherwise == 1 ? 1 : -1;
    }
    case Statement::Kind::Switch:
    case Statement::Kind::While:
      return 0;  // may leave by exit; not looked into
    case Statement::Kind::Return:
    case Statement::Kind::Exit:
    case Statement::Kind::Drop:
    case Statement::Kind::Break:
      return 0;
    default:
      return -1;
  }
}
int always_calls(const program::Block& block, const std::vector<bool>& wanted) {
  for (const auto& s : block)
    if (const int result = always_calls(*s, wanted); result >= 0) return result;
  return -1;
}

}  // namespace

RULE(W0305) {
  // The largest set of recursive routes each of which always calls one of the set.
  std::vector<bool> endless(model.program.routes.size());
  for (std::size_t i = 0; i < endless.size(); ++i) endless[i] = model.program.routes[i].recursive;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < endless.size(); ++i)
      if (endless[i] && always_calls(model.program.routes[i].body, endless) != 1) {
        endless[i] = false;
        changed = true;
      }
  }
  for (std::size_t i = 0; i < model.index.expressions.size(); ++i) {
    const ExpressionSite& site = model.index.expressions[i];
    if (site.e->op != program::Op::CallRoute || site.statement == kNone || !endless[site.e->route]) continue;
    if (endless[model.index.route_of(site)]) findings.add("W0305", site.e->span, {shown(model.program.routes[site.e->route])});
  }
}

}  // namespace strowger::lint
