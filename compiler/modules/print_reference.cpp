// Writes a module's reference page in Markdown.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "compiler/modules/interface.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

std::string print_argument(const Argument& a) {
  return a.name + ": " + std::string(name_of(a.kind)) + (a.dynamic ? " dynamic" : "");
}

std::string print_call(const Function& f) {
  std::string out = f.name + "(";
  for (std::size_t i = 0; i < f.args.size(); ++i) out += (i ? ", " : "") + print_argument(f.args[i]);
  return out + ")";
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

void paragraph(const std::string& doc, std::string& out) {
  if (!doc.empty()) out += doc + "\n\n";
}

std::string default_of(const Parameter& p) {
  if (p.repeated) return "none; may be given several times";
  if (p.is_text) return p.text ? "`\"" + *p.text + "\"`" : "unset";
  return p.number ? "`" + std::to_string(*p.number) + "`" : "unset";
}

std::string_view type_of(const Parameter& p) {
  return p.is_format ? "format" : p.is_variable ? "variable" : p.is_attributes ? "attributes" : p.is_text ? "string" : "int";
}

std::string describe(const Parameter& p) {
  std::string doc = p.doc;
  if (p.within) doc += " From " + std::to_string(p.within->first) + " to " + std::to_string(p.within->second) + ".";
  if (p.works) doc += " Implemented from " + std::to_string(p.works->first) + " to " + std::to_string(p.works->second) + ".";
  if (p.pending) doc += " Only the default is implemented.";
  if (p.ignored) doc += " Accepted without effect.";
  return doc;
}

void print_params(const ModuleInterface& module, std::string& out) {
  if (module.params.empty()) return;
  out += "## Parameters\n\n| parameter | type | default | |\n| --- | --- | --- | --- |\n";
  for (const Parameter& p : module.params) {
    std::string doc = describe(p);
    std::replace(doc.begin(), doc.end(), '\n', ' ');
    out += "| `" + p.name + "` | " + std::string(type_of(p)) + " | " + default_of(p) + " | " + doc + " |\n";
  }
  out += "\n";
}

template <typename Declared>
void print_section(const char* title, const ModuleInterface& module, const std::vector<Declared>& all, std::string& out) {
  if (all.empty()) return;
  out += std::string("## ") + title + "\n\n";
  for (const Declared& one : all) out += print_reference(module, one);
}

}  // namespace

std::string print_reference(const ModuleInterface& module, const Function& f) {
  std::string out = "### `" + print_call(f) + "`\n\n";
  paragraph(f.doc, out);
  out += "* Result: " + std::string(f.may_stop ? "verdict (0 ends the script)" : "outcome (true or false)") + "\n";
  for (const auto& [number, words] : f.returns) out += "  * `" + std::to_string(number) + "`: " + words + "\n";
  out += "* Routes: " + names_of_routes(f.routes) + "\n";
  if (!f.does.empty()) out += "* Does: " + join(f.does) + "\n";
  for (const auto& [alias, target] : module.function_aliases)
    if (target == f.name) out += "* Also called `" + alias + "`\n";
  if (f.pending) out += "* Not implemented yet\n";
  out += "\n";
  for (const std::string& example : f.examples) out += "```\n" + example + "\n```\n\n";
  return out;
}

std::string print_reference(const ModuleInterface& module, const Parameter& p) {
  std::string out = "### `" + module.name + "`: `" + p.name + "`\n\n";
  paragraph(describe(p), out);
  return out + "* Type: " + std::string(type_of(p)) + "\n* Default: " + default_of(p) + "\n\n";
}

std::string print_reference(const ModuleInterface& module, const Variable& v) {
  std::string out = "### `$" + v.name;
  if (v.key) out += "(" + print_argument(*v.key) + (v.key_optional ? "?" : "") + ")";
  if (v.indexed) out += "[index]";
  out += "`\n\n";
  paragraph(v.doc, out);
  out += "* Type: " + print_type(v.type, v.nullable) + (v.writable ? ", readable and writable" : ", read-only") + "\n";
  for (const auto& [alias, target] : module.variable_aliases)
    if (target == v.name) out += "* Also called `$(" + alias + ")`\n";
  if (v.pending) out += "* Not implemented yet\n";
  return out + "\n";
}

std::string print_reference(const ModuleInterface&, const Transformation& t) {
  std::string out = "### `{" + t.klass + "." + t.op;
  for (std::size_t i = 0; i < t.args.size(); ++i) out += "," + print_argument(t.args[i]) + (i >= t.required ? "?" : "");
  out += "}`\n\n";
  paragraph(t.doc, out);
  out += "* Result: " + print_type(t.result, t.nullable) + "\n";
  if (t.pending) out += "* Not implemented yet\n";
  return out + "\n";
}

std::string print_reference(const ModuleInterface& module) {
  std::string out = "# " + module.name + "\n\n";
  paragraph(module.doc, out);
  if (module.pending) out += "This module is declared, but has no code yet.\n\n";
  if (!module.provides.empty()) out += "Stands in for: " + join(module.provides) + "\n\n";
  if (!module.requires_.empty()) out += "Needs: " + join(module.requires_) + "\n\n";
  print_section("Functions", module, module.functions, out);
  print_params(module, out);
  print_section("Variables", module, module.variables, out);
  print_section("Transformations", module, module.transformations, out);
  if (!module.events.empty()) {
    out += "## Events\n\n";
    for (const Event& e : module.events) {
      out += "* `event_route[" + e.pattern + "]`";
      if (!e.doc.empty()) out += ": " + e.doc;
      out += e.pending ? " (not implemented yet)\n" : "\n";
    }
    out += "\n";
  }
  if (!module.rpcs.empty()) {
    out += "## RPC commands\n\n";
    for (const Rpc& r : module.rpcs) {
      out += "* `" + r.name + "`";
      if (!r.doc.empty()) out += ": " + r.doc;
      out += r.pending ? " (not implemented yet)\n" : "\n";
    }
    out += "\n";
  }
  return out;
}

}  // namespace strowger::modules
