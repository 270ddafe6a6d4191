// W0413: headers are changed after the request was relayed, or From is replaced again for another branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0413) {
  for (std::size_t i : calls_with(model, kEdits)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || call.function->name == "uac_auth") continue;
    if (!state->lacks(kRelayTried) && state->may(kRelayed)) findings.add("W0413", call.span, {"after the request was relayed"});
  }
  for (const char* name : {"uac_replace_from", "uac_replace_to"}) {
    bool in_request = false;
    for (std::size_t i : model.index.calls_of(name)) {
      const State* state = model.flow.before(*model.index.expressions[i].e);
      in_request = in_request || (state && (state->kinds & kRequestRoute) != 0);
    }
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const State* state = model.flow.before(call);
      if (in_request && state && (state->kinds & (kFailureRoute | kBranchRoute)) != 0)
        findings.add("W0413", call.span, {"again, although request_route changed it for all branches"});
    }
  }
}

}  // namespace strowger::lint
