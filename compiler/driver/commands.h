// The subcommands of strowger. Each file adds one; the callback sets the exit code.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace strowger::driver {

/// design/cli.md: 0 fine; 1 the script (or what was asked about) has findings; 2 usage or I/O.
enum ExitCode { kFine = 0, kFindings = 1, kUsage = 2 };

/// What build and lint share.
struct CommonOptions {
  std::vector<std::string> defines;       ///< NAME or NAME=VALUE
  std::vector<std::string> include_dirs;
  std::vector<std::string> module_dirs;
  std::string color = "auto";
  bool quiet = false;
  bool verbose = false;
};
void add_common_options(CLI::App& command, CommonOptions& options);
/// Whether to colour what goes to this file descriptor; NO_COLOR counts for `auto`.
bool use_color(const CommonOptions& options, int descriptor);

void add_build(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_lint(CLI::App& app, int& exit_code);
void add_fmt(CLI::App& app, int& exit_code);
void add_graph(CLI::App& app, int& exit_code);
void add_test(CLI::App& app, int& exit_code);
void add_lsp(CLI::App& app, int& exit_code);
void add_modules(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

/// "strowger: words" on stderr.
void complain(const std::string& words);

}  // namespace strowger::driver
