// W0404: record_route() twice, or for requests that make no dialog.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0404) {
  for (const char* name : {"record_route", "record_route_preset"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const State* state = model.flow.before(call);
      if (!state || state->kinds != kRequestRoute) continue;
      const std::uint32_t none = kRegister | kMessage | kOptions | kPublish;
      if (!state->lacks(kRecordRouted)) findings.add("W0404", call.span, {name, "was called before"});
      else if ((state->methods() & ~none) == 0) findings.add("W0404", call.span, {name, "is for requests that make no dialog"});
    }
}

}  // namespace strowger::lint
