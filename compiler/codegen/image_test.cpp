// stw_script, parameters and by-reference constants, as the runtime's C++ reads them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::ArgKind;
using modules::Type;

struct Image : ::testing::Test {
  Script s;
  Call call;
  /// A call of a function that takes one constant by reference.
  StatementPtr pass(const std::string& function, ArgKind kind, std::size_t constant) {
    s.function(function, {kind});
    ExprPtr e = op(Op::Call, Type::Int);
    e->function = &s.module.functions.back();
    program::Operand o;
    o.kind = kind;
    o.constant = constant;
    e->operands.push_back(std::move(o));
    return evaluate(std::move(e));
  }
};

void started(Process&) {}
bool request_in(Call&) { return true; }

TEST_F(Image, HasEverythingThatTheScriptDeclares) {
  s.module.entries = {modules::Entry::Start, modules::Entry::RequestIn};
  s.symbols["stw.test.entry.start"] = address(started);
  s.symbols["stw.test.entry.request_in"] = address(request_in);
  s.program.core_parameters = {{"children", 4, "", false}, {"user_agent_header", 0, "Server: x", true}};
  syntax::SocketSpec socket;
  socket.protocol = "tcp";
  socket.host = "127.0.0.1";
  socket.port = 5070;
  socket.advertise_host = "a.example";
  socket.advertise_port = 5080;
  s.program.listens = {socket};
  socket = {};
  socket.host = "b.example";
  s.program.aliases = {socket};
  syntax::CustomParam custom;
  custom.group = "pstn";
  custom.name = "gw";
  custom.is_text = true;
  custom.text = "10.0.0.1";
  s.program.custom = {custom};
  s.program.slots = {"var:a", "vn:b"};
  s.program.tables = {"calls"};
  s.add_route("", block(return_(number(1))));
  s.add_route("A", block(return_(number(2))));
  s.add_route("core:x", block(return_(number(3))));
  s.program.routes[2].kind = kEventRoute;
  s.program.log_prefix = op(Op::Concat, Type::Text, text("p "), s.variable("int", "n"));
  const ScriptImage* image = s.load(s.symbols);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->abi_version, 1u);
  EXPECT_TRUE(image->cfg_path.is_null());
  EXPECT_EQ(image->reply_route, nullptr);
  ASSERT_EQ(image->route_count, 1u);
  EXPECT_EQ(image->routes[0].name.view(), "A");
  EXPECT_EQ(image->routes[0].function(&call), 2);
  ASSERT_EQ(image->event_route_count, 1u);
  EXPECT_EQ(image->event_routes[0].kind, kEventRoute);
  EXPECT_EQ(image->event_routes[0].function(&call), 3);
  ASSERT_EQ(image->module_count, 2u);
  EXPECT_EQ(image->modules[0].name.view(), "core");
  EXPECT_EQ(image->modules[0].start, nullptr);
  EXPECT_EQ(image->modules[1].start, started);
  EXPECT_EQ(image->modules[1].request_in, request_in);
  EXPECT_EQ(image->modules[1].reply_in, nullptr);
  ASSERT_EQ(image->core_param_count, 2u);
  EXPECT_EQ(image->core_params[0].number, 4);
  EXPECT_TRUE(image->core_params[0].text.is_null());
  EXPECT_EQ(image->core_params[1].text.view(), "Server: x");
  ASSERT_EQ(image->listen_count, 1u);
  EXPECT_EQ(image->listens[0].host.view(), "127.0.0.1");
  EXPECT_EQ(image->listens[0].port, 5070u);
  EXPECT_EQ(image->listens[0].protocol, 2u);
  EXPECT_EQ(image->listens[0].advertise_host.view(), "a.example");
  EXPECT_EQ(image->listens[0].advertise_port, 5080u);
  EXPECT_TRUE(image->listens[0].name.is_null());
  ASSERT_EQ(image->alias_count, 1u);
  EXPECT_EQ(image->aliases[0].protocol, 0u);
  ASSERT_EQ(image->custom_param_count, 1u);
  EXPECT_EQ(image->custom_params[0].text.view(), "10.0.0.1");
  ASSERT_EQ(image->slot_count, 2u);
  EXPECT_EQ(image->slots[1].name.view(), "vn:b");
  ASSERT_EQ(image->table_count, 1u);
  EXPECT_EQ(image->tables[0].view(), "calls");
  call.ints["n"] = 3;
  EXPECT_EQ(image->log_prefix(&call).view(), "p 3");
}

