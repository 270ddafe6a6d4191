// Edges from the table of expressions; reach by a worklist.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/call_graph.h"

#include <set>

namespace strowger::lint {
namespace {

using modules::ArgKind;
using program::Op;

bool runs_by_itself(const program::Route& route) {
  return route.name.empty() || route.kind == kEventRoute || route.kind == kCoreReplyRoute ||
         route.kind == kOnsendRoute || route.name == "tm:branch-failure";
}

bool is_route(ArgKind kind) {
  return kind == ArgKind::RouteFailure || kind == ArgKind::RouteBranch || kind == ArgKind::RouteReply ||
         kind == ArgKind::RouteBranchFailure || kind == ArgKind::RouteRequest;
}

}  // namespace

CallGraph::CallGraph(const Index& index) {
  const auto& routes = index.program.routes;
  out.resize(routes.size());
  used.resize(routes.size());
  kinds.resize(routes.size());
  entry.resize(routes.size());
  resumed.resize(routes.size());
  std::set<std::string> texts;  // names that a function or a parameter may look up when running
  std::vector<std::size_t> by_name;  // one call made by name stands for all of its route
  std::set<std::size_t> by_name_from;
  const auto link = [&](CallEdge::Kind kind, std::size_t from, std::size_t to, std::size_t expression) {
    out[from].push_back(edges.size());
    edges.push_back({kind, from, to, expression});
    used[to] = true;
  };
  for (const program::ParameterValue& value : index.program.parameters) texts.insert(value.texts.begin(), value.texts.end());
  for (std::size_t i = 0; i < index.expressions.size(); ++i) {
    const ExpressionSite& site = index.expressions[i];
    const program::Expr& e = *site.e;
    if (site.statement == kNone) continue;
    const std::size_t from = index.route_of(site);
    if (e.op == Op::CallRoute) link(CallEdge::Kind::Call, from, e.route, i);
    if (e.op == Op::Text) texts.insert(e.text);
    bool dynamic = e.op == Op::CallRouteNamed;
    for (const program::Operand& operand : e.operands) {
      if (operand.value) {
        // route_if_exists($var(x)) and its kin
        const bool constant = operand.value->op == Op::Text;
        dynamic = dynamic || (!constant && e.function && e.function->name.find("route") != std::string::npos);
        continue;
      }
      texts.insert(operand.text);
      if (!is_route(operand.kind)) continue;
      const std::ptrdiff_t to = index.program.routes_named[operand.constant].route;
      const auto kind = operand.kind == ArgKind::RouteRequest ? CallEdge::Kind::Call : CallEdge::Kind::Arms;
      if (to >= 0) link(kind, from, static_cast<std::size_t>(to), i);
    }
    if (dynamic && by_name_from.insert(from).second) by_name.push_back(i);
  }
  for (std::size_t expression : by_name)
    for (std::size_t to = 0; to < routes.size(); ++to)
      if (routes[to].kind == kRequestRoute && !routes[to].name.empty())
        link(CallEdge::Kind::ByName, index.route_of(index.expressions[expression]), to, expression);
  std::vector<std::size_t> todo;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const bool named = texts.count(routes[i].name) > 0;
    const bool armed = used[i] && routes[i].kind != kRequestRoute;
    if (runs_by_itself(routes[i]) || named || armed) {
      entry[i] = runs_by_itself(routes[i]) || armed || !used[i];
      resumed[i] = entry[i] && !runs_by_itself(routes[i]) && !armed;
      used[i] = true;
      if (!entry[i]) continue;
      kinds[i] = routes[i].kind;
      todo.push_back(i);
    }
  }
  while (!todo.empty()) {
    const std::size_t at = todo.back();
    todo.pop_back();
    for (std::size_t edge : out[at]) {
      if (edges[edge].kind == CallEdge::Kind::Arms) continue;
      const std::size_t to = edges[edge].to;
      if ((kinds[to] | kinds[at]) == kinds[to]) continue;
      kinds[to] |= kinds[at];
      todo.push_back(to);
    }
  }
}

}  // namespace strowger::lint
