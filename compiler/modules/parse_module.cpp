// Reads a .module file: one declaration after the other, each with the documentation above it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <utility>

#include "compiler/modules/cursor.h"
#include "compiler/modules/interface.h"
#include "compiler/modules/read_argument.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

using diagnostics::Findings;

constexpr std::string_view kClauses[] = {"in", "does", "returns", "example", "guard", "evaluates", "pending", "readwrite"};

bool is_clause(std::string_view word) {
  return std::find(std::begin(kClauses), std::end(kClauses), word) != std::end(kClauses);
}

/// Reads declarations into one ModuleInterface. A reader returns false after a finding: the declaration is dropped.
class Reader {
 public:
  Reader(const text::SourceFile& file, Findings& findings) : file_(file), findings_(findings) { module_.file = file.path; }

  ModuleInterface run();

 private:
  struct Result {
    Type type = Type::Text;
    bool nullable = false;
  };

  bool declaration(Cursor& c);
  bool module(Cursor& c);
  bool param(Cursor& c);
  bool function(Cursor& c);
  bool variable(Cursor& c);
  bool alias(Cursor& c);
  bool transformation(Cursor& c);
  bool event(Cursor& c);
  bool rpc(Cursor& c);
  bool entries(Cursor& c);
  bool words(Cursor& c, std::vector<std::string>& into);
  bool libraries(Cursor& c);
  bool routes(Cursor& c, std::uint32_t& mask);
  bool result(Cursor& c, Result& result);
  bool variable_name(Cursor& c, std::string& name);
  void check_whole();

  std::string take_doc() { return std::exchange(doc_, {}); }

  const text::SourceFile& file_;
  Findings& findings_;
  ModuleInterface module_;
  std::string doc_;
  struct AliasPlace {
    std::string alias, target;
    text::Span span;
    bool is_variable = false;
  };
  std::vector<AliasPlace> aliases_;
};

ModuleInterface Reader::run() {
  const std::string& content = file_.content;
  std::size_t at = 0;
  while (at < content.size()) {
    const std::size_t line_end = std::min(content.find('\n', at), content.size());
    const std::string_view line = std::string_view(content).substr(at, line_end - at);
    const std::size_t next = line_end + 1;
    if (line.starts_with("///")) {
      std::string_view text = line.substr(3);
      if (text.starts_with(' ')) text.remove_prefix(1);
      while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
      if (!doc_.empty()) doc_ += '\n';
      doc_ += text;
      at = next;
      continue;
    }
    if (line.find_first_not_of(" \t\r") == std::string_view::npos || line.starts_with('#')) {
      at = next;
      continue;
    }
    // The declaration goes on over indented and blank lines.
    std::size_t end = next;
    while (end < content.size()) {
      const char c = content[end];
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') break;
      end = std::min(content.find('\n', end), content.size() - 1) + 1;
    }
    end = std::min(end, content.size());
    Cursor cursor(file_, at, end, findings_);
    if (line.starts_with(' ') || line.starts_with('\t'))
      cursor.expected("a declaration in column 1");
    else
      declaration(cursor);
    doc_.clear();
    at = end;
  }
  check_whole();
  return std::move(module_);
}

bool Reader::declaration(Cursor& c) {
  const std::string_view what = c.word("a declaration");
  if (what.empty()) return false;
  bool ok = false;
  if (what == "module") ok = module(c);
  else if (module_.name.empty()) { c.report("E0809"); return false; }
  else if (what == "requires") ok = words(c, module_.requires_);
  else if (what == "provides") ok = words(c, module_.provides);
  else if (what == "uses") ok = words(c, module_.uses);
  else if (what == "links") ok = libraries(c);
  else if (what == "param") ok = param(c);
  else if (what == "function") ok = function(c);
  else if (what == "variable") ok = variable(c);
  else if (what == "transformation") ok = transformation(c);
  else if (what == "alias") ok = alias(c);
  else if (what == "event") ok = event(c);
  else if (what == "rpc") ok = rpc(c);
  else if (what == "entry") ok = entries(c);
  else { c.report("E0802", {std::string(what)}); return false; }
  if (ok && c.more()) ok = c.expected("the end of the declaration");
  return ok;
}

bool Reader::words(Cursor& c, std::vector<std::string>& into) {
  do {
    const std::string_view word = c.word("a name");
    if (word.empty()) return false;
    into.emplace_back(word);
  } while (c.more());
  return true;
}

/// Names of archives: `pcre2-8`.
bool Reader::libraries(Cursor& c) {
  do {
    const std::string_view name = c.item("a library");
    if (name.empty()) return false;
    module_.links.emplace_back(name);
  } while (c.more());
  return true;
}

