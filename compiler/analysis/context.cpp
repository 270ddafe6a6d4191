// Constants of the program, each kept once; names of route kinds.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/context.h"

#include <algorithm>

#include "runtime/sip/header_id.h"

namespace strowger::analysis {
namespace {

/// The index of `value` in `list`, appended where it is new.
std::size_t index_of(std::vector<std::string>& list, const std::string& value) {
  const auto it = std::find(list.begin(), list.end(), value);
  if (it != list.end()) return static_cast<std::size_t>(it - list.begin());
  list.push_back(value);
  return list.size() - 1;
}

}  // namespace

std::ptrdiff_t Context::find_route(RouteKind route_kind, const std::string& name) const {
  const auto it = routes.find({route_kind, name});
  return it == routes.end() ? -1 : static_cast<std::ptrdiff_t>(it->second);
}

void Context::report_pending(const std::string& what, text::Span span) {
  if (pending.insert(what).second) findings.add("E0901", span, {what});
}

std::size_t Context::regex(std::string pattern, bool ignore_case, bool newline) {
  for (std::size_t i = 0; i < program.regexes.size(); ++i) {
    const program::RegexConstant& r = program.regexes[i];
    if (r.pattern == pattern && r.ignore_case == ignore_case && r.newline == newline) return i;
  }
  program.regexes.push_back({std::move(pattern), ignore_case, newline});
  return program.regexes.size() - 1;
}

std::size_t Context::header(std::string_view name) {
  for (std::size_t i = 0; i < program.headers.size(); ++i)
    if (program.headers[i].name == name) return i;
  program.headers.push_back({std::string(name), static_cast<int>(sip::header_id_of(name))});
  return program.headers.size() - 1;
}

std::size_t Context::slot(const std::string& name) { return index_of(program.slots, name); }

std::size_t Context::table(const std::string& name) { return index_of(program.tables, name); }

std::size_t Context::route_constant(const std::string& name, RouteKind route_kind) {
  for (std::size_t i = 0; i < program.routes_named.size(); ++i)
    if (program.routes_named[i].name == name && program.routes_named[i].kind == route_kind) return i;
  program.routes_named.push_back({name, route_kind, find_route(route_kind, name)});
  return program.routes_named.size() - 1;
}

std::size_t Context::variable(program::VariableUse use) {
  program.variables.push_back(std::move(use));
  return program.variables.size() - 1;
}

std::string_view name_of(RouteKind kind) {
  switch (kind) {
    case kRequestRoute:
      return "request_route";
    case kFailureRoute:
      return "failure_route";
    case kCoreReplyRoute:
      return "reply_route";
    case kReplyRoute:
      return "onreply_route";
    case kBranchRoute:
      return "branch_route";
    case kOnsendRoute:
      return "onsend_route";
    case kEventRoute:
      return "event_route";
    case kBranchFailureRoute:
      return "event_route[tm:branch-failure]";
  }
  return "route";
}

}  // namespace strowger::analysis
