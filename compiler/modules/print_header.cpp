// Writes the C++ side of a module: NAME.interface.h, one struct that the module's files define.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/modules/interface.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

std::string labelled(const std::string& symbol) { return " asm(\"" + symbol + "\");\n"; }

void print_doc(const std::string& doc, std::string_view indent, std::string& out) {
  std::size_t at = 0;
  while (at < doc.size()) {
    const std::size_t end = std::min(doc.find('\n', at), doc.size());
    out += indent;
    out += "/// " + doc.substr(at, end - at) + "\n";
    at = end + 1;
  }
}

std::string argument(const Argument& a) {
  std::string name = cpp_identifier(a.name);
  if (a.kind == ArgKind::Table) return "const TableRef& " + name + ", Text";
  return std::string(cpp_type_of(a.kind)) + " " + name;
}

void print_functions(const ModuleInterface& module, std::string& out) {
  std::set<std::string> guards;
  for (const Function& f : module.functions) {
    if (f.pending) continue;
    if (!f.guard.empty() && guards.insert(f.guard).second) {
      out += "  /// False where a call would do nothing; asked before its other arguments are evaluated.\n";
      out += "  static bool " + cpp_identifier(f.guard) + "(Call&";
      for (const Argument& a : f.args) {
        if (cpp_type_of(a.kind) != "Int") break;
        out += ", " + argument(a);
      }
      out += ")" + labelled("stw." + module.name + "." + f.guard);
    }
    print_doc(f.doc, "  ", out);
    out += "  static Code " + cpp_identifier(f.name) + "(Call&";
    for (const Argument& a : f.args) out += ", " + argument(a);
    if (f.evaluates) out += ", const Path& known";
    out += ")" + labelled(f.symbol);
  }
}

void print_variables(const ModuleInterface& module, std::string& out) {
  for (const Variable& v : module.variables) {
    if (v.pending) continue;
    std::string params = "Call&";
    if (v.key) params += ", " + argument(*v.key);
    if (v.indexed) params += ", Index";
    print_doc(v.doc, "  ", out);
    out += "  static " + std::string(cpp_type_of(v.type)) + " get_" + cpp_identifier(v.name) + "(" + params + ")" +
           labelled(v.getter);
    if (v.writable) out += "  static Code set_" + cpp_identifier(v.name) + "(" + params + ", Value)" + labelled(v.setter);
  }
}

void print_transformations(const ModuleInterface& module, std::string& out) {
  for (const Transformation& t : module.transformations) {
    if (t.pending) continue;
    print_doc(t.doc, "  ", out);
    out += "  static " + std::string(cpp_type_of(t.result)) + " " + cpp_identifier(t.klass + "_" + t.op) +
           "(Call&, Value";
    for (const Argument& a : t.args) out += ", " + argument(a);
    out += ")" + labelled(t.symbol);
  }
}

void print_rpcs(const ModuleInterface& module, std::string& out) {
  for (const Rpc& r : module.rpcs) {
    if (r.pending) continue;
    print_doc(r.doc, "  ", out);
    out += "  static void rpc_" + cpp_identifier(r.name) + "(RpcCall&)" + labelled(r.symbol);
  }
}

std::string_view entry_signature(Entry entry) {
  switch (entry) {
    case Entry::Start: return "void start(Process&)";
    case Entry::WorkerStart: return "void worker_start(Worker&)";
    case Entry::RequestIn: return "bool request_in(Call&)";
    case Entry::ReplyIn: return "bool reply_in(Call&)";
    case Entry::ScriptEnd: return "void script_end(Call&)";
    case Entry::Tick: return "void tick(Worker&)";
    case Entry::Stop: return "void stop(Process&)";
  }
  return "";
}

void print_params(const ModuleInterface& module, std::string& out) {
  if (module.params.empty()) return;
  out += "\n  /// Constants of the compiled script, set by modparam().\n  struct Param {\n";
  for (const Parameter& p : module.params) {
    if (p.ignored) continue;
    print_doc(p.doc, "    ", out);
    const std::string_view type = p.is_variable     ? "VariableRef* const"
                                  : p.is_attributes ? "Path* const"
                                  : p.repeated      ? (p.is_text ? "TextList" : "IntList")
                                                    : (p.is_text ? "Text" : "Int");
    out += "    static const " + std::string(type) + " " + cpp_identifier(p.name) + labelled(p.symbol);
  }
  out += "  };\n";
}

}  // namespace

std::string print_header(const ModuleInterface& module) {
  std::string out = "// What C++ defines for the module " + module.name + ". Written by strowger-interface from its .module file.\n";
  out += "#pragma once\n\n#include \"runtime/abi/image.h\"\n#include \"runtime/abi/values.h\"\n\nnamespace strowger {\n\n";
  print_doc(module.doc, "", out);
  out += "struct " + cpp_struct_name(module.name) + " {\n";
  out += "  /// Index of the module's state in Process::module_state and Worker::module_state.\n";
  out += "  static const std::uint32_t slot" + labelled("stw.slot." + module.name);
  for (const Entry entry : module.entries)
    out += "  static " + std::string(entry_signature(entry)) +
           labelled("stw." + module.name + ".entry." + std::string(name_of(entry)));
  print_functions(module, out);
  print_variables(module, out);
  print_transformations(module, out);
  print_rpcs(module, out);
  print_params(module, out);
  out += "};\n\n}  // namespace strowger\n";
  return out;
}

}  // namespace strowger::modules
