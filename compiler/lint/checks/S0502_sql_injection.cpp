// S0502: text of the message inside an SQL statement, without an escape.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0502) {
  for (std::size_t i : calls_with(model, kSql)) {
    const program::Expr& call = *model.index.expressions[i].e;
    for (const program::Operand& operand : call.operands) {
      if (!operand.value) continue;
      const std::string source = model.taint.source_in(*operand.value);
      if (source.empty()) continue;
      findings.add("S0502", span_of(operand, call), {source, call.function->name}).help("escape it: $(" + source.substr(1) + "{s.escape.common}), or {sql.val.str} of sqlops");
      break;
    }
  }
}

}  // namespace strowger::lint
