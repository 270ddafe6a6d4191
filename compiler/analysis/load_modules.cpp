// loadmodule: which modules take part, and what they need.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "compiler/text/names.h"
#include "compiler/analysis/passes.h"

namespace strowger::analysis {
namespace {

constexpr OtherModule kOtherModules[] = {
#define RETIRED(name, words) {name, words, false},
#define NEWER(name) {name, "it came after Kamailio 5.6", true},
#include "compiler/analysis/other_modules.def"
#undef RETIRED
#undef NEWER
};

bool is_loaded(const Context& context, const std::string& name) {
  return std::find(context.loaded.begin(), context.loaded.end(), name) != context.loaded.end();
}

/// Does a loaded module stand in for `name`? Only for lint: code is bound to the module that is named.
bool is_provided(const Context& context, const std::string& name) {
  if (context.building()) return false;
  for (const modules::ModuleInterface* module : context.program.loaded)
    if (std::find(module->provides.begin(), module->provides.end(), name) != module->provides.end()) return true;
  return false;
}

void add(Context& context, const modules::ModuleInterface& module, std::size_t line) {
  context.loaded.push_back(module.name);
  context.loaded_by.push_back(line);
  context.program.loaded.push_back(&module);
}

}  // namespace

std::string module_name(std::string name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string::npos) name.erase(0, slash + 1);
  if (name.size() > 3 && name.compare(name.size() - 3, 3, ".so") == 0) name.erase(name.size() - 3);
  return name;
}

const OtherModule* other_module(const std::string& loaded) {
  const std::string name = module_name(loaded);
  for (const OtherModule& other : kOtherModules)
    if (other.name == name) return &other;
  return nullptr;
}

void load_modules(Context& context) {
  if (const modules::ModuleInterface* core = context.set.find("core")) add(context, *core, 0);
  for (std::size_t i = 0; i < context.ast.modules.size(); ++i) {
    const syntax::LoadModule& line = context.ast.modules[i];
    const std::string name = module_name(line.name);
    const modules::ModuleInterface* module = context.set.find(name);
    const OtherModule* other = module ? nullptr : other_module(name);
    if (other && !context.building()) {
      context.findings.add(other->is_newer ? "W0118" : "W0117", line.span, {"module '" + name + "'", std::string(other->words)});
    } else if (other) {
      context.findings.add("E0109", line.span, {name, std::string(other->words)});
    } else if (!module || name == "core") {
      diagnostics::Finding& finding = context.findings.add("E0109", line.span, {name, "there is no such module"});
      std::vector<std::string_view> names;
      for (const modules::ModuleInterface* candidate : context.set.all()) names.push_back(candidate->name);
      const std::string near = text::nearest(name, names);
      if (!near.empty()) finding.help("did you mean '" + near + "'?");
    } else if (is_loaded(context, name)) {
      context.findings.add("E0109", line.span, {name, "it is loaded already"});
    } else {
      add(context, *module, i);
      // One that only offers functions, or serves other modules, is missed where it is used.
      const bool is_missed = module->pending && module->acts && context.building();
      if (module->pending) context.findings.add(is_missed ? "E0907" : "I0912", line.span, {module->name});
    }
  }
  for (const syntax::LoadModule& line : context.ast.modules) {
    const modules::ModuleInterface* module = context.set.find(module_name(line.name));
    if (!module) continue;
    std::vector<std::string> missing;
    for (const std::string& needed : module->requires_)
      if (!is_loaded(context, needed) && !is_provided(context, needed)) missing.push_back(needed);
    if (missing.empty()) continue;
    std::string names;
    for (const std::string& name : missing) names += (names.empty() ? "'" : ", '") + name + "'";
    diagnostics::Finding& finding = context.findings.add("E0110", line.span, {module->name, names});
    for (const std::string& name : missing) finding.help("add: loadmodule \"" + name + ".so\"");
  }
}

}  // namespace strowger::analysis
