// Route blocks: their names, symbols and bodies; which of them can reach themselves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "compiler/analysis/lower.h"
#include "compiler/analysis/passes.h"

namespace strowger::analysis {
namespace {

constexpr std::string_view kBranchFailure = "tm:branch-failure";

/// event_route[tm:branch-failure:x] is a kind of its own; "0" is the unnamed block.
RouteKind kind_of(const syntax::Route& route) {
  const bool branch_failure =
      route.kind == kEventRoute && route.name.compare(0, kBranchFailure.size(), kBranchFailure) == 0;
  return branch_failure ? kBranchFailureRoute : route.kind;
}

/// Names the unnamed blocks alike: `route`, `route[0]` and `request_route` are one, so are `onreply_route` and
/// `reply_route`.
std::string name_in_kind(RouteKind& kind, const std::string& name) {
  if (kind == kReplyRoute && (name.empty() || name == "0")) kind = kCoreReplyRoute;
  const bool unnamed = (kind == kRequestRoute && name == "0") || kind == kCoreReplyRoute || kind == kOnsendRoute;
  return unnamed ? std::string() : name;
}

std::string symbol_of(RouteKind kind, const std::string& name) {
  std::string out;
  switch (kind) {
    case kRequestRoute:
      out = name.empty() ? "request_route" : "route_" + name;
      break;
    case kCoreReplyRoute:
      out = "reply_route";
      break;
    case kOnsendRoute:
      out = "onsend_route";
      break;
    case kReplyRoute:
      out = "onreply_route_" + name;
      break;
    case kFailureRoute:
      out = "failure_route_" + name;
      break;
    case kBranchRoute:
      out = "branch_route_" + name;
      break;
    case kEventRoute:
    case kBranchFailureRoute:
      out = "event_route_" + name;
      break;
  }
  for (char& c : out) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) c = '_';
  }
  return out;
}

/// `pattern` ends in '*' where it matches a family of events.
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with(":*") && name == pattern.substr(0, pattern.size() - 2)) return true;
  if (!pattern.empty() && pattern.back() == '*')
    return name.substr(0, pattern.size() - 1) == pattern.substr(0, pattern.size() - 1);
  return name == pattern;
}

/// W0108 for an event that no loaded module raises, I0913 for one that runs once; an event without code yet cannot be built.
void check_event(Context& context, const std::string& name, text::Span place) {
  for (const modules::ModuleInterface* module : context.program.loaded)
    for (const modules::Event& event : module->events) {
      if (!matches(event.pattern, name)) continue;
      if ((event.pending || module->pending) && context.building())
        context.report_pending("event '" + name + "'", place);
      if (event.once) context.findings.add("I0913", place, {name});
      return;
    }
  context.findings.add("W0108", place, {name});
}

}  // namespace

void collect_routes(Context& context) {
  std::set<std::string> symbols;
  bool has_request_route = false;
  for (const syntax::Route& from : context.ast.routes) {
    RouteKind kind = kind_of(from);
    const std::string name = name_in_kind(kind, from.name);
    has_request_route = has_request_route || (kind == kRequestRoute && name.empty());
    const auto known = context.routes.find({kind, name});
    if (known != context.routes.end()) {
      const text::Span first = context.program.routes[known->second].span;
      const text::Span place = from.name_span.file ? from.name_span : from.span;
      // The unnamed blocks may be repeated: the bodies are joined.
      if (name.empty())
        context.findings.add("W0122", place, {std::string(name_of(kind))}).note("the first one is here", first);
      else
        context.findings.add("E0121", place, {std::string(name_of(kind)) + "[" + name + "]"})
            .note("the first one is here", first);
      continue;
    }
    if (kind == kEventRoute || kind == kBranchFailureRoute)
      check_event(context, name, from.name_span.file ? from.name_span : from.span);
    program::Route route;
    route.kind = kind;
    route.name = name;
    route.span = from.span;
    route.symbol = symbol_of(kind, name);
    while (!symbols.insert(route.symbol).second) route.symbol += "_";
    context.routes[{kind, name}] = context.program.routes.size();
    context.program.routes.push_back(std::move(route));
  }
  context.calls.resize(context.program.routes.size());
  if (!has_request_route && !context.ast.routes.empty()) {
    text::Span place = context.ast.routes.front().span;
    context.findings.add("W0123", place);
  }
}

void lower_routes(Context& context) {
  for (const syntax::Route& from : context.ast.routes) {
    RouteKind kind = kind_of(from);
    const std::string name = name_in_kind(kind, from.name);
    const std::ptrdiff_t index = context.find_route(kind, name);
    if (index < 0) continue;
    context.kind = kind;
    context.route = static_cast<std::size_t>(index);
    program::Block body = lower_block(context, from.body);
    program::Block& whole = context.program.routes[context.route].body;
    whole.insert(whole.end(), std::make_move_iterator(body.begin()), std::make_move_iterator(body.end()));
  }
}

namespace {

/// The strongly connected components of the calls, by Tarjan's algorithm without recursion: routes may be many.
std::vector<std::vector<std::size_t>> reach_each_other(const std::vector<std::set<std::size_t>>& calls) {
  constexpr std::size_t kNew = static_cast<std::size_t>(-1);
  struct Visit {
    std::size_t route;
    std::set<std::size_t>::const_iterator next;
  };
  std::vector<std::vector<std::size_t>> out;
  std::vector<std::size_t> number(calls.size(), kNew), low(calls.size(), 0), open;
  std::vector<bool> is_open(calls.size(), false);
  std::vector<Visit> path;
  std::size_t count = 0;
  const auto visit = [&](std::size_t route) {
    number[route] = low[route] = count++;
    open.push_back(route);
    is_open[route] = true;
    path.push_back({route, calls[route].begin()});
  };
  for (std::size_t start = 0; start < calls.size(); ++start) {
    if (number[start] == kNew) visit(start);
    while (!path.empty()) {
      const std::size_t at = path.back().route;
      if (path.back().next != calls[at].end()) {
        const std::size_t to = *path.back().next++;
        if (number[to] == kNew) visit(to);
        else if (is_open[to]) low[at] = std::min(low[at], number[to]);
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().route] = std::min(low[path.back().route], low[at]);
      if (low[at] != number[at]) continue;
      out.emplace_back();
      for (std::size_t route = kNew; route != at;) {
        route = open.back();
        open.pop_back();
        is_open[route] = false;
        out.back().push_back(route);
      }
    }
  }
  return out;
}

}  // namespace

void mark_recursive_routes(Context& context) {
  std::vector<program::Route>& routes = context.program.routes;
  // A call by a name made at run time may reach every named route[X].
  for (std::size_t caller : context.calls_by_name)
    for (std::size_t i = 0; i < routes.size(); ++i)
      if (routes[i].kind == kRequestRoute && !routes[i].name.empty()) context.calls[caller].insert(i);
  for (const std::vector<std::size_t>& together : reach_each_other(context.calls))
    for (const std::size_t route : together)
      routes[route].recursive = together.size() > 1 || context.calls[route].count(route) > 0;
}

}  // namespace strowger::analysis
