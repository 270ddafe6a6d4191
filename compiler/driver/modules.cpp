// strowger modules: what the standard library offers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/driver/commands.h"
#include "compiler/driver/front_end.h"

namespace strowger::driver {
namespace {

struct ModulesOptions : CommonOptions {
  std::string name;
  bool json = false;
};

/// The first sentence of a module's description.
std::string first_line(const std::string& doc) { return doc.substr(0, doc.find('\n')); }

int list_modules(const ModulesOptions& options) {
  text::Sources sources;
  diagnostics::Findings findings;
  const modules::ModuleSet modules = load_modules(options, sources, findings);
  if (findings.has_errors()) {
    diagnostics::render_text(findings, std::cerr);
    return kFindings;
  }
  if (!options.name.empty()) {
    const modules::ModuleInterface* module = modules.find(options.name);
    if (!module) {
      complain("no module '" + options.name + "'; `strowger modules` lists them");
      return kUsage;
    }
    std::cout << (options.json ? modules::print_json(*module) : modules::print_reference(*module)) << std::flush;
    return kFine;
  }
  if (options.json) {
    std::cout << "[";
    const char* separator = "\n";
    for (const modules::ModuleInterface* module : modules.all()) {
      std::cout << separator << modules::print_json(*module);
      separator = ",\n";
    }
    std::cout << "\n]" << std::endl;
    return kFine;
  }
  for (const modules::ModuleInterface* module : modules.all()) {
    std::string line = module->name;
    line.resize(std::max<std::size_t>(line.size() + 1, 22), ' ');
    line += first_line(module->doc);
    if (module->pending) line += " (known, no code yet)";
    std::cout << line << '\n';
  }
  return kFine;
}

}  // namespace

void add_modules(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ModulesOptions>();
  CLI::App* command = app.add_subcommand("modules", "What the standard library offers");
  command->footer("Example:\n  strowger modules tm --json");
  command->add_option("NAME", options->name, "One module, with its functions, parameters and variables");
  command->add_flag("--json", options->json, "As JSON");
  command->add_option("--module-path", options->module_dirs, "Read *.module files here too; repeatable")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command->callback([options, &exit_code] { exit_code = list_modules(*options); });
}

}  // namespace strowger::driver
