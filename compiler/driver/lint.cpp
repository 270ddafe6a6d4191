// strowger lint: all checks, nothing generated.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include <iostream>
#include <list>

#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"
#include "compiler/driver/front_end.h"
#if __has_include("compiler/lint/lint.h")
#include "compiler/lint/lint.h"
#endif

namespace strowger::driver {
namespace {

struct LintOptions : CommonOptions {
  std::vector<std::string> scripts;
  std::string format = "text", fail_on = "error";
};

bool fails(const diagnostics::Finding& finding, const LintOptions& options) {
  using diagnostics::Level;
  if (finding.level == Level::Error) return true;
  return options.fail_on == "warning" && (finding.level == Level::Warning || finding.level == Level::Security);
}

int lint(const LintOptions& options) {
  int exit_code = kFine;
  text::Sources module_sources;
  diagnostics::Findings all;
  const modules::ModuleSet modules = load_modules(options, module_sources, all);
  std::list<Compilation> scripts;  // findings point into their texts
  for (const std::string& path : options.scripts) {
    if (const std::string why = why_unreadable(path); !why.empty()) {
      complain("'" + path + "' cannot be read: " + why);
      exit_code = kUsage;
      continue;
    }
    Compilation& script = scripts.emplace_back();
    compile_front(path, options, modules, analysis::Purpose::Lint, script);
#if __has_include("compiler/lint/lint.h")
    if (script.program) lint::check(*script.program, script.findings);
#endif
    for (const diagnostics::Finding& finding : script.findings.all())
      if (!options.quiet || finding.level == diagnostics::Level::Error) all.all().push_back(finding);
  }
  if (options.format == "json") {
    diagnostics::render_json(all, std::cout);
  } else {
    diagnostics::render_text(all, std::cout, {use_color(options, STDOUT_FILENO)});
  }
  std::cout.flush();
  if (exit_code == kFine)
    for (const diagnostics::Finding& finding : all.all())
      if (fails(finding, options)) exit_code = kFindings;
  return exit_code;
}

}  // namespace

void add_lint(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command = app.add_subcommand("lint", "Check scripts; nothing is generated");
  command->footer("Example:\n  strowger lint --fail-on warning pbx.cfg");
  command->add_option("CFG", options->scripts, "Scripts")->required();
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->add_option("--fail-on", options->fail_on, "The level from which on findings make exit code 1: error or warning")
      ->check(CLI::IsMember({"error", "warning"}))
      ->capture_default_str();
  add_common_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = lint(*options); });
}

}  // namespace strowger::driver
