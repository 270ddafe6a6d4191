// W0403: a dialog starts without Record-Route although the script wants to see its end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0403) {
  const char* why = nullptr;
  if (!model.index.calls_of("dlg_manage").empty()) why = "the dialog module follows the call";
  else if (!calls_with(model, kMedia).empty()) why = "media sessions are set up and must be taken down";
  else if (!calls_with(model, kNatFix).empty()) why = "addresses behind NAT are repaired";
  else if (model.index.is_loaded("acc")) why = "calls are accounted";
  if (!why) return;
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || !state->lacks(kRecordRouted, kInvite, kInitial)) continue;
    // A way that record-routes and one that does not: methods and branches of failure that do not matter here.
    if (state->may(kRecordRouted, kInvite, kInitial)) continue;
    findings.add("W0403", call.span, {why});
    return;
  }
}

}  // namespace strowger::lint
