// loadmodule: which modules take part, and what they need.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "compiler/analysis/names.h"
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

void add(Context& context, const modules::ModuleInterface& module, std::size_t line) {
  context.loaded.push_back(module.name);
  context.loaded_by.push_back(line);
  context.program.loaded.push_back(&module);
}

/// Does the script set parameters of this module? The first modparam that names it, or null.
const syntax::ModParam* first_parameter(const Context& context, const std::string& module) {
  for (const syntax::ModParam& param : context.ast.modparams) {
    std::string_view rest = param.module_pattern;     // "nathelper|registrar"
    while (!rest.empty()) {
      const std::size_t bar = rest.find('|');
      if (rest.substr(0, bar) == module) return &param;
      if (bar == std::string_view::npos) break;
      rest.remove_prefix(bar + 1);
    }
  }
  return nullptr;
}

/// A module without code may be loaded, as many configs do with ctl or cfg_rpc; it is told, louder where it is configured.
void tell_without_code(Context& context, const syntax::LoadModule& line, const modules::ModuleInterface& module) {
  if (const syntax::ModParam* param = first_parameter(context, module.name))
    context.findings.add("W0912", param->span, {module.name});
  else
    context.findings.add("I0912", line.span, {module.name});
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
      const std::string near = nearest(name, names);
      if (!near.empty()) finding.help("did you mean '" + near + "'?");
    } else if (is_loaded(context, name)) {
      context.findings.add("E0109", line.span, {name, "it is loaded already"});
    } else {
      add(context, *module, i);
      if (module->pending) tell_without_code(context, line, *module);
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
