// lint --fix: writes the edits of findings into the files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/diagnostics/findings.h"

namespace strowger::driver {

struct FixResult {
  std::size_t applied = 0;          ///< findings whose edits were made
  std::vector<std::string> failed;  ///< "FILE: why" of files that could not be written
};

/// The text of `file` with the edits of all findings that lie in it. A finding whose edits overlap those of another one
/// is left for the next run; `applied` counts the others.
std::string with_edits(const text::SourceFile& file, const diagnostics::Findings& findings, std::size_t& applied);

/// Rewrites every file that a finding edits. A file is replaced whole or not at all.
FixResult apply_edits(const diagnostics::Findings& findings);

}  // namespace strowger::driver
