// Fuzzes the reader of .module files, and all that is printed from them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdint>
#include <string>

#include "compiler/modules/interface.h"
#include "tests/fuzz/front_end.h"

using namespace strowger;  // NOLINT: one short program

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  text::Sources sources;
  diagnostics::Findings findings;
  const text::SourceFile* file = sources.add("fuzz.module", std::string(reinterpret_cast<const char*>(data), size));
  modules::ModuleInterface module = modules::parse_module(*file, findings);
  fuzz::check_findings(findings);
  (void)modules::print_header(module);
  (void)modules::print_defaults(module);
  (void)modules::print_reference(module);
  (void)modules::print_json(module);
  if (findings.has_errors()) return 0;
  modules::ModuleSet set;
  const std::string name = module.name;
  set.add(std::move(module));
  const modules::ModuleInterface* found = set.find(name);
  fuzz::require(found != nullptr, "a module is found by its name");
  for (const modules::Function& function : found->functions)
    fuzz::require(set.find_function(function.name, function.args.size(), {name}) != nullptr, "a function is found");
  for (const modules::Variable& variable : found->variables)
    fuzz::require(set.find_variable(variable.name, {name}) != nullptr, "a variable is found");
  return 0;
}
