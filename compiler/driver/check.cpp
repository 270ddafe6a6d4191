// The front end, then the rules, then what people said about findings.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/check.h"

#include "compiler/diagnostics/suppressions.h"
#include "compiler/lint/lint.h"

namespace strowger::driver {

void check_script(const std::string& path, const CommonOptions& options, const Project& project, const std::vector<std::string>& profile,
                  const modules::ModuleSet& modules, Compilation& out) {
  compile_front(path, with_project(options, project, profile), modules, analysis::Purpose::Lint, out);
  const bool complete = !out.findings.has_errors();
  if (out.program) lint::check(*out.program, out.findings);
  diagnostics::apply_suppressions(out.sources, complete, out.findings);
  apply_levels(project, out.findings);
}

}  // namespace strowger::driver
