// W0806: timers of tm that do not fit each other or the protocol.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0806) {
  const auto number = [&](const char* name, Int otherwise) {
    const program::ParameterValue* value = model.index.parameter("tm", name);
    return value && !value->numbers.empty() ? value->numbers.back() : otherwise;
  };
  const Int final = number("fr_timer", 30000), invite = number("fr_inv_timer", 120000);
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    if (line.module_pattern != "tm" || line.is_text) continue;
    if (line.name == "fr_timer" && line.number < 500 && line.number > 0) findings.add("W0806", line.value_span, {"fr_timer of " + std::to_string(line.number) + " ms ends before the first repetition (500 ms)"});
    else if (line.name == "fr_inv_timer" && line.number < 1000 && line.number > 0) findings.add("W0806", line.value_span, {"fr_inv_timer of " + std::to_string(line.number) + " ms: nobody answers a call that fast; the unit is milliseconds"});
    else if (line.name == "fr_timer" && final > invite) findings.add("W0806", line.value_span, {"fr_timer is longer than fr_inv_timer"});
  }
}

}  // namespace strowger::lint
