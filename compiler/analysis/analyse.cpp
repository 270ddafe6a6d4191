// The order of work.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/analyse.h"

#include "compiler/analysis/passes.h"

namespace strowger::analysis {

std::unique_ptr<program::Program> analyse(const syntax::Ast& ast, const modules::ModuleSet& set, Purpose purpose,
                                          diagnostics::Findings& findings) {
  auto program = std::make_unique<program::Program>();
  program->ast = &ast;
  program->set = &set;
  Context context(ast, set, purpose, findings, *program);
  load_modules(context);
  set_parameters(context);
  set_core_parameters(context);
  collect_routes(context);
  lower_routes(context);
  list_known_variables(context);
  mark_recursive_routes(context);
  if (findings.has_errors() && context.building()) return nullptr;
  if (context.building()) analyse_flow(*program);  // only code generation asks for it
  return program;
}

}  // namespace strowger::analysis
