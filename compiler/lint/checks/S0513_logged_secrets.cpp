// S0513: a secret is written to the log.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

bool is_secret(const std::string& shown) {
  std::string n = shown;
  std::transform(n.begin(), n.end(), n.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (n == "$adr" || n == "$hdr(authorization)" || n == "$hdr(proxy-authorization)") return true;
  for (const char* word : {"passw", "secret", "(ha1", "_ha1", "(pwd", "apikey", "api_key"})
    if (n.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

RULE(S0513) {
  for (std::size_t i : calls_with(model, kLog)) {
    const program::Expr& call = *model.index.expressions[i].e;
    Visitor visitor;
    std::string secret;
    visitor.expression = [&](const program::Expr& e) {
      if (e.op != program::Op::Variable) return;
      const std::string name = model.index.name_of(e.use);
      if (is_secret(name)) secret = name;
    };
    for (const program::Operand& operand : call.operands)
      if (operand.value) walk(*operand.value, visitor);
    if (!secret.empty()) findings.add("S0513", call.span, {secret});
  }
}

}  // namespace strowger::lint