bool Reader::module(Cursor& c) {
  const std::string_view name = c.word("the module's name");
  if (name.empty()) return false;
  if (!module_.name.empty()) {
    c.report("E0806", {std::string(name)});
    return false;
  }
  module_.name = name;
  module_.doc = take_doc();
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "wants" && c.word("'rpc'") == "rpc") {
      module_.wants_rpc = true;
    } else if (clause == "pending") {
      module_.pending = true;
    } else if (clause == "acts") {
      module_.acts = true;
    } else if (clause == "stores") {
      module_.stores = true;
    } else if (clause == "sql") {
      module_.sql = true;
    } else {
      c.report("E0803", {std::string(clause), "module"});
      return false;
    }
  }
  return true;
}

bool Reader::param(Cursor& c) {
  Parameter p;
  p.module = module_.name;
  p.doc = take_doc();
  p.name = c.word("the parameter's name");
  if (p.name.empty()) return false;
  const text::Span place = c.last();
  if (std::any_of(module_.params.begin(), module_.params.end(), [&](const auto& o) { return o.name == p.name; })) {
    c.report("E0806", {p.name});
    return false;
  }
  if (!c.expect(':')) return false;
  const std::string_view type = c.word("'int', 'string', 'variable', 'format' or 'attributes'");
  if (type.empty()) return false;
  p.is_format = type == "format";
  p.is_variable = type == "variable" || p.is_format;
  p.is_attributes = type == "attributes";
  if (type != "int" && type != "string" && !p.is_variable && !p.is_attributes) {
    c.report("E0804", {std::string(type)});
    return false;
  }
  p.is_text = type == "string" || p.is_variable || p.is_attributes;
  if (!p.is_text) p.number = 0;
  if (c.take('=')) {
    if (p.is_text) {
      p.text = c.string("a text in quotes");
      if (!p.text) return false;
    } else {
      p.number = c.number("a number");
      if (!p.number) return false;
    }
  }
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "repeated" && !p.is_variable && !p.is_attributes) {
      p.repeated = true;
    } else if (clause == "pending") {
      p.pending = true;
    } else if (clause == "ignored") {
      p.ignored = true;
    } else if (clause == "stored" && p.is_text) {
      p.stored = true;
    } else if (clause == "asked" && p.is_text) {
      p.asked = true;
    } else if (clause == "form" && p.is_text) {
      if (!read_form(c, p.form)) return false;
    } else if ((clause == "within" || clause == "works") && !p.is_text) {
      if (!read_range(c, clause == "within" ? p.within : p.works)) return false;
    } else {
      c.report("E0803", {std::string(clause), "parameter"});
      return false;
    }
  }
  if (p.within && p.number && (*p.number < p.within->first || *p.number > p.within->second)) {
    findings_.add("E0808", place, {p.name, std::to_string(*p.number)});
    return false;
  }
  p.symbol = "stw.param." + module_.name + "." + p.name;
  module_.params.push_back(std::move(p));
  return true;
}

bool Reader::routes(Cursor& c, std::uint32_t& mask) {
  do {
    const std::string_view word = c.word("a route kind");
    const auto bit = route_named(word);
    if (word.empty()) return false;
    if (!bit) {
      c.report("E0805", {std::string(word)});
      return false;
    }
    mask |= *bit;
  } while (c.next_is_word() && [&] {
    Cursor ahead = c;
    return !is_clause(ahead.word("a word"));
  }());
  return true;
}

bool Reader::function(Cursor& c) {
  Function f;
  f.module = module_.name;
  f.doc = take_doc();
  f.name = c.word("the function's name");
  if (f.name.empty()) return false;
  const text::Span place = c.last();
  if (!c.expect('(')) return false;
  while (!c.take(')')) {
    if (!f.args.empty() && !c.expect(',')) return false;
    Argument a;
    if (!read_argument(c, a)) return false;
    f.args.push_back(std::move(a));
  }
  if (!c.expect(':')) return false;
  const std::string_view verdict = c.word("'verdict' or 'outcome'");
  if (verdict.empty()) return false;
  if (verdict != "verdict" && verdict != "outcome") {
    c.report("E0804", {std::string(verdict)});
    return false;
  }
  f.may_stop = verdict == "verdict";
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "in") {
      if (!routes(c, f.routes)) return false;
    } else if (clause == "does") {
      do {
        f.does.emplace_back(c.word("an effect"));
        if (f.does.back().empty()) return false;
        if (c.take('?')) f.does.back() += '?';
      } while (c.next_is_word() && [&] {
        Cursor ahead = c;
        return !is_clause(ahead.word("a word"));
      }());
    } else if (clause == "returns") {
      const auto number = c.number("a result");
      if (!number) return false;
      auto words = c.string("what the result means, in quotes");
      if (!words) return false;
      f.returns.emplace_back(static_cast<int>(*number), std::move(*words));
    } else if (clause == "example") {
      f.examples.emplace_back(c.rest_of_line());
    } else if (clause == "guard") {
      f.guard = c.word("the guard's name");
      if (f.guard.empty()) return false;
    } else if (clause == "evaluates") {
      f.evaluates = true;
    } else if (clause == "pending") {
      f.pending = true;
    } else {
      c.report("E0803", {std::string(clause), "function"});
      return false;
    }
  }
  if (f.routes == 0) return c.expected("'in' and the routes where the function may be called");
  for (const Function& other : module_.functions) {
    if (other.name != f.name) continue;
    if (other.args.size() == f.args.size()) {
      findings_.add("E0806", place, {f.name + " with " + std::to_string(f.args.size()) + " arguments"});
      return false;
    }
    if (f.doc.empty()) f.doc = other.doc;
  }
  if (module_.pending) f.pending = true;
  f.symbol = "stw." + module_.name + "." + f.name + "." + std::to_string(f.args.size());
  module_.functions.push_back(std::move(f));
  return true;
}

