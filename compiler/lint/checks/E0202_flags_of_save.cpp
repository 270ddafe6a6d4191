// E0202: flags of save() that are no number: Kamailio does not start with them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(E0202) {
  for (std::size_t i : model.index.calls_of("save")) {
    const program::Expr& call = *model.index.expressions[i].e;
    const std::string* flags = call.operands.size() > 1 ? constant_text(call.operands[1]) : nullptr;
    if (!flags || flags->empty()) continue;
    const bool hexadecimal = flags->starts_with("0x") || flags->starts_with("0X");
    const std::string_view digits = std::string_view(*flags).substr(hexadecimal ? 2 : 0);
    const char* wanted = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    if (digits.find_first_not_of(wanted) != std::string_view::npos)
      findings.add("E0202", span_of(call.operands[1], call), {*flags, "flags of save() are a number"});
  }
}

}  // namespace strowger::lint