Code with_regex(Call* c, const Regex& r) {
  c->log.push_back(std::string(r.pattern.view()) + (r.ignore_case ? " i" : "") + (r.newline ? " n" : ""));
  r.compiled = c;  // the runtime writes here at start
  return 1;
}
Code with_subst(Call* c, const Subst& s) {
  std::string all = std::string(s.regex.pattern.view()) + (s.replace_all ? " all" : "");
  for (std::uint64_t i = 0; i < s.part_count; ++i) {
    const SubstPart& p = s.parts[i];
    if (!p.literal.is_null()) all += " '" + std::string(p.literal.view()) + "'";
    if (p.group >= 0) all += " \\" + std::to_string(p.group);
    if (p.variable) all += " " + std::string(p.variable->name.view()) + "=" + std::to_string(p.variable->get(c).number());
  }
  c->log.push_back(all);
  return 1;
}

TEST_F(Image, NeedsAreThoseOfFunctionsThatAreCalled) {
  s.symbols["stw.test.re"] = address(with_regex);
  s.program.regexes = {{"a", false, false}};
  auto call_of_re = pass("re", ArgKind::Regex, 0);
  s.module.functions.back().does = {"log", "file"};
  s.function("unused", {});
  s.module.functions.back().does = {"exec"};
  s.add_route("", block(std::move(call_of_re)));
  const ScriptImage* image = s.load(s.symbols);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->needs, kNeedsFiles);
}

TEST_F(Image, PatternsAreListedForStartAndWritable) {
  s.program.regexes = {{"^a", true, false}, {"b$", false, true}, {"unused", false, false}};
  program::SubstConstant subst;
  subst.regex = 1;
  subst.all = true;
  subst.parts = {{"x", true, -1, 0}, {"", false, 1, 0}, {"", false, -1, 1}};
  s.program.substs = {subst};
  s.program.variables.push_back(s.use("int", "n"));
  s.symbols["stw.test.re"] = address(with_regex);
  s.symbols["stw.test.sub"] = address(with_subst);
  auto one = pass("re", ArgKind::Regex, 0);
  auto two = pass("sub", ArgKind::Subst, 0);
  s.add_route("", block(std::move(one), std::move(two)));
  call.ints["n"] = 8;
  EXPECT_EQ(s.run(call), 1);
  EXPECT_EQ(call.log, (std::vector<std::string>{"^a i", "b$ all 'x' \\1 $int(n)=8"}));
  ASSERT_NE(call.script, nullptr);
  ASSERT_EQ(call.script->regex_count, 2u);
  EXPECT_EQ(call.script->regexes[0]->compiled, &call);
  EXPECT_EQ(call.script->regexes[1]->pattern.view(), "b$");
}

Code with_header(Call* c, const HeaderName& h) {
  c->log.push_back(std::string(h.name.view()) + " " + std::to_string(h.id));
  return 1;
}
Code with_variable(Call* c, const VariableRef& v) {
  const Code code = v.set(c, Value::of(Int{41}));
  c->log.push_back(std::string(v.name.view()) + " " + std::to_string(v.get(c).number()));
  return code;
}
Code with_route(Call* c, const RouteRef& r) {
  c->log.push_back(std::string(r.name.view()) + " " + std::to_string(r.kind) + (r.function ? " there" : " none"));
  return 1;
}

TEST_F(Image, ReferencesAreObjectsOfTheAbi) {
  s.program.headers = {{"X-A", 0}, {"From", 2}};
  s.program.variables.push_back(s.use("int", "n"));
  s.add_route("", {});
  s.add_route("F", block(return_(number(1))));
  s.program.routes[1].kind = kFailureRoute;
  s.program.routes_named = {{"F", kFailureRoute, 1}, {"none", kBranchRoute, -1}};
  s.symbols["stw.test.h"] = address(with_header);
  s.symbols["stw.test.v"] = address(with_variable);
  s.symbols["stw.test.f"] = address(with_route);
  s.symbols["stw.test.b"] = address(with_route);
  auto header = pass("h", ArgKind::Header, 1);
  auto variable = pass("v", ArgKind::Variable, 0);
  auto failure = pass("f", ArgKind::RouteFailure, 0);
  auto branch = pass("b", ArgKind::RouteBranch, 1);
  s.add_route("", block(std::move(header), std::move(variable), std::move(failure), std::move(branch)));
  EXPECT_EQ(s.run(call), 1);
  EXPECT_EQ(call.log, (std::vector<std::string>{"From 2", "$int(n) 41", "F 2 there", "none 16 none"}));
}

