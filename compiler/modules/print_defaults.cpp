// Writes NAME.defaults.cpp: the module's parameters with their defaults, in place of a compiled script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/modules/interface.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 32 || byte >= 127) {
      const char octal[] = {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
                            static_cast<char>('0' + byte % 8), '\0'};
      out += octal;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// INT64_MIN has no literal.
std::string number(Int value) {
  if (value == INT64_MIN) return "INT64_MIN";
  return std::to_string(value) + "LL";
}

std::string text(const std::string& value) {
  return "Text(" + quoted(value) + ", " + std::to_string(value.size()) + ")";
}

}  // namespace

std::string print_defaults(const ModuleInterface& module, std::uint32_t slot) {
  const std::string name = cpp_struct_name(module.name);
  std::string out = "// Default parameters of " + module.name + ". Written by strowger-interface from its .module file.\n";
  out += "#include \"" + module.name + ".interface.h\"\n\nnamespace strowger {\n\n";
  out += "const std::uint32_t " + name + "::slot = " + std::to_string(slot) + ";\n";
  for (const Parameter& p : module.params) {
    if (p.ignored) continue;
    const std::string member = name + "::Param::" + cpp_identifier(p.name);
    const std::string cell = cpp_identifier(p.name) + "_item";
    if (p.is_variable || p.is_attributes) {  // only a script can name one
      out += std::string("const ") + (p.is_variable ? "VariableRef" : "Path") + "* const " + member + " = nullptr;\n";
    } else if (p.repeated) {
      const bool set = p.is_text ? p.text.has_value() : p.number.value_or(0) != 0;
      const std::string type = p.is_text ? "Text" : "Int";
      if (set) {
        out += "static const " + type + " " + cell + "[] = {" + (p.is_text ? text(*p.text) : number(*p.number)) + "};\n";
        out += "const " + type + "List " + member + " = {" + cell + ", 1};\n";
      } else {
        out += "const " + type + "List " + member + " = {nullptr, 0};\n";
      }
    } else if (p.is_text) {
      out += "const Text " + member + " = " + (p.text ? text(*p.text) : "Text::null()") + ";\n";
    } else {
      out += "const Int " + member + " = " + number(p.number.value_or(0)) + ";\n";
    }
  }
  out += "\n}  // namespace strowger\n";
  return out;
}

}  // namespace strowger::modules
