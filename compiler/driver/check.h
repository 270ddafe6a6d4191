// Checking one script, as lint and the language server do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/front_end.h"
#include "compiler/driver/project.h"

namespace strowger::driver {

/// All findings of a script with one set of defines: those that comments silence are gone, levels are the project's.
/// `out.sources` may have presets.
void check_script(const std::string& path, const CommonOptions& options, const Project& project, const std::vector<std::string>& profile,
                  const modules::ModuleSet& modules, Compilation& out);

}  // namespace strowger::driver
