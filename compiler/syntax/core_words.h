// The core commands: what arguments each takes (core.md 2).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/ast.h"

namespace strowger::syntax {

/// Empty where the arguments fit; else what is wrong, to be read after the command's name.
std::string check_core_command(std::string_view name, const std::vector<ExprPtr>& args, bool parentheses);

/// True for words that are core commands, in any of their spellings.
bool is_core_command(std::string_view name);

}  // namespace strowger::syntax
