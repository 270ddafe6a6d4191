// Runs the rules that the build found in checks/.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"

#include "compiler/lint/rule.h"

namespace strowger::lint {

#define CHECK(code)                                               \
  extern const bool is_local_##code;                              \
  void rule_##code(const Model& model, diagnostics::Findings& findings);
#include "rules.def"
#undef CHECK

void check(const program::Program& program, diagnostics::Findings& findings) {
  const bool complete = !findings.has_errors();
  const Model model(program);
#define CHECK(code) \
  if (complete || is_local_##code) rule_##code(model, findings);
#include "rules.def"
#undef CHECK
}

}  // namespace strowger::lint
