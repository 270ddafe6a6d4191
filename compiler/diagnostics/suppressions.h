// `lint: ignore` comments: which findings the author of a script has answered.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/diagnostics/findings.h"
#include "compiler/text/source.h"

namespace strowger::diagnostics {

/// Drops the findings that comments in `sources` answer, and adds W0909 for comments that give no reason or silence nothing:
///
///     route(X);   # lint: ignore W0219 the result does not matter here
///     # lint: ignore W0219, W0408 stands alone: counts for the next line that holds code
///     # lint: ignore-file I0124 routes are called by another file
///
/// Codes are separated by commas. Errors cannot be silenced. Where not all checks were run (`complete` is false), a comment that
/// silences nothing is not told.
void apply_suppressions(const text::Sources& sources, bool complete, Findings& findings);

}  // namespace strowger::diagnostics
