// strowger lsp: the language server on standard input and output.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "compiler/driver/check.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/kit.h"
#include "compiler/lsp/server.h"

namespace strowger::driver {
namespace {

/// Scripts are checked as lint checks them.
int serve(const CommonOptions& options) {
  std::ios::sync_with_stdio(false);
  text::Sources sources;
  diagnostics::Findings findings;
  const modules::ModuleSet modules = load_modules(options, sources, findings);
  diagnostics::render_text(findings, std::cerr);
  const auto check = [&](const std::string& path, Compilation& out) {
    std::string why;
    const Project project = find_project(path, why);
    check_script(path, options, project, {}, modules, out);
    return why;
  };
  return lsp::Server(modules, check, version(), std::cin, std::cout).run() ? kFine : kFindings;
}

}  // namespace

void add_lsp(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command = app.add_subcommand("lsp", "Language server on standard input and output");
  command->footer("Example:\n  strowger lsp -D WITH_NAT        as the command of an editor's client, for *.cfg");
  add_common_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace strowger::driver
