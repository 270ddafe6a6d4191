// .module files: faults with their places, overloads and aliases, and the C++ that is written for them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/modules/interface.h"
#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

struct Parsed {
  text::Sources sources;
  diagnostics::Findings findings;
  ModuleInterface module;
};

std::unique_ptr<Parsed> parse(const std::string& content) {
  auto parsed = std::make_unique<Parsed>();
  parsed->module = parse_module(*parsed->sources.add("test.module", content), parsed->findings);
  return parsed;
}

struct Fault {
  std::string content, code;
  std::uint32_t line, column;
};

class ParseModuleFaults : public testing::TestWithParam<Fault> {};

TEST_P(ParseModuleFaults, AreFoundAtTheirPlace) {
  const Fault& fault = GetParam();
  const auto parsed = parse(fault.content);
  ASSERT_EQ(parsed->findings.all().size(), 1u) << fault.content;
  const diagnostics::Finding& finding = parsed->findings.all()[0];
  EXPECT_EQ(finding.code, fault.code) << fault.content;
  EXPECT_EQ(finding.span.line(), fault.line) << fault.content;
  EXPECT_EQ(finding.span.column(), fault.column) << fault.content;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ParseModuleFaults,
    testing::Values(
        Fault{"module m\nparam a = 5\n", "E0801", 2, 9}, Fault{"module m\nparam a : int = x\n", "E0801", 2, 17},
        Fault{"module m\nparam a : string = \"x\n", "E0801", 2, 20},
        Fault{"module m\nparam a : int = 99999999999999999999\n", "E0801", 2, 17},
        Fault{"module m\nfunction f( : outcome in any_route\n", "E0801", 2, 13},
        Fault{"module m\nfunction f() : outcome\n\nfunction g() : outcome in any_route\n", "E0801", 4, 1},
        Fault{"module m\nparam a : int = 1 2\n", "E0801", 2, 19}, Fault{"module m\n  param a : int\n", "E0803", 2, 3},
        Fault{"module m\nthing a\n", "E0802", 2, 1}, Fault{"module m\nfunction f(a: string hex) : outcome\n    in any_route\n", "E0803", 2, 22}, Fault{"module m\nparam a : int often\n", "E0803", 2, 15},
        Fault{"module m\nvariable $a : string\n    readwrite\n    fast\n", "E0803", 4, 5},
        Fault{"module m\nparam a : float\n", "E0804", 2, 11},
        Fault{"module m\nfunction f(a: text) : outcome in any_route\n", "E0804", 2, 15},
        Fault{"module m\nvariable $a : int?\n", "E0804", 2, 18},
        Fault{"module m\nentry begin\n", "E0804", 2, 7},
        Fault{"module m\nfunction f() : outcome in any_route reply\n", "E0805", 2, 37},
        Fault{"module m\nparam a : int\nparam a : int\n", "E0806", 3, 7},
        Fault{"module m\nfunction f() : outcome in any_route\nfunction f() : verdict in any_route\n", "E0806", 3, 10},
        Fault{"module m\ntransformation {s.len} : int\ntransformation {s.len,a: int} : int\n", "E0806", 3, 17},
        Fault{"module m\nalias a = b\n", "E0807", 2, 7}, Fault{"module m\nparam a : int = 9 within 0..5\n", "E0808", 2, 7},
        Fault{"param a : int\n", "E0809", 1, 1}, Fault{"", "E0809", 1, 1},
        Fault{"module m\nfunction f(a: slot) : outcome in any_route\n", "E0810", 2, 15},
        Fault{"module m\ntransformation {s.x,a: regex} : string\n", "E0810", 2, 24}));

TEST(ParseModule, FaultyDeclarationDoesNotHideTheNext) {
  const auto parsed = parse("module m\nparam a : float\nparam b : int = 0x10\n");
  EXPECT_EQ(parsed->findings.error_count(), 1u);
  ASSERT_EQ(parsed->module.params.size(), 1u);
  EXPECT_EQ(parsed->module.params[0].name, "b");
  EXPECT_EQ(parsed->module.params[0].number, 16);
}

TEST(ParseModule, GuardsWithDifferentIntsAreAFault) {
  const auto parsed = parse(
      "module m\nfunction a(level: int, t: string) : outcome in any_route guard on\n"
      "function b(t: string) : outcome in any_route guard on\n");
  ASSERT_EQ(parsed->findings.all().size(), 1u);
  EXPECT_EQ(parsed->findings.all()[0].code, "E0811");
}

