// strowger lsp: the language server on standard input and output.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"
#include "compiler/lsp/server.h"

namespace strowger::driver {

void add_lsp(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command = app.add_subcommand("lsp", "Language server on standard input and output");
  command->footer("Example:\n  strowger lsp -D WITH_NAT        as the command of an editor's client, for *.cfg");
  add_common_options(*command, *options);
  command->callback([options, &exit_code] {
    std::ios::sync_with_stdio(false);
    exit_code = lsp::Server(*options, std::cin, std::cout).run();
  });
}

}  // namespace strowger::driver
