// What a script leaves to run time, line by line: for `strowger build --emit report`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "compiler/program/program.h"

namespace strowger::analysis {

/// One place a line, "file:line: what: why", by file and line; then a line that counts them.
std::string report(const program::Program& program);

}  // namespace strowger::analysis