TEST(ParseModule, ReadsClausesDocsAndComments) {
  const auto parsed = parse(R"(# a comment
/// First line.
/// Second line.
module demo pending
requires core sl
links ssl crypto

param url : string = "a \"b\" # c\n"   # not set
param table : string repeated
/// Sends.
function send(code: int, reason: string dynamic) : verdict
    in request_route failure_route
    does reply log
    returns -1 "failed"
    returns 0 "ended"
    example send("404", "Gone");  # stays
    pending
function send(code: int) : outcome in any_route
variable $hdr(name: header)[index] : string?
variable $C(colors: word?) : string in request_route readwrite
variable $err.class : any?
alias $(err.klass) = $err.class
transformation {s.encode.hexa} : string?
transformation {s.prefixes,max: int?} : string accepts_null
event demo:thing:* pending
entry start script_end
)");
  for (const auto& finding : parsed->findings.all()) ADD_FAILURE() << finding.code << " line " << finding.span.line();
  const ModuleInterface& m = parsed->module;
  EXPECT_EQ(m.doc, "First line.\nSecond line.");
  EXPECT_TRUE(m.pending);
  EXPECT_EQ(m.requires_, (std::vector<std::string>{"core", "sl"}));
  EXPECT_EQ(m.links, (std::vector<std::string>{"ssl", "crypto"}));
  ASSERT_EQ(m.params.size(), 2u);
  EXPECT_EQ(m.params[0].text, "a \"b\" # c\n");
  EXPECT_TRUE(m.params[1].repeated);
  ASSERT_EQ(m.functions.size(), 2u);
  const Function& send = m.functions[0];
  EXPECT_EQ(send.doc, "Sends.");
  EXPECT_EQ(m.functions[1].doc, "Sends.");
  EXPECT_EQ(send.routes, kRequestRoute | kFailureRoute);
  EXPECT_EQ(send.does, (std::vector<std::string>{"reply", "log"}));
  EXPECT_EQ(send.returns, (std::vector<std::pair<int, std::string>>{{-1, "failed"}, {0, "ended"}}));
  EXPECT_EQ(send.examples, (std::vector<std::string>{"send(\"404\", \"Gone\");  # stays"}));
  EXPECT_TRUE(send.may_stop);
  EXPECT_TRUE(send.pending);
  EXPECT_FALSE(send.args[0].dynamic);
  EXPECT_TRUE(send.args[1].dynamic);
  EXPECT_EQ(send.symbol, "stw.demo.send.2");
  ASSERT_EQ(m.variables.size(), 3u);
  EXPECT_TRUE(m.variables[0].indexed);
  EXPECT_EQ(m.variables[0].key->kind, ArgKind::Header);
  EXPECT_TRUE(m.variables[1].key_optional);
  EXPECT_TRUE(m.variables[1].writable);
  EXPECT_EQ(m.variables[1].routes, kRequestRoute);
  EXPECT_EQ(m.variables[2].getter, "stw.demo.get_err_class");
  EXPECT_EQ(m.variable_aliases.at("err.klass"), "err.class");
  ASSERT_EQ(m.transformations.size(), 2u);
  EXPECT_EQ(m.transformations[0].op, "encode.hexa");
  EXPECT_EQ(m.transformations[0].symbol, "stw.demo.s_encode_hexa");
  EXPECT_TRUE(m.transformations[0].nullable);
  EXPECT_EQ(m.transformations[1].required, 0u);
  EXPECT_TRUE(m.transformations[1].accepts_null);
  EXPECT_EQ(m.events[0].pattern, "demo:thing:*");
  EXPECT_EQ(m.entries, (std::vector<Entry>{Entry::Start, Entry::ScriptEnd}));
}

constexpr char kDemo[] = R"(/// A demo.
module my_demo
/// Code.
param default_code : int = 500
param reason : string = "It's \"bad\"\r\n"
param unset : string
param table : string repeated
param old : int ignored
/// Logs.
function log(level: int, text: string) : outcome
    in any_route
    guard enabled
function log(text: string) : outcome in any_route pending
function register(pattern: regex, where: variable) : outcome in any_route
variable $rU : string? readwrite
variable $sht(item: table) : any? readwrite
variable $hdr(name: header)[index] : string?
variable $ml : int
transformation {s.substr,offset: int,length: int} : string?
entry start request_in
)";