Value get_path(Call* c, const Path& path) {
  std::string all;
  for (std::uint64_t i = 0; i < path.count; ++i) {
    all += "/" + std::string(path.steps[i].name.view());
    if (path.steps[i].index_variable) all += "[" + std::to_string(path.steps[i].index_variable->get(c).number()) + "]";
    if (path.steps[i].index == kAllIndex) all += "[*]";
    if (path.steps[i].index != kAllIndex && path.steps[i].index != kNoIndex) all += "[" + std::to_string(path.steps[i].index) + "]";
  }
  return Value::of(c->keep(all));
}
Value get_item(Call* c, const TableRef& table, Text key) {
  return Value::of(c->keep(std::string(table.name.view()) + ":" + std::to_string(table.number) + ":" + std::string(key.view())));
}

TEST_F(Image, KeysThatArePathsAndTables) {
  s.program.variables.push_back(s.use("int", "n"));
  using Kind = program::VariableUse::IndexKind;
  s.program.paths = {{{{"a", Kind::None, 0, 0}, {"b", Kind::Number, 2, 0}, {"c", Kind::Dynamic, 0, 1}, {"d", Kind::All, 0, 0}}}};
  s.program.tables = {"other", "calls"};
  modules::Variable xavp, sht;
  xavp.name = "xavp";
  xavp.key = modules::Argument{"path", ArgKind::Path, false};
  xavp.type = Type::Any;
  xavp.getter = "stw.test.path";
  sht.name = "sht";
  sht.key = modules::Argument{"item", ArgKind::Table, false};
  sht.type = Type::Any;
  sht.getter = "stw.test.item";
  s.symbols["stw.test.path"] = address(get_path);
  s.symbols["stw.test.item"] = address(get_item);
  ExprPtr by_path = op(Op::Variable, Type::Any);
  by_path->use.variable = &xavp;
  by_path->use.has_key = true;
  ExprPtr by_table = op(Op::Variable, Type::Any);
  by_table->use.variable = &sht;
  by_table->use.has_key = true;
  by_table->use.key.constant = 1;
  by_table->use.table_key.value = op(Op::Concat, Type::Text, text("k"), s.variable("int", "n"));
  s.add_route("", block(s.set("text", "p", std::move(by_path)), s.set("text", "t", std::move(by_table))));
  call.ints["n"] = 5;
  s.run(call);
  EXPECT_EQ(call.texts["p"], "/a/b[2]/c[5]/d[*]");
  EXPECT_EQ(call.texts["t"], "calls:1:k5");
}

TEST_F(Image, TheSameProgramGivesTheSameObject) {
  s.add_route("", block(s.set("text", "t", text("x"))));
  const Generated one = generate(s.program, {}, Emit::Object);
  const Generated two = generate(s.program, {}, Emit::Object);
  EXPECT_EQ(one.error, "");
  EXPECT_EQ(one.object, two.object);
}

TEST_F(Image, FaultsOfAnalysisAreNamed) {
  auto bad = s.set("text", "t", op(Op::Match, Type::Int, text("x")));
  bad->value->constant = 3;
  s.add_route("", block(std::move(bad)));
  EXPECT_EQ(generate(s.program, {}, Emit::Object).error, "no such regex constant: 3");
  GenerateOptions options;
  options.cpu = "z80";
  EXPECT_EQ(generate(s.program, options, Emit::Object).error, "unknown target CPU 'z80'");
  options.cpu = "core2";
  EXPECT_EQ(generate(s.program, options, Emit::Object).error,
            "target CPU 'core2' is less than x86-64-v2, which the runtime needs");
  for (const char* cpu : {"native", "x86-64-v3", "znver4"}) {
    options.cpu = cpu;
    s.program.routes.clear();
    s.add_route("", block(return_(number(1))));
    EXPECT_EQ(generate(s.program, options, Emit::Object).error, "");
  }
}

}  // namespace
}  // namespace strowger::codegen::testing
