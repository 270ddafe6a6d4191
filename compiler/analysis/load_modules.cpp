// loadmodule: which modules take part, and what they need.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "compiler/analysis/names.h"
#include "compiler/analysis/passes.h"

namespace strowger::analysis {
namespace {

/// "/usr/lib/kamailio/modules/tm.so" -> "tm".
std::string module_name(std::string name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string::npos) name.erase(0, slash + 1);
  if (name.size() > 3 && name.compare(name.size() - 3, 3, ".so") == 0) name.erase(name.size() - 3);
  return name;
}

bool is_loaded(const Context& context, const std::string& name) {
  return std::find(context.loaded.begin(), context.loaded.end(), name) != context.loaded.end();
}

void add(Context& context, const modules::ModuleInterface& module) {
  context.loaded.push_back(module.name);
  context.program.loaded.push_back(&module);
}

}  // namespace

void load_modules(Context& context) {
  if (const modules::ModuleInterface* core = context.set.find("core")) add(context, *core);
  for (const syntax::LoadModule& line : context.ast.modules) {
    const std::string name = module_name(line.name);
    const modules::ModuleInterface* module = context.set.find(name);
    if (!module || name == "core") {
      diagnostics::Finding& finding = context.findings.add("E0109", line.span, {name, "there is no such module"});
      std::vector<std::string_view> names;
      for (const modules::ModuleInterface* candidate : context.set.all()) names.push_back(candidate->name);
      const std::string near = nearest(name, names);
      if (!near.empty()) finding.help("did you mean '" + near + "'?");
    } else if (is_loaded(context, name)) {
      context.findings.add("E0109", line.span, {name, "it is loaded already"});
    } else {
      add(context, *module);
    }
  }
  for (const syntax::LoadModule& line : context.ast.modules) {
    const modules::ModuleInterface* module = context.set.find(module_name(line.name));
    if (!module) continue;
    std::vector<std::string> missing;
    for (const std::string& needed : module->requires_)
      if (!is_loaded(context, needed)) missing.push_back(needed);
    if (missing.empty()) continue;
    std::string names;
    for (const std::string& name : missing) names += (names.empty() ? "'" : ", '") + name + "'";
    diagnostics::Finding& finding = context.findings.add("E0110", line.span, {module->name, names});
    for (const std::string& name : missing) finding.help("add: loadmodule \"" + name + ".so\"");
  }
}

}  // namespace strowger::analysis
