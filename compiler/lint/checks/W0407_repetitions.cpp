// W0407: a database or another server is asked before repetitions of the request are absorbed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0407) {
  for (std::size_t i : calls_with(model, kSql | kHttp | kExec | kRedis | kLdap)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || state->kinds != kRequestRoute) continue;
    if (!state->lacks(kTransaction, kInvite, kInitial) || state->may(kTransaction, kInvite, kInitial)) continue;
    findings.add("W0407", call.span, {call.function->name});
    return;
  }
}

}  // namespace strowger::lint
