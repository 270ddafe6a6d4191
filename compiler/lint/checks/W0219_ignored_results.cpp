// W0219: the result of a function whose failure decides what is right to do next is not looked at.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// These leave the request URI or the destination as it was when they fail.
constexpr std::string_view kDeciding[] = {"lookup", "ds_select_dst", "ds_select_domain", "ds_next_dst", "ds_next_domain",
                                          "next_gw", "load_gws", "do_routing", "use_next_gw", "cr_route", "lookup_branches"};
/// `$rc` or `$retcode` is read right behind the call.
bool looks_at_code(const Model& model, const StatementSite& site) {
  const program::Statement* next = site.next();
  if (!next) return false;
  for (const std::size_t i : model.index.uses_of("$rc")) {
    const Occurrence& o = model.index.occurrences[i];
    std::size_t at = o.statement;
    while (at != kNone && model.index.statements[at].s != next) at = model.index.statements[at].parent;
    if (at != kNone) return true;
  }
  return false;
}

}  // namespace

RULE(W0219) {
  for (std::string_view name : kDeciding)
    for (std::size_t i : model.index.calls_of(std::string(name))) {
      const ExpressionSite& site = model.index.expressions[i];
      if (!model.index.is_bare(site)) continue;
      const StatementSite& statement = model.index.statements[site.statement];
      // The last statement of a called route hands its result on.
      const program::Route& route = model.program.routes[statement.route];
      if (!statement.next() && statement.parent == kNone && !route.name.empty() && route.kind == kRequestRoute) continue;
      if (!looks_at_code(model, statement)) findings.add("W0219", site.e->span, {std::string(name)});
    }
}

}  // namespace strowger::lint
