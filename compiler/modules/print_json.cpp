// Writes a module's interface as one JSON object, for tools.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/modules/interface.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 32) {
      out += "\\u00";
      out += kHex[byte / 16];
      out += kHex[byte % 16];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// Members of one object, in order.
class Object {
 public:
  Object& text(std::string_view key, std::string_view value) { return raw(key, quoted(value)); }
  Object& number(std::string_view key, Int value) { return raw(key, std::to_string(value)); }
  Object& flag(std::string_view key, bool value) { return value ? raw(key, "true") : *this; }
  Object& raw(std::string_view key, const std::string& value) {
    if (out_.size() > 1) out_ += ",";
    out_ += quoted(key) + ":" + value;
    return *this;
  }
  std::string print() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

template <typename Items, typename Print>
std::string list(const Items& items, Print print) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + print(item);
  return out + "]";
}

std::string print_argument(const Argument& a) {
  return Object().text("name", a.name).text("kind", name_of(a.kind)).flag("dynamic", a.dynamic).print();
}

std::string print_function(const Function& f) {
  const auto quote = [](const std::string& s) { return quoted(s); };
  Object o;
  o.text("name", f.name).text("doc", f.doc).raw("args", list(f.args, print_argument));
  o.text("routes", names_of_routes(f.routes)).text("result", f.may_stop ? "verdict" : "outcome");
  o.raw("does", list(f.does, quote));
  o.raw("returns", list(f.returns, [](const auto& r) {
          return Object().number("code", r.first).text("meaning", r.second).print();
        }));
  o.raw("examples", list(f.examples, quote)).flag("pending", f.pending).text("symbol", f.symbol);
  return o.print();
}

std::string print_param(const Parameter& p) {
  Object o;
  o.text("name", p.name).text("doc", p.doc).text("type", p.is_format ? "format" : p.is_variable ? "variable" : p.is_attributes ? "attributes" : p.is_text ? "string" : "int");
  if (p.is_text && p.text) o.text("default", *p.text);
  if (!p.is_text && p.number && !p.repeated) o.number("default", *p.number);
  if (p.within) o.raw("within", "[" + std::to_string(p.within->first) + "," + std::to_string(p.within->second) + "]");
  if (p.works) o.raw("works", "[" + std::to_string(p.works->first) + "," + std::to_string(p.works->second) + "]");
  o.flag("repeated", p.repeated).flag("pending", p.pending).flag("ignored", p.ignored).text("symbol", p.symbol);
  return o.print();
}

std::string print_variable(const Variable& v) {
  Object o;
  o.text("name", v.name).text("doc", v.doc).text("type", print_type(v.type, v.nullable));
  if (v.key) o.raw("key", print_argument(*v.key)).flag("key_optional", v.key_optional);
  o.flag("indexed", v.indexed).flag("writable", v.writable).flag("pending", v.pending);
  return o.print();
}

std::string print_transformation(const Transformation& t) {
  Object o;
  o.text("class", t.klass).text("op", t.op).text("doc", t.doc).raw("args", list(t.args, print_argument));
  o.number("required", static_cast<Int>(t.required)).text("result", print_type(t.result, t.nullable));
  o.flag("accepts_null", t.accepts_null).flag("pending", t.pending);
  return o.print();
}

}  // namespace

std::string print_json(const ModuleInterface& module) {
  const auto quote = [](const std::string& s) { return quoted(s); };
  const auto alias = [](const auto& a) { return Object().text("alias", a.first).text("name", a.second).print(); };
  Object o;
  o.text("name", module.name).text("doc", module.doc).text("file", module.file).flag("pending", module.pending);
  o.raw("requires", list(module.requires_, quote)).raw("links", list(module.links, quote));
  o.raw("functions", list(module.functions, print_function)).raw("params", list(module.params, print_param));
  o.raw("variables", list(module.variables, print_variable));
  o.raw("transformations", list(module.transformations, print_transformation));
  o.raw("events", list(module.events, [](const Event& e) {
          return Object().text("pattern", e.pattern).text("doc", e.doc).flag("once", e.once).flag("pending", e.pending).print();
        }));
  o.raw("rpcs", list(module.rpcs, [](const Rpc& r) {
          return Object().text("name", r.name).text("doc", r.doc).flag("array", r.is_array).flag("pending", r.pending).print();
        }));
  o.raw("entries", list(module.entries, [](Entry e) { return quoted(name_of(e)); }));
  o.raw("function_aliases", list(module.function_aliases, alias));
  o.raw("variable_aliases", list(module.variable_aliases, alias));
  return o.print();
}

}  // namespace strowger::modules
