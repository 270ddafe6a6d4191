// W0409: REGISTER comes to a relay in a script that is a registrar itself.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0409) {
  if (model.index.calls_of("save").empty()) return;
  for (std::size_t i : calls_with(model, kRelays)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute || (state->methods(kInitial) & kRegister) == 0) continue;
    if (state->methods() == static_cast<std::uint32_t>(kRegister)) continue;  // sent on by intent
    if (state->may(kReplied, kRegister) || !state->lacks(kForeignTarget, kRegister)) continue;
    findings.add("W0409", call.span);
    return;
  }
}

}  // namespace strowger::lint