TEST(ParseModule, ReadsRpcCommands) {
  const auto parsed = parse(R"(module demo wants rpc
/// Lists.
rpc demo.list array
rpc demo.other_thing pending
)");
  EXPECT_TRUE(parsed->findings.all().empty());
  const ModuleInterface& m = parsed->module;
  EXPECT_TRUE(m.wants_rpc);
  ASSERT_EQ(m.rpcs.size(), 2u);
  EXPECT_EQ(m.rpcs[0].doc, "Lists.");
  EXPECT_TRUE(m.rpcs[0].is_array);
  EXPECT_EQ(m.rpcs[0].symbol, "stw.demo.rpc.demo.list");
  EXPECT_TRUE(m.rpcs[1].pending);
  const std::string header = print_header(m);
  EXPECT_NE(header.find("static void rpc_demo_list(RpcCall&) asm(\"stw.demo.rpc.demo.list\");"), std::string::npos);
  EXPECT_EQ(header.find("rpc_demo_other_thing"), std::string::npos);
  EXPECT_FALSE(parse("module demo\nrpc demo.a\nrpc demo.a\n")->findings.all().empty());
  EXPECT_FALSE(parse("module demo\nrpc demo.a twice\n")->findings.all().empty());
  EXPECT_FALSE(parse("module demo wants more\n")->findings.all().empty());
}

TEST(PrintHeader, DeclaresWhatTheModuleDefines) {
  const auto parsed = parse(kDemo);
  EXPECT_EQ(print_header(parsed->module), R"(// What C++ defines for the module my_demo. Written by strowger-interface from its .module file.
#pragma once

#include "runtime/abi/image.h"
#include "runtime/abi/values.h"

namespace strowger {

/// A demo.
struct MyDemo {
  /// Index of the module's state in Process::module_state and Worker::module_state.
  static const std::uint32_t slot asm("stw.slot.my_demo");
  static void start(Process&) asm("stw.my_demo.entry.start");
  static bool request_in(Call&) asm("stw.my_demo.entry.request_in");
  /// False where a call would do nothing; asked before its other arguments are evaluated.
  static bool enabled(Call&, Int level) asm("stw.my_demo.enabled");
  /// Logs.
  static Code log(Call&, Int level, Text text) asm("stw.my_demo.log.2");
  static Code register_(Call&, const Regex& pattern, const VariableRef& where) asm("stw.my_demo.register.2");
  static Text get_rU(Call&) asm("stw.my_demo.get_rU");
  static Code set_rU(Call&, Value) asm("stw.my_demo.set_rU");
  static Value get_sht(Call&, const TableRef& item, Text) asm("stw.my_demo.get_sht");
  static Code set_sht(Call&, const TableRef& item, Text, Value) asm("stw.my_demo.set_sht");
  static Text get_hdr(Call&, const HeaderName& name, Index) asm("stw.my_demo.get_hdr");
  static Int get_ml(Call&) asm("stw.my_demo.get_ml");
  static Text s_substr(Call&, Value, Int offset, Int length) asm("stw.my_demo.s_substr");

  /// Constants of the compiled script, set by modparam().
  struct Param {
    /// Code.
    static const Int default_code asm("stw.param.my_demo.default_code");
    static const Text reason asm("stw.param.my_demo.reason");
    static const Text unset asm("stw.param.my_demo.unset");
    static const TextList table asm("stw.param.my_demo.table");
  };
};

}  // namespace strowger
)");
}

TEST(PrintDefaults, DefinesParametersAndSlot) {
  const auto parsed = parse(kDemo);
  EXPECT_EQ(print_defaults(parsed->module, 7), R"(// Default parameters of my_demo. Written by strowger-interface from its .module file.
#include "my_demo.interface.h"

namespace strowger {

const std::uint32_t MyDemo::slot = 7;
const Int MyDemo::Param::default_code = 500LL;
const Text MyDemo::Param::reason = Text("It's \"bad\"\015\012", 12);
const Text MyDemo::Param::unset = Text::null();
const TextList MyDemo::Param::table = {nullptr, 0};

}  // namespace strowger
)");
}

TEST(PrintReference, NamesWhatIsMissing) {
  const auto parsed = parse(kDemo);
  const std::string page = print_reference(parsed->module);
  EXPECT_NE(page.find("# my_demo\n\nA demo.\n"), std::string::npos);
  EXPECT_NE(page.find("### `log(text: string)`\n\nLogs.\n\n* Result: outcome (true or false)\n* Routes: any_route\n"
                      "* Not implemented yet\n"), std::string::npos) << page;
  EXPECT_NE(page.find("| `old` | int | `0` |  Accepted without effect. |"), std::string::npos) << page;
}

