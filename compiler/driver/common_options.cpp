// Options that build and lint share.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"

namespace strowger::driver {

void add_common_options(CLI::App& command, CommonOptions& options) {
  // One value each time: the script's path may stand behind.
  command.add_option("-D,-A", options.defines, "A #!define; repeatable (-A as Kamailio spells it)")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  command.add_option("-I", options.include_dirs, "Search here for include_file and import_file; repeatable")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command.add_option("--module-path", options.module_dirs, "Read *.module files here too; repeatable")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command.add_option("--color", options.color, "Colour findings: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_flag("-q,--quiet", options.quiet, "Only errors");
  command.add_flag("-v,--verbose", options.verbose, "Tell more");
}

bool use_color(const CommonOptions& options, int descriptor) {
  if (options.color != "auto") return options.color == "always";
  const char* no_color = std::getenv("NO_COLOR");
  return !(no_color && *no_color) && ::isatty(descriptor);
}

void complain(const std::string& words) { std::cerr << "strowger: " << words << '\n'; }

}  // namespace strowger::driver
