// Checks of what a script does, beyond what keeps it from running: one check per file, one row in checks.def.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/diagnostics/findings.h"
#include "compiler/program/program.h"

namespace strowger::lint {

/// Runs all checks.
void check(const program::Program& program, diagnostics::Findings& findings);

#define CHECK(name) void name(const program::Program& program, diagnostics::Findings& findings);
#include "compiler/lint/checks.def"
#undef CHECK

}  // namespace strowger::lint
