// What `build` and `run` do alike.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "compiler/driver/commands.h"

namespace strowger::driver {

struct BuildOptions : CommonOptions {
  std::string script, output, emit = "exe", cpu = "x86-64-v2";
  int level = 2;
  bool lines = true;
  bool static_executable = false;
  bool strip = false;
  bool time = false;
  bool make_profile = false;
  std::vector<std::string> profiles;
};

/// The script, -O, --target-cpu, --time and the common ones.
void add_compile_options(CLI::App& command, BuildOptions& options);

/// Compiles `options.script` into `options.output`; without one, into a file named after the script in the current folder. Shows
/// findings on stderr. An ExitCode.
int build(BuildOptions options);

}  // namespace strowger::driver