TEST(PrintJson, EscapesTexts) {
  const auto parsed = parse("module m\n/// A \"b\\c\".\nparam p : string = \"x\\n\"\n");
  EXPECT_NE(print_json(parsed->module).find(
                R"("params":[{"name":"p","doc":"A \"b\\c\".","type":"string","default":"x\n","symbol":"stw.param.m.p"}])"),
            std::string::npos)
      << print_json(parsed->module);
}

TEST(CppNames, AreLegalAndDoNotHideTheRuntime) {
  EXPECT_EQ(cpp_struct_name("uac_redirect"), "UacRedirect");
  EXPECT_EQ(cpp_struct_name("textops"), "Textops");
  EXPECT_EQ(cpp_struct_name("path"), "PathModule");
  EXPECT_EQ(cpp_identifier("7bit"), "_7bit");
  EXPECT_EQ(cpp_identifier("default"), "default_");
}

/// The modules that are compiled into this program.
class StandardModules : public testing::Test {
 protected:
  text::Sources sources;
  diagnostics::Findings findings;
  ModuleSet set = ModuleSet::load({}, sources, findings);
};

TEST_F(StandardModules, ParseWithoutFindings) {
  for (const auto& finding : findings.all())
    ADD_FAILURE() << finding.span.file->path << ":" << finding.span.line() << ": " << finding.code << " " << finding.message;
  EXPECT_GE(set.all().size(), 100u);
  for (const ModuleInterface* module : set.all()) {
    EXPECT_EQ(module->file, "<stdlib>/" + module->name + ".module");
    EXPECT_FALSE(module->doc.empty()) << module->name;
    for (const std::string& needed : module->requires_) EXPECT_NE(set.find(needed), nullptr) << module->name << " " << needed;
  }
}

TEST_F(StandardModules, StructNamesDiffer) {
  std::map<std::string, std::string> structs;
  for (const ModuleInterface* module : set.all()) {
    const auto [it, added] = structs.emplace(cpp_struct_name(module->name), module->name);
    EXPECT_TRUE(added) << module->name << " and " << it->second;
  }
}

TEST_F(StandardModules, OverloadsAreFoundByTheirNumberOfArguments) {
  const std::vector<std::string> loaded = {"core", "tm", "xlog"};
  const Function* plain = set.find_function("t_relay", 0, loaded);
  const Function* to = set.find_function("t_relay", 2, loaded);
  ASSERT_NE(plain, nullptr);
  ASSERT_NE(to, nullptr);
  EXPECT_EQ(plain->symbol, "stw.tm.t_relay.0");
  EXPECT_EQ(to->symbol, "stw.tm.t_relay.2");
  EXPECT_EQ(set.find_function("t_relay", 1, loaded), nullptr);
  EXPECT_EQ(set.find_function("sl_send_reply", 2, loaded), nullptr) << "sl is not loaded";
  EXPECT_EQ(set.functions_named("t_relay").size(), 2u);
}

TEST_F(StandardModules, AliasesAreFollowed) {
  const std::vector<std::string> loaded = {"core", "sl", "pv"};
  const Function* reply = set.find_function("sl_reply", 2, loaded);
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->name, "sl_send_reply");
  const Function* host = set.find_function("sethost", 1, loaded);
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->name, "rewritehost");
  const Variable* user = set.find_variable("ruri.user", loaded);
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->name, "rU");
  EXPECT_TRUE(user->writable);
  const Variable* result = set.find_variable("?", loaded);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->name, "rc");
  EXPECT_EQ(set.functions_named("sl_reply").size(), 1u);
}

TEST_F(StandardModules, TransformationsAreFoundByClassOpAndArguments) {
  const std::vector<std::string> loaded = {"pv"};
  ASSERT_NE(set.find_transformation("s", "substr", 2, loaded), nullptr);
  EXPECT_EQ(set.find_transformation("s", "substr", 1, loaded), nullptr);
  EXPECT_NE(set.find_transformation("s", "prefixes", 0, loaded), nullptr);
  EXPECT_NE(set.find_transformation("s", "prefixes", 1, loaded), nullptr);
  EXPECT_EQ(set.find_transformation("s", "prefixes", 2, loaded), nullptr);
  // The separator of {s.select,1,,} is a comma: the raw text counts as one argument.
  EXPECT_NE(set.find_transformation("s", "select", 3, loaded), nullptr);
  EXPECT_EQ(set.find_transformation("re", "subst", 1, loaded), nullptr) << "textops is not loaded";
}

}  // namespace
}  // namespace strowger::modules
