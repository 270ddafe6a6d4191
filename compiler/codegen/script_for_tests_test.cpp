// The other half of script_for_tests.h: builders, doubles of the runtime, and the JIT that runs what was generated.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <charconv>
#include <regex>

#include <gtest/gtest.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/TargetSelect.h>

#include "compiler/codegen/script_for_tests.h"
#include "runtime/script/operators.h"

namespace strowger::codegen::testing {

using modules::ArgKind;
using modules::Type;

namespace {

// ---- doubles of the runtime: the semantics of operators.h in a few lines each ----

Int text_to_int(Call*, Text t) {
  Int n = 0;
  const std::string_view s = t.view();
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  return error == std::errc{} && end == s.data() + s.size() ? n : 0;
}
Text int_to_text(Call* c, Int n) { return c->keep(std::to_string(n)); }
Int value_to_int(Call* c, Value v) {
  if (v.is_int()) return v.number();
  return v.is_text() ? text_to_int(c, v.text()) : 0;
}
Text value_to_text(Call* c, Value v) { return v.kind == Value::kInt ? int_to_text(c, v.number()) : v.text(); }
Text format_text(Text t) {
  if (t.is_failed()) return Text("");
  return t.is_null() ? Text("<null>") : t;
}
Text format_value(Call* c, Value v) { return format_text(value_to_text(c, v)); }
Value add_any(Call* c, Value a, Value b) {
  if (a.is_int()) return Value::of(a.number() + value_to_int(c, b));
  return Value::of(c->keep(std::string(value_to_text(c, a).view()) + std::string(value_to_text(c, b).view())));
}
bool eq_any(Call* c, Value a, Value b) {
  if (a.is_int()) return a.number() == value_to_int(c, b);
  return value_to_text(c, a).view() == value_to_text(c, b).view();
}
bool text_eq(Text a, Text b) { return a.view() == b.view(); }
bool text_ieq(Text a, Text b) {
  return a.view().size() == b.view().size() &&
         std::equal(a.view().begin(), a.view().end(), b.view().begin(), [](char x, char y) { return tolower(x) == tolower(y); });
}
Text concat(Call* c, const Text* parts, std::uint64_t count, std::uint64_t limit) {
  std::string joined;
  for (std::uint64_t i = 0; i < count; ++i) joined += parts[i].view();
  if (limit && joined.size() > limit) return Text::failed();
  return c->keep(joined);
}
char* room(Call* c, std::uint64_t bytes) { return c->keep(std::string(bytes, '?')).len == bytes ? c->arena.back()->data() : nullptr; }
char* append(char* at, Text t) { return std::copy(t.view().begin(), t.view().end(), at); }
Text print_int(char* at, Int n) { return {at, static_cast<std::size_t>(std::snprintf(at, 24, "%lld", static_cast<long long>(n)))}; }
char* append_int(char* at, Int n) { return at + std::snprintf(at, 24, "%lld", static_cast<long long>(n)); }
void trim(Call* c, char*, std::uint64_t used) { c->arena.back()->resize(used); }
Text keep(Call* c, Text t) { return t.is_null() ? t : c->keep(std::string(t.view())); }
Value* slots(Call* c) { return &c->slots[0].value; }
void keep_slots(Call* c, const std::uint32_t* list, std::uint64_t count) { c->kept.assign(list, list + count); }
Int assign_any(Call* c, Value* slot, Value v, std::uint32_t how, std::uint32_t) {
  c->log.push_back("assign_any");
  *slot = !v.is_null() ? v : how & kNullStays ? Value::null() : Value::of(Int{0});
  return v.kind == Value::kFailed ? -1 : 1;
}
Int assign_no_text(Call* c, Value* slot, std::uint64_t failed, std::uint32_t how, std::uint32_t) {
  c->log.push_back("assign_no_text");
  *slot = how & kNeverNull ? Value::of(Text("")) : how & kNullStays ? Value::null() : Value::of(Int{0});
  return failed ? -1 : 1;
}
bool match(Call*, const Regex* r, Text t) {
  return std::regex_search(std::string(t.view()), std::regex(std::string(r->pattern.view()), std::regex::extended));
}
std::int32_t match_dynamic(Call*, Text subject, Text pattern) {
  if (pattern.view() == "(") return -1;
  return std::regex_search(std::string(subject.view()), std::regex(std::string(pattern.view()))) ? 1 : 0;
}
void division_by_zero(Call* c, std::uint32_t line) {
  c->expression_error = 1;
  c->log.push_back("division by zero at " + std::to_string(line));
}
void loop_limit(Call* c, std::uint32_t) { c->log.push_back("loop limit"); }
void assignment_failed(Call* c, std::uint32_t) { c->log.push_back("assignment failed"); }
bool enter_route(Call* c, Text, Int limit) { return ++c->depth <= limit || (--c->depth, false); }
void leave_route(Call* c) { --c->depth; }
RouteFunction find_route(Call* c, Text name) {
  for (std::uint64_t i = 0; i < c->script->route_count; ++i)
    if (c->script->routes[i].name.view() == name.view()) return c->script->routes[i].function;
  c->log.push_back("no route " + std::string(name.view()));
  return nullptr;
}
Text condition_text(Call*, std::int32_t word) { return word == 0 ? Text("INVITE") : Text("sip:a@b"); }
Int condition_int(Call*, std::int32_t word) { return word * 100; }
bool condition_myself(Call*, std::int32_t word) { return word == static_cast<int>(ConditionWord::Uri); }
bool condition_network(Call* c, std::int32_t word, const NetworkConstant* n) {
  c->log.push_back(std::to_string(word) + " in " + std::to_string(n->family) + ":" + std::to_string(n->address[0]) + "/" +
                   std::to_string(n->prefix));
  return true;
}
bool condition_host(Call*, std::int32_t, Text host) { return host.view() == "here"; }

Int get_int(Call* c, Text name) { return c->ints[std::string(name.view())]; }
Code set_int(Call* c, Text name, Value v) {
  if (name.view() == "refuses") return -1;
  c->ints[std::string(name.view())] = value_to_int(c, v);
  return 1;
}
Text get_text(Call* c, Text name) {
  if (name.view() == "failed") return Text::failed();
  const auto it = c->texts.find(std::string(name.view()));
  return it == c->texts.end() ? Text::null() : Text(std::string_view(it->second));
}
Code set_text(Call* c, Text name, Value v) {
  if (v.is_null()) {
    c->texts.erase(std::string(name.view()));
  } else {
    c->texts[std::string(name.view())] = value_to_text(c, v).view();
  }
  return 1;
}
Value get_any(Call* c, Text name) { return c->values[std::string(name.view())]; }
Code set_any(Call* c, Text name, Value v) {
  c->values[std::string(name.view())] = v;
  return 1;
}
Value get_list(Call* c, Text name, Index index) {
  if (index == kNoIndex) return Value::of(c->keep(std::string(name.view()) + "[]"));
  if (index == kAllIndex) return Value::of(c->keep(std::string(name.view()) + "[*]"));
  return Value::of(index);
}
Code set_list(Call* c, Text name, Index index, Value v) {
  c->log.push_back(std::string(name.view()) + "[" + std::to_string(index) + "]=" + std::string(value_to_text(c, v).view()));
  return 1;
}

const std::map<std::string, void*>& doubles() {
  static const std::map<std::string, void*> all = {
      {"stw.rt.text_to_int", address(text_to_int)}, {"stw.rt.int_to_text", address(int_to_text)},
      {"stw.rt.value_to_int", address(value_to_int)}, {"stw.rt.value_to_text", address(value_to_text)},
      {"stw.rt.format_text", address(format_text)}, {"stw.rt.format_value", address(format_value)},
      {"stw.rt.add_any", address(add_any)}, {"stw.rt.eq_any", address(eq_any)}, {"stw.rt.text_eq", address(text_eq)},
      {"stw.rt.text_ieq", address(text_ieq)}, {"stw.rt.concat", address(concat)},
      {"stw.rt.room", address(room)}, {"stw.rt.append", address(append)},
      {"stw.rt.append_int", address(append_int)}, {"stw.rt.trim", address(trim)}, {"stw.rt.print_int", address(print_int)},
      {"stw.rt.keep", address(keep)}, {"stw.rt.slots", address(slots)}, {"stw.rt.keep_slots", address(keep_slots)},
      {"stw.rt.assign_any", address(assign_any)}, {"stw.rt.assign_no_text", address(assign_no_text)},
      {"stw.rt.match", address(match)},
      {"stw.rt.match_dynamic", address(match_dynamic)}, {"stw.rt.division_by_zero", address(division_by_zero)},
      {"stw.rt.loop_limit", address(loop_limit)}, {"stw.rt.assignment_failed", address(assignment_failed)},
      {"stw.rt.enter_route", address(enter_route)}, {"stw.rt.leave_route", address(leave_route)},
      {"stw.rt.find_route", address(find_route)}, {"stw.rt.condition_text", address(condition_text)},
      {"stw.rt.condition_int", address(condition_int)}, {"stw.rt.condition_myself", address(condition_myself)},
      {"stw.rt.condition_network", address(condition_network)}, {"stw.rt.condition_host", address(condition_host)},
      {"stw.test.get_int", address(get_int)}, {"stw.test.set_int", address(set_int)},
      {"stw.test.get_text", address(get_text)}, {"stw.test.set_text", address(set_text)},
      {"stw.test.get_any", address(get_any)}, {"stw.test.set_any", address(set_any)},
      {"stw.test.get_list", address(get_list)}, {"stw.test.set_list", address(set_list)},
  };
  return all;
}

modules::Variable declare_variable(std::string name, Type type) {
  modules::Variable v;
  v.module = "test";
  v.name = name;
  v.key = modules::Argument{"name", ArgKind::Name, false};
  v.type = type;
  v.writable = true;
  v.getter = "stw.test.get_" + name;
  v.setter = "stw.test.set_" + name;
  return v;
}

}  // namespace

ExprPtr op(Op kind, Type type) {
  auto e = std::make_unique<Expr>();
  e->op = kind;
  e->type = type;
  return e;
}
ExprPtr number(Int n) {
  ExprPtr e = op(Op::Int, Type::Int);
  e->number = n;
  return e;
}
ExprPtr text(std::string s) {
  ExprPtr e = op(Op::Text, Type::Text);
  e->text = std::move(s);
  return e;
}
StatementPtr statement(Statement::Kind kind, ExprPtr value) {
  auto s = std::make_unique<Statement>();
  s->kind = kind;
  s->value = std::move(value);
  return s;
}
StatementPtr if_(ExprPtr condition, program::Block then, program::Block otherwise) {
  auto s = statement(Statement::Kind::If, std::move(condition));
  s->then = std::move(then);
  s->otherwise = std::move(otherwise);
  return s;
}
StatementPtr while_(ExprPtr condition, program::Block body) {
  auto s = statement(Statement::Kind::While, std::move(condition));
  s->then = std::move(body);
  return s;
}
StatementPtr evaluate(ExprPtr call) { return statement(Statement::Kind::Evaluate, std::move(call)); }

struct Script::Machine {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

Script::Script() {
  core.name = "core";
  module.name = "test";
  module.functions.reserve(64);
  module.variables = {declare_variable("int", Type::Int), declare_variable("text", Type::Text),
                      declare_variable("any", Type::Any), declare_variable("list", Type::Any),
                      declare_variable("var", Type::Any)};
  module.variables[3].indexed = true;
  module.variables[4].key->kind = ArgKind::Slot;
  module.variables[4].nullable = false;
  program.loaded = {&core, &module};
}
Script::~Script() = default;

program::VariableUse Script::use(const std::string& which, const std::string& name) {
  program::VariableUse use;
  for (const modules::Variable& v : module.variables)
    if (v.name == which) use.variable = &v;
  use.has_key = true;
  use.key.kind = ArgKind::Name;
  use.key.text = name;
  if (which == "var") {
    use.key.kind = ArgKind::Slot;
    use.key.number = std::stoll(name);
  }
  use.written = "$" + which + "(" + name + ")";
  return use;
}
ExprPtr Script::variable(const std::string& which, const std::string& name) {
  ExprPtr e = op(Op::Variable, Type::Int);
  e->use = use(which, name);
  e->type = e->use.variable->type;
  e->nullable = true;
  return e;
}
StatementPtr Script::set(const std::string& which, const std::string& name, ExprPtr value) {
  auto s = statement(Statement::Kind::Assign, std::move(value));
  s->use = use(which, name);
  return s;
}
void Script::function(std::string name, std::vector<ArgKind> args, bool may_stop) {
  modules::Function f;
  f.module = "test";
  f.name = name;
  for (const ArgKind kind : args) f.args.push_back({"a", kind, true});
  f.may_stop = may_stop;
  f.symbol = "stw.test." + name;
  module.functions.push_back(std::move(f));
}
ExprPtr Script::call_with(const std::string& name, std::vector<ExprPtr> values) {
  ExprPtr e = op(Op::Call, Type::Int);
  for (const modules::Function& f : module.functions)
    if (f.name == name) e->function = &f;
  for (std::size_t i = 0; i < values.size(); ++i) {
    program::Operand o;
    o.kind = e->function->args[i].kind;
    o.value = std::move(values[i]);
    e->operands.push_back(std::move(o));
  }
  return e;
}
ExprPtr Script::route(const std::string& name) {
  ExprPtr e = op(Op::CallRoute, Type::Int);
  for (std::size_t i = 0; i < program.routes.size(); ++i)
    if (program.routes[i].name == name) e->route = i;
  return e;
}
void Script::add_route(std::string name, program::Block body, bool recursive) {
  for (program::Route& route : program.routes)  // declared before, to be called by itself
    if (route.name == name) {
      route.body = std::move(body);
      return;
    }
  program::Route route;
  route.symbol = name.empty() ? "request_route" : "route_" + name;
  route.name = std::move(name);
  route.body = std::move(body);
  route.recursive = recursive;
  program.routes.push_back(std::move(route));
}

const ScriptImage* Script::load(std::map<std::string, void*> more, int at_level) {
  GenerateOptions options;
  options.level = at_level;
  options.hot_bitcode = hot_bitcode;
  Generated made = generate(program, options, Emit::Object);
  EXPECT_EQ(made.error, "");
  if (!made.error.empty()) return nullptr;
  machine_ = std::make_unique<Machine>();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit) {
    ADD_FAILURE() << llvm::toString(jit.takeError());
    return nullptr;
  }
  machine_->jit = std::move(*jit);
  llvm::orc::SymbolMap map;
  std::map<std::string, void*> all = doubles();
  for (const auto& [name, at] : symbols) all[name] = at;
  for (const auto& [name, at] : more) all[name] = at;
  for (const auto& [name, at] : all)
    map[machine_->jit->mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(at), llvm::JITSymbolFlags::Exported};
  llvm::cantFail(machine_->jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(map)));
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy({made.object.data(), made.object.size()}, "script.o");
  llvm::cantFail(machine_->jit->addObjectFile(std::move(buffer)));
  auto root = machine_->jit->lookup("stw_script");
  if (!root) {
    ADD_FAILURE() << llvm::toString(root.takeError());
    return nullptr;
  }
  return image_ = root->toPtr<const ScriptImage*>();
}

Int Script::run(Call& call) {
  if (!image_) load(symbols, level);
  if (!image_ || !image_->request_route) {
    ADD_FAILURE() << "nothing to run";
    return 0;
  }
  call.script = image_;
  return image_->request_route(&call);
}

}  // namespace strowger::codegen::testing
