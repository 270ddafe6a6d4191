// I0124: a named block that no call and no function that arms blocks reaches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/lint.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

bool has_entry_of_its_own(const program::Route& route) {
  return route.name.empty() || route.name == "tm:branch-failure" || route.kind == kEventRoute ||
         route.kind == kCoreReplyRoute || route.kind == kOnsendRoute;
}

std::string shown(const program::Route& route) {
  const char* kind = route.kind == kFailureRoute   ? "failure_route"
                     : route.kind == kBranchRoute  ? "branch_route"
                     : route.kind == kReplyRoute   ? "onreply_route"
                     : route.kind == kRequestRoute ? "route"
                                                   : "event_route";
  return std::string(kind) + "[" + route.name + "]";
}

}  // namespace

void check_routes_called(const program::Program& program, diagnostics::Findings& findings) {
  std::set<std::size_t> used;
  std::set<std::string> texts;  // names that a function or parameter may look up when running
  bool by_name = false;
  for (const program::RouteConstant& constant : program.routes_named)
    if (constant.route >= 0) used.insert(static_cast<std::size_t>(constant.route));
  for (const program::ParameterValue& value : program.parameters) texts.insert(value.texts.begin(), value.texts.end());
  Visitor visitor;
  visitor.expression = [&](const program::Expr& e) {
    if (e.op == program::Op::CallRoute) used.insert(e.route);
    if (e.op == program::Op::CallRouteNamed) by_name = true;
    if (e.op == program::Op::Text) texts.insert(e.text);
    for (const program::Operand& operand : e.operands) {
      texts.insert(operand.text);
      // route_if_exists($var(x)) and its kin
      const bool names_a_route = e.function && e.function->name.find("route") != std::string::npos;
      by_name = by_name || (names_a_route && operand.value && operand.value->op != program::Op::Text);
    }
  };
  for (const program::Route& route : program.routes) walk(route.body, visitor);
  for (std::size_t i = 0; i < program.routes.size(); ++i) {
    const program::Route& route = program.routes[i];
    if (used.count(i) || has_entry_of_its_own(route) || texts.count(route.name)) continue;
    if (by_name && route.kind == kRequestRoute) continue;
    findings.add("I0124", route.span, {shown(route)});
  }
}

}  // namespace strowger::lint
