// W0203: a constant reply code that is no SIP code.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0203) {
  for (std::size_t i : calls_with(model, kReplies)) {
    const program::Expr& call = *model.index.expressions[i].e;
    if (call.operands.size() < 2 || call.operands[0].kind != modules::ArgKind::Int || call.operands[0].value) continue;
    const Int code = call.operands[0].number;
    if (code < 100 || code > 699) findings.add("W0203", span_of(call.operands[0], call), {std::to_string(code)});
  }
}

}  // namespace strowger::lint
