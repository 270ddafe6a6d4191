// All that becomes of one script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>

#include "compiler/diagnostics/findings.h"
#include "compiler/program/program.h"
#include "compiler/syntax/ast.h"
#include "compiler/text/source.h"

namespace strowger::analysis {

/// One script, from its text to its program. Owns what the parts point into.
struct Compilation {
  text::Sources sources;
  diagnostics::Findings findings;
  syntax::Ast ast;
  std::unique_ptr<program::Program> program;  ///< where there were errors: null to build; to lint, what is right of it
};

}  // namespace strowger::analysis