bool Reader::result(Cursor& c, Result& result) {
  if (!c.expect(':')) return false;
  const std::string_view word = c.word("a type");
  if (word.empty()) return false;
  if (word == "int") result.type = Type::Int;
  else if (word == "string") result.type = Type::Text;
  else if (word == "any") result.type = Type::Any;
  else {
    c.report("E0804", {std::string(word)});
    return false;
  }
  result.nullable = c.take('?');
  if (result.nullable && result.type == Type::Int) {
    c.report("E0804", {"int?"}).help("an int that may be undefined is `any?`");
    return false;
  }
  return true;
}

bool Reader::variable_name(Cursor& c, std::string& name) {
  if (!c.expect('$')) return false;
  const bool in_parens = c.take('(');
  name = c.dotted("a variable's name");
  if (name.empty()) return false;
  return !in_parens || c.expect(')');
}

bool Reader::variable(Cursor& c) {
  Variable v;
  v.module = module_.name;
  v.doc = take_doc();
  if (!variable_name(c, v.name)) return false;
  const text::Span place = c.last();
  if (c.take('(')) {
    Argument key;
    if (!read_key(c, key, v.key_optional)) return false;
    v.key = std::move(key);
    if (!c.expect(')')) return false;
  }
  if (c.take('[')) {
    if (c.word("'index'") != "index") return c.expected("'index'");
    if (!c.expect(']')) return false;
    v.indexed = true;
  }
  Result type;
  if (!result(c, type)) return false;
  v.type = type.type;
  v.nullable = type.nullable;
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "readwrite") {
      v.writable = true;
    } else if (clause == "pending") {
      v.pending = true;
    } else if (clause == "in") {
      v.routes = 0;
      if (!routes(c, v.routes)) return false;
    } else {
      c.report("E0803", {std::string(clause), "variable"});
      return false;
    }
  }
  if (std::any_of(module_.variables.begin(), module_.variables.end(), [&](const auto& o) { return o.name == v.name; })) {
    findings_.add("E0806", place, {"$" + v.name});
    return false;
  }
  if (module_.pending) v.pending = true;
  const std::string id = cpp_identifier(v.name);
  v.getter = "stw." + module_.name + ".get_" + id;
  if (v.writable) v.setter = "stw." + module_.name + ".set_" + id;
  module_.variables.push_back(std::move(v));
  return true;
}

bool Reader::alias(Cursor& c) {
  AliasPlace alias;
  alias.is_variable = c.next_is('$');
  if (alias.is_variable) {
    if (!variable_name(c, alias.alias)) return false;
  } else {
    alias.alias = c.word("the alias");
    if (alias.alias.empty()) return false;
  }
  alias.span = c.last();
  if (!c.expect('=')) return false;
  if (alias.is_variable) {
    if (!variable_name(c, alias.target)) return false;
  } else {
    alias.target = c.word("the function's name");
    if (alias.target.empty()) return false;
  }
  auto& map = alias.is_variable ? module_.variable_aliases : module_.function_aliases;
  if (!map.emplace(alias.alias, alias.target).second) {
    findings_.add("E0806", alias.span, {alias.alias});
    return false;
  }
  aliases_.push_back(std::move(alias));
  return true;
}

