// Checks of what a script does, beyond what keeps it from running. Rules are the files of checks/ (rule.h).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/diagnostics/findings.h"
#include "compiler/program/program.h"

namespace strowger::lint {

/// Runs all rules; where `findings` has errors, so that parts of the program are missing, only those that look at one
/// place (LOCAL_RULE).
void check(const program::Program& program, diagnostics::Findings& findings);

}  // namespace strowger::lint
