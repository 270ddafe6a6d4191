// strowger fmt: canonical layout in place.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"
#include "compiler/driver/front_end.h"
#include "compiler/driver/line_diff.h"
#include "compiler/driver/replace_file.h"
#include "compiler/format/format.h"

namespace strowger::driver {
namespace {

struct FmtOptions {
  std::vector<std::string> scripts;
  bool check = false, diff = false;
};

int format_one(const std::string& path, const FmtOptions& options) {
  if (const std::string why = why_unreadable(path); !why.empty()) {
    complain("'" + path + "' cannot be read: " + why);
    return kUsage;
  }
  std::ostringstream read;
  read << std::ifstream(path, std::ios::binary).rdbuf();
  const std::string script = read.str();
  format::Fault fault;
  const std::optional<std::string> formatted = format::format(script, fault);
  if (!formatted) {
    complain(path + ":" + std::to_string(fault.line) + ": " + fault.words + "; the file is left as it is");
    return kFindings;
  }
  if (*formatted == script) return kFine;
  if (options.diff) print_diff(path, script, *formatted, std::cout);
  if (options.check) {
    if (!options.diff) std::cout << path << '\n';
    return kFindings;
  }
  if (options.diff) return kFine;
  const std::string why = replace_file(path, *formatted);
  if (why.empty()) return kFine;
  complain("'" + path + "' cannot be written: " + why);
  return kUsage;
}

}  // namespace

void add_fmt(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app.add_subcommand("fmt", "Lay scripts out in one style, in place");
  command->footer("Example:\n  strowger fmt --check --diff pbx.cfg");
  command->add_option("CFG", options->scripts, "Scripts and included files")->required();
  command->add_flag("--check", options->check, "Change nothing; name the files that would change, exit code 1 where there are any");
  command->add_flag("--diff", options->diff, "Change nothing; print what would change");
  command->callback([options, &exit_code] {
    exit_code = kFine;
    for (const std::string& path : options->scripts) exit_code = std::max(exit_code, format_one(path, *options));
  });
}

}  // namespace strowger::driver
