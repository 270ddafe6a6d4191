// W0416: the script sends 100 although tm does.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0416) {
  if (model.index.calls_of("t_relay").empty() && model.index.calls_of("t_newtran").empty()) return;
  const program::ParameterValue* automatic = model.index.parameter("tm", "auto_inv_100");
  if (automatic && !automatic->numbers.empty() && automatic->numbers.back() == 0) return;
  for (std::size_t i : calls_with(model, kReplies)) {
    const program::Expr& call = *model.index.expressions[i].e;
    if (reply_code(call) == 100 && model.flow.before(call)) findings.add("W0416", call.span);
  }
}

}  // namespace strowger::lint
