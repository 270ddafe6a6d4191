// strowger: compiles routing scripts into SIP proxies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"

int main(int argc, char** argv) {
  namespace driver = strowger::driver;
  int exit_code = driver::kFine;
  CLI::App app("strowger compiles Kamailio-style routing scripts into native SIP proxies.", "strowger");
  app.footer("Example:\n  strowger build pbx.cfg && ./pbx\n\nExit codes: 0 fine, 1 findings, 2 usage or I/O.");
  app.require_subcommand(1);
  driver::add_build(app, exit_code);
  driver::add_run(app, exit_code);
  driver::add_lint(app, exit_code);
  driver::add_fmt(app, exit_code);
  driver::add_graph(app, exit_code);
  driver::add_test(app, exit_code);
  driver::add_lsp(app, exit_code);
  driver::add_modules(app, exit_code);
  driver::add_explain(app, exit_code);
  driver::add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? driver::kFine : driver::kUsage;
  }
  return exit_code;
}
