// W0408: t_relay() whose failure nobody sees.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0408) {
  for (std::size_t i : model.index.calls_of("t_relay")) {
    const ExpressionSite& site = model.index.expressions[i];
    const State* state = model.flow.before(*site.e);
    if (!state || state->kinds != kRequestRoute || !model.index.is_bare(site)) continue;
    // ACK and CANCEL have no one to tell.
    if ((state->methods() & ~static_cast<std::uint32_t>(kAck | kCancel)) == 0) continue;
    const program::Statement& statement = *model.index.statements[site.statement].s;
    diagnostics::Finding& finding = findings.add("W0408", site.e->span);
    if (written(statement.span) == "t_relay();" && model.index.is_loaded("sl"))
      finding.fix(statement.span, "if (!t_relay()) sl_reply_error();");
  }
}

}  // namespace strowger::lint
