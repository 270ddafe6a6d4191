// Where the toolchain's own files are, and which ones they are.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace strowger::driver {

/// ../lib/strowger beside the folder of this executable, links followed; empty where that cannot be found out.
std::string find_kit();
/// One hash over the runtime's and the modules' archives and the hot bitcode; "none" for an empty kit.
std::string runtime_hash(const std::string& kit);
/// "0.1.0".
std::string version();

}  // namespace strowger::driver
