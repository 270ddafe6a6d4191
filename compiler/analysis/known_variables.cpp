// The variables that a text may name which is expanded while the proxy runs (pv_evalx()).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>
#include <string>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/analysis/passes.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {

namespace {

/// A name with a dot is read in parentheses only.
std::string reference(const std::string& name) { return name.find('.') == name.npos ? "$" + name : "$(" + name + ")"; }

}  // namespace

void list_known_variables(Context& context) {
  if (!context.evaluates || context.findings.has_errors()) return;
  std::set<std::string> texts = std::exchange(context.written, {});
  for (const std::string& name : context.loaded) {
    const modules::ModuleInterface* module = context.set.find(name);
    if (!module || module->pending) continue;
    for (const modules::Variable& v : module->variables)
      if (!v.key && !v.pending && v.routes == 0xffffffff && v.name != "cfg") texts.insert(reference(v.name));
    for (const auto& [alias, real] : module->variable_aliases)
      if (texts.contains(reference(real))) texts.insert(reference(alias));
  }
  context.in_format = true;
  program::PathConstant path;
  for (const std::string& text : texts) {                       // sorted: the run time searches by halves
    syntax::PvRef pv;
    std::size_t used = 0;
    diagnostics::Findings quiet;                                // what only some routes or files may say is left out
    if (!syntax::parse_pv(text, {}, pv, used, quiet) || used != text.size()) continue;
    const std::optional<std::size_t> variable = variable_reference(context, pv);
    if (!variable) continue;
    program::PathConstant::Step step;
    step.name = text;
    step.variable = *variable + 1;
    path.steps.push_back(std::move(step));
  }
  context.program.known_variables = context.program.paths.size();
  context.program.paths.push_back(std::move(path));
}

}  // namespace strowger::analysis
