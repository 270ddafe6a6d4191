// Runs the checks of checks.def.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"

namespace strowger::lint {

void check(const program::Program& program, diagnostics::Findings& findings) {
#define CHECK(name) name(program, findings);
#include "compiler/lint/checks.def"
#undef CHECK
}

}  // namespace strowger::lint
