// S0507: a challenge that can be replayed: no qop, nonce counts or one-time nonces.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0507) {
  if (!model.index.is_loaded("auth")) return;
  const auto is_set = [&](const char* name) {
    const program::ParameterValue* value = model.index.parameter("auth", name);
    if (!value) return false;
    if (!value->texts.empty()) return !value->texts.back().empty();
    return !value->numbers.empty() && value->numbers.back() != 0;
  };
  if (is_set("nonce_count") || is_set("one_time_nonce")) return;
  for (const char* name : {"www_challenge", "proxy_challenge", "auth_challenge"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      if (call.operands.size() < 2 || call.operands[1].value || (call.operands[1].number & 1) != 0) continue;
      findings.add("S0507", call.span, {name});
      return;
    }
}

}  // namespace strowger::lint
