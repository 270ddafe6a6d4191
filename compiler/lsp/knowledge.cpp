// Reads what modules declare and the script defines.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/knowledge.h"

#include <algorithm>
#include <set>

#include "compiler/analysis/context.h"
#include "compiler/lsp/places.h"

namespace strowger::lsp {
namespace {

using Kind = Word::Kind;
using modules::ModuleInterface;

// CompletionItemKind
constexpr int kFunction = 3, kVariable = 6, kModule = 9, kProperty = 10, kOperator = 24, kReference = 18;

bool is_loaded(const syntax::Ast* ast, std::string_view module) {
  return !ast || module == "core" || std::ranges::any_of(ast->modules, [&](const auto& loaded) { return loaded.name == module; });
}

/// Those of loaded modules; where there are none, all, for the module may be what is missing.
template <typename Declared>
std::vector<const Declared*> loaded_of(const std::vector<const Declared*>& all, const syntax::Ast* ast) {
  std::vector<const Declared*> out;
  std::ranges::copy_if(all, std::back_inserter(out), [&](const Declared* one) { return is_loaded(ast, one->module); });
  return out.empty() ? all : out;
}

template <typename Declared>
std::string describe_all(const std::vector<const Declared*>& all, const modules::ModuleSet& modules, const syntax::Ast* ast) {
  std::string out;
  for (const Declared* one : loaded_of(all, ast)) {
    const ModuleInterface* module = modules.find(one->module);
    if (!module) continue;
    out += modules::print_reference(*module, *one);
    if (!is_loaded(ast, one->module)) out += "Of the module `" + one->module + "`, which the script does not load.\n\n";
  }
  return out;
}

std::vector<const modules::Transformation*> transformations_named(std::string_view name, const modules::ModuleSet& modules) {
  std::vector<const modules::Transformation*> out;
  for (const ModuleInterface* module : modules.all())
    for (const modules::Transformation& t : module->transformations)
      if (t.klass + "." + t.op == name) out.push_back(&t);
  return out;
}

/// The first line of a text.
std::string head(const std::string& doc) { return doc.substr(0, doc.find('\n')); }

/// Items that replace a range of the script, each label once.
class Items {
 public:
  explicit Items(llvm::json::Value range) : range_(std::move(range)) {}
  void add(const std::string& label, int kind, const std::string& detail, const std::string& doc) {
    if (!seen_.insert(label).second) return;
    items_.push_back(llvm::json::Object{{"label", label},
                                        {"kind", kind},
                                        {"detail", detail},
                                        {"documentation", head(doc)},
                                        {"textEdit", llvm::json::Object{{"range", range_}, {"newText", label}}}});
  }
  llvm::json::Array take() { return std::move(items_); }

 private:
  llvm::json::Value range_;
  llvm::json::Array items_;
  std::set<std::string> seen_;
};

}  // namespace

std::string name_of(const syntax::Route& route) {
  std::string name(analysis::name_of(route.kind));
  if (route.kind == kRequestRoute && !route.name.empty()) name = "route";
  return route.name.empty() ? name : name + "[" + route.name + "]";
}

std::vector<const syntax::Route*> routes_named(const syntax::Ast& ast, RouteKind kind, std::string_view name) {
  std::vector<const syntax::Route*> out;
  for (const syntax::Route& route : ast.routes) {
    const bool fits = route.kind == kind || (kind == kRequestRoute && route.kind == kEventRoute) ||
                      (kind == kReplyRoute && route.kind == kCoreReplyRoute);
    if (fits && route.name == name) out.push_back(&route);
  }
  return out;
}

std::string describe(const Word& word, const modules::ModuleSet& modules, const syntax::Ast* ast) {
  switch (word.kind) {
    case Kind::Name: return describe_all(modules.functions_named(word.text), modules, ast);
    case Kind::Variable: return describe_all(modules.variables_named(word.text), modules, ast);
    case Kind::Transformation: return describe_all(transformations_named(word.text, modules), modules, ast);
    case Kind::Module: {
      const ModuleInterface* module = modules.find(word.text);
      if (!module) return "";
      return "### " + module->name + "\n\n" + module->doc + (module->pending ? "\n\nKnown, but it has no code yet." : "");
    }
    case Kind::Parameter: {
      const ModuleInterface* module = modules.find(word.module);
      if (!module) return "";
      for (const modules::Parameter& p : module->params)
        if (p.name == word.text) return modules::print_reference(*module, p);
      return "";
    }
    case Kind::Route: {
      if (!ast) return "";
      std::string out;
      for (const syntax::Route* route : routes_named(*ast, word.route, word.text))
        out += "`" + name_of(*route) + "`: " + route->span.file->path + ":" + std::to_string(route->span.line()) + "\n\n";
      return out;
    }
    case Kind::None: case Kind::File: case Kind::Text: return "";
  }
  return "";
}

llvm::json::Array complete(const Word& word, std::string_view script, const modules::ModuleSet& modules, const syntax::Ast* ast) {
  Items items(range_of(script, word.begin, word.end));
  const auto of_loaded = [&](const auto& give) {
    for (const ModuleInterface* module : modules.all())
      if (is_loaded(ast, module->name)) give(*module);
  };
  switch (word.kind) {
    case Kind::Name:
      of_loaded([&](const ModuleInterface& module) {
        for (const modules::Function& f : module.functions) items.add(f.name, kFunction, module.name, f.doc);
        for (const auto& [alias, target] : module.function_aliases) items.add(alias, kFunction, module.name + ": " + target, "");
      });
      break;
    case Kind::Variable:
      of_loaded([&](const ModuleInterface& module) {
        for (const modules::Variable& v : module.variables) items.add(v.name, kVariable, module.name, v.doc);
        for (const auto& [alias, target] : module.variable_aliases) items.add(alias, kVariable, module.name + ": $" + target, "");
      });
      break;
    case Kind::Transformation:
      of_loaded([&](const ModuleInterface& module) {
        for (const modules::Transformation& t : module.transformations) items.add(t.klass + "." + t.op, kOperator, module.name, t.doc);
      });
      break;
    case Kind::Module:
      for (const ModuleInterface* module : modules.all())
        if (!module->pending) items.add(module->name, kModule, "module", module->doc);
      break;
    case Kind::Parameter:
      if (const ModuleInterface* module = modules.find(word.module))
        for (const modules::Parameter& p : module->params) items.add(p.name, kProperty, module->name, p.doc);
      break;
    case Kind::Route:
      if (!ast) break;
      for (const syntax::Route& route : ast->routes)
        if (!route.name.empty() && !routes_named(*ast, word.route, route.name).empty()) items.add(route.name, kReference, name_of(route), "");
      break;
    case Kind::None: case Kind::File: case Kind::Text: break;
  }
  return items.take();
}

}  // namespace strowger::lsp