bool Reader::transformation(Cursor& c) {
  Transformation t;
  t.module = module_.name;
  t.doc = take_doc();
  if (!c.expect('{')) return false;
  const std::string_view name = c.dotted("a transformation's name, class.op");
  if (name.empty()) return false;
  const text::Span place = c.last();
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    c.report("E0801", {"a transformation's name, class.op"});
    return false;
  }
  t.klass = name.substr(0, dot);
  t.op = name.substr(dot + 1);
  bool optional = false;
  while (!c.take('}')) {
    if (!c.expect(',')) return false;
    Argument a;
    bool may_miss = false;
    if (!read_transformation_argument(c, a, may_miss)) return false;
    if (optional && !may_miss) return c.expected("'?': the argument before this one may be left out");
    optional = may_miss;
    t.args.push_back(std::move(a));
    if (!optional) t.required = t.args.size();
  }
  Result type;
  if (!result(c, type)) return false;
  t.result = type.type;
  t.nullable = type.nullable;
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "pending") {
      t.pending = true;
    } else if (clause == "accepts_null") {
      t.accepts_null = true;
    } else {
      c.report("E0803", {std::string(clause), "transformation"});
      return false;
    }
  }
  for (const Transformation& other : module_.transformations) {
    if (other.klass == t.klass && other.op == t.op) {
      findings_.add("E0806", place, {"{" + t.klass + "." + t.op + "}"});
      return false;
    }
  }
  if (module_.pending) t.pending = true;
  t.symbol = "stw." + module_.name + "." + cpp_identifier(t.klass + "_" + t.op);
  module_.transformations.push_back(std::move(t));
  return true;
}

bool Reader::event(Cursor& c) {
  Event e;
  e.module = module_.name;
  e.doc = take_doc();
  e.pattern = c.item("an event's name, module:event");
  if (e.pattern.empty()) return false;
  if (e.pattern.find(':') == std::string::npos) {
    c.report("E0801", {"an event's name, module:event"});
    return false;
  }
  const text::Span place = c.last();
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause != "pending" && clause != "once") {
      c.report("E0803", {std::string(clause), "event"});
      return false;
    }
    (clause == "once" ? e.once : e.pending) = true;
  }
  if (std::any_of(module_.events.begin(), module_.events.end(), [&](const auto& o) { return o.pattern == e.pattern; })) {
    findings_.add("E0806", place, {e.pattern});
    return false;
  }
  if (module_.pending) e.pending = true;
  module_.events.push_back(std::move(e));
  return true;
}

bool Reader::rpc(Cursor& c) {
  Rpc r;
  r.module = module_.name;
  r.doc = take_doc();
  r.name = c.dotted("a command's name, group.command");
  if (r.name.empty()) return false;
  const text::Span place = c.last();
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    if (clause == "array") {
      r.is_array = true;
    } else if (clause == "pending") {
      r.pending = true;
    } else {
      c.report("E0803", {std::string(clause), "rpc"});
      return false;
    }
  }
  if (std::any_of(module_.rpcs.begin(), module_.rpcs.end(), [&](const auto& o) { return o.name == r.name; })) {
    findings_.add("E0806", place, {r.name});
    return false;
  }
  if (module_.pending) r.pending = true;
  r.symbol = "stw." + module_.name + ".rpc." + r.name;
  module_.rpcs.push_back(std::move(r));
  return true;
}

bool Reader::entries(Cursor& c) {
  do {
    const std::string_view word = c.word("an entry point");
    if (word.empty()) return false;
    const auto entry = entry_named(word);
    if (!entry) {
      c.report("E0804", {std::string(word)});
      return false;
    }
    if (std::find(module_.entries.begin(), module_.entries.end(), *entry) != module_.entries.end()) {
      c.report("E0806", {std::string(word)});
      return false;
    }
    module_.entries.push_back(*entry);
  } while (c.more());
  return true;
}

void Reader::check_whole() {
  text::Span top;
  top.file = &file_;
  if (module_.name.empty()) findings_.add("E0809", top);
  for (const AliasPlace& alias : aliases_) {
    const auto names = [&](const auto& declared) { return declared.name == alias.target; };
    const bool known = alias.is_variable
                           ? std::any_of(module_.variables.begin(), module_.variables.end(), names)
                           : std::any_of(module_.functions.begin(), module_.functions.end(), names);
    if (!known) findings_.add("E0807", alias.span, {alias.alias, alias.target});
  }
  // A guard is one C++ function: all functions that name it have the same leading Int arguments.
  std::map<std::string, std::size_t> guards;
  for (const Function& f : module_.functions) {
    if (f.guard.empty()) continue;
    const auto end = std::find_if(f.args.begin(), f.args.end(), [](const Argument& a) { return cpp_type_of(a.kind) != "Int"; });
    const std::size_t ints = static_cast<std::size_t>(end - f.args.begin());
    if (guards.emplace(f.guard, ints).first->second != ints) findings_.add("E0811", top, {f.guard});
  }
}

}  // namespace

ModuleInterface parse_module(const text::SourceFile& file, Findings& findings) { return Reader(file, findings).run(); }

}  // namespace strowger::modules
