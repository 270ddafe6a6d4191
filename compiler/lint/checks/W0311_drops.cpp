// W0311: drop in a block where it is the same as exit.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0311) {
  for (std::size_t i = 0; i < model.index.statements.size(); ++i) {
    const StatementSite& site = model.index.statements[i];
    if (site.s->kind != program::Statement::Kind::Drop) continue;
    const std::uint32_t kinds = model.flow.kinds[i];
    const std::uint32_t useful = kCoreReplyRoute | kReplyRoute | kBranchRoute | kOnsendRoute | kEventRoute;
    if (kinds != 0 && (kinds & useful) == 0 && model.program.routes[site.route].kind != kFailureRoute)
      findings.add("W0311", site.s->span).fix(written(site.s->span).starts_with("drop") ? text::Span{site.s->span.file, site.s->span.offset, 4, site.s->span.expansion} : text::Span{}, "exit");
  }
}

}  // namespace strowger::lint
