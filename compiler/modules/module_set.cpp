// The modules that exist: those compiled into the program and those of --module-path folders.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <filesystem>
#include <utility>

#include "compiler/modules/interface.h"

namespace strowger::embedded {
extern const std::pair<std::string_view, std::string_view> module_files[];
extern const unsigned long module_files_count;
}  // namespace strowger::embedded

namespace strowger::modules {
namespace {

namespace fs = std::filesystem;

/// All *.module files below a folder, sorted; a folder that cannot be read gives E0812.
std::vector<std::string> find_module_files(const std::string& dir, text::Sources& sources, diagnostics::Findings& findings) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".module") paths.push_back(it->path().string());
  if (error) {
    text::Span place;
    place.file = sources.add("<command line>", "--module-path " + dir);
    findings.add("E0812", place, {dir, error.message()});
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

const std::string& followed(const std::map<std::string, std::string>& aliases, const std::string& name) {
  const auto it = aliases.find(name);
  return it == aliases.end() ? name : it->second;
}

}  // namespace

ModuleSet ModuleSet::load(const std::vector<std::string>& extra_dirs, text::Sources& sources,
                          diagnostics::Findings& findings) {
  ModuleSet set;
  for (unsigned long i = 0; i < embedded::module_files_count; ++i) {
    const auto& [name, content] = embedded::module_files[i];
    set.add(parse_module(*sources.add("<stdlib>/" + std::string(name), std::string(content)), findings));
  }
  for (const std::string& dir : extra_dirs) {
    for (const std::string& path : find_module_files(dir, sources, findings)) {
      const text::SourceFile* file = sources.open(path);
      if (file) {
        set.add(parse_module(*file, findings));
      } else {
        text::Span place;
        place.file = sources.add(path, "");
        findings.add("E0812", place, {path, "cannot be read"});
      }
    }
  }
  return set;
}

void ModuleSet::add(ModuleInterface module) {
  if (module.name.empty()) return;
  std::string name = module.name;
  modules_.insert_or_assign(std::move(name), std::move(module));
}

const ModuleInterface* ModuleSet::find(std::string_view name) const {
  const auto it = modules_.find(name);
  return it == modules_.end() ? nullptr : &it->second;
}

std::vector<const ModuleInterface*> ModuleSet::all() const {
  std::vector<const ModuleInterface*> out;
  for (const auto& [name, module] : modules_) out.push_back(&module);
  return out;
}

const Function* ModuleSet::find_function(std::string_view name, std::size_t arg_count,
                                         const std::vector<std::string>& loaded) const {
  const std::string wanted(name);
  for (const std::string& module_name : loaded) {
    const ModuleInterface* module = find(module_name);
    if (!module) continue;
    const std::string& real = followed(module->function_aliases, wanted);
    for (const Function& f : module->functions)
      if (f.name == real && f.args.size() == arg_count) return &f;
  }
  return nullptr;
}

std::vector<const Function*> ModuleSet::functions_named(std::string_view name) const {
  const std::string wanted(name);
  std::vector<const Function*> out;
  for (const auto& [module_name, module] : modules_) {
    const std::string& real = followed(module.function_aliases, wanted);
    for (const Function& f : module.functions)
      if (f.name == real) out.push_back(&f);
  }
  return out;
}

const Variable* ModuleSet::find_variable(std::string_view name, const std::vector<std::string>& loaded) const {
  const std::string wanted(name);
  for (const std::string& module_name : loaded) {
    const ModuleInterface* module = find(module_name);
    if (!module) continue;
    const std::string& real = followed(module->variable_aliases, wanted);
    for (const Variable& v : module->variables)
      if (v.name == real) return &v;
  }
  return nullptr;
}

std::vector<const Variable*> ModuleSet::variables_named(std::string_view name) const {
  const std::string wanted(name);
  std::vector<const Variable*> out;
  for (const auto& [module_name, module] : modules_) {
    const std::string& real = followed(module.variable_aliases, wanted);
    for (const Variable& v : module.variables)
      if (v.name == real) out.push_back(&v);
  }
  return out;
}

namespace {

/// Operations are found in any case: {s.TOLOWER}.
bool same_op(std::string_view declared, std::string_view written) {
  return std::equal(declared.begin(), declared.end(), written.begin(), written.end(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

}  // namespace

const Transformation* ModuleSet::find_transformation(std::string_view klass, std::string_view op, std::size_t arg_count,
                                                     const std::vector<std::string>& loaded) const {
  for (const std::string& module_name : loaded) {
    const ModuleInterface* module = find(module_name);
    if (!module) continue;
    for (const Transformation& t : module->transformations) {
      if (t.klass != klass || !same_op(t.op, op)) continue;
      // A last `literal` or `subst` takes the rest as it is written, however many commas it holds.
      const bool raw = t.takes_raw_rest() && arg_count >= t.required;
      if (raw || (arg_count >= t.required && arg_count <= t.args.size())) return &t;
    }
  }
  return nullptr;
}

}  // namespace strowger::modules
