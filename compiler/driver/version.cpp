// strowger version.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iostream>

#include <CLI/CLI.hpp>
#include <llvm/Config/llvm-config.h>

#include "compiler/driver/commands.h"
#include "compiler/driver/kit.h"

namespace strowger::driver {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("version", "Versions of this toolchain and its parts");
  command->footer("Example:\n  strowger version");
  command->callback([&exit_code] {
    std::cout << "strowger " << version() << "\nLLVM " LLVM_VERSION_STRING "\nruntime " << runtime_hash(find_kit()) << '\n';
    exit_code = kFine;
  });
}

}  // namespace strowger::driver
