// strowger.toml: what a project wants from lint.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/findings.h"
#include "compiler/driver/commands.h"

namespace strowger::driver {

/// A strowger.toml:
///
///     defines = ["WITH_TLS", "PORT=5060"]    # as -D
///     include = ["etc", "common"]            # as -I, from the file's folder
///
///     [lint]
///     fail-on = "warning"
///
///     [lint.levels]                          # off, hint, warning, error
///     W0804 = "off"
///     S0501 = "error"
///
///     [profiles]                             # sets of defines for lint --profile
///     nat = ["WITH_NAT"]
struct Project {
  std::string path;                                        ///< of the file, "" where there is none
  std::vector<std::string> defines, include_dirs;
  std::optional<std::string> fail_on;
  std::map<std::string, std::string> levels;               ///< code -> off, hint, warning, error
  std::map<std::string, std::vector<std::string>> profiles;
};

/// Reads the strowger.toml of the script's folder or of the nearest folder above that has one. `error` gets what is wrong with
/// it, with its place; the project is then empty.
Project find_project(const std::string& script, std::string& error);

/// The command line's options with those of the project: its defines, then `profile`, then the command line's.
CommonOptions with_project(const CommonOptions& options, const Project& project, const std::vector<std::string>& profile = {});

/// Gives findings the levels of the project and drops those that are off. Errors stay errors: a script that cannot run cannot
/// be made to by a level.
void apply_levels(const Project& project, diagnostics::Findings& findings);

}  // namespace strowger::driver
