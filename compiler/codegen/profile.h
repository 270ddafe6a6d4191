// Profiles of runs: reading what an instrumented proxy wrote.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

namespace strowger::codegen {

/// Reads profiles, as a proxy of `--pgo-generate` writes them (.profraw) or as llvm-profdata merges them, and adds them up.
/// `indexed` gets the sum, as LLVM's passes read it. Empty, or which file cannot be used and why.
std::string read_profiles(const std::vector<std::string>& paths, std::string& indexed);

}  // namespace strowger::codegen
