// Findings as editors show them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <llvm/Support/JSON.h>

#include "compiler/diagnostics/findings.h"

namespace strowger::lsp {

/// A Diagnostic: notes with a place are related information, others stand below the message.
llvm::json::Value diagnostic_of(const diagnostics::Finding& finding);

/// A CodeAction with the finding's edits; only where it has some.
llvm::json::Value action_of(const diagnostics::Finding& finding);

}  // namespace strowger::lsp
