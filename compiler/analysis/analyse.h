// From AST to Program: names, route kinds, types, constants, conversions. One pass per file; analyse.cpp is their
// order. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>

#include "compiler/diagnostics/findings.h"
#include "compiler/modules/interface.h"
#include "compiler/program/program.h"
#include "compiler/syntax/ast.h"

namespace strowger::analysis {

enum class Purpose { Build, Lint };  ///< Build also refuses what has no code yet (E09xx)

/// Checks `ast` against the interfaces. Where there were errors (all in `findings`), nothing is given for Purpose::Build; for
/// Purpose::Lint the program without its faulty statements. `ast`, `set` and the text sources must outlive it.
std::unique_ptr<program::Program> analyse(const syntax::Ast& ast, const modules::ModuleSet& set, Purpose purpose,
                                          diagnostics::Findings& findings);

}  // namespace strowger::analysis
