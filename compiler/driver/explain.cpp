// strowger explain: what a diagnostic means.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/diagnostics/findings.h"
#include "compiler/driver/commands.h"

namespace strowger::driver {
namespace {

int explain(std::string code) {
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string_view page = diagnostics::page_of(code);
  if (page.empty()) {
    complain("no code '" + code + "'");
    return kUsage;
  }
  std::cout << page;
  if (page.back() != '\n') std::cout << '\n';
  return kFine;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto code = std::make_shared<std::string>();
  auto list = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("explain", "What a finding's code means, with a bad and a good example");
  command->footer("Example:\n  strowger explain E0203");
  command->add_option("CODE", *code, "E0203, W0301, ...");
  command->add_flag("--list", *list, "All codes with their titles");
  command->callback([code, list, &exit_code] {
    if (*list) {
      for (const std::string_view known : diagnostics::all_codes())
        std::cout << known << ' ' << diagnostics::title_of(known) << '\n';
      exit_code = kFine;
    } else if (code->empty()) {
      complain("explain needs a CODE, or --list");
      exit_code = kUsage;
    } else {
      exit_code = explain(*code);
    }
  });
}

}  // namespace strowger::driver
