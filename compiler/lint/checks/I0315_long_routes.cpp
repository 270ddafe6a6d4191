// I0315: a route with very many statements or ways through it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

constexpr std::size_t kStatements = 150;
constexpr std::size_t kWays = 60;

}  // namespace

RULE(I0315) {
  std::vector<std::size_t> statements(model.program.routes.size()), ways(model.program.routes.size(), 1);
  for (const StatementSite& site : model.index.statements) {
    ++statements[site.route];
    using Kind = program::Statement::Kind;
    if (site.s->kind == Kind::If || site.s->kind == Kind::While) ++ways[site.route];
    if (site.s->kind == Kind::Switch) ways[site.route] += site.s->cases.size();
  }
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const program::Route& route = model.program.routes[i];
    if (statements[i] > kStatements || ways[i] > kWays)
      findings.add("I0315", place_of(route, model.program), {shown(route), std::to_string(statements[i]), std::to_string(ways[i])});
  }
}

}  // namespace strowger::lint
