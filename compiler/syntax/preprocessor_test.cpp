// Defines, conditions, includes and substitutions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "compiler/syntax/condition.h"
#include "compiler/syntax/testing.h"

namespace strowger::syntax {
namespace {

/// The route's statements, printed without indentation, or the findings.
std::string body_of(const std::string& script, ParseOptions options = {}) {
  const auto parsed = parse_script(script, std::move(options));
  if (!parsed->findings.all().empty()) return parsed->codes();
  std::string out = print(parsed->ast);
  return out;
}

/// `$var(a) = TEXT` after `directives`.
std::string value_after(const std::string& directives, const std::string& text) {
  const std::string out = body_of(directives + "\nrequest_route { $var(a) = " + text + "; }\n");
  const std::string head = "request_route\n  assign $var(a) = ";
  return out.starts_with(head) ? out.substr(head.size(), out.size() - head.size() - 1) : out;
}

TEST(Defines, ExpandAsText) {
  EXPECT_EQ(value_after("#!define E 1+2", "E*2"), "(1 + (2 * 2))");
  EXPECT_EQ(value_after("#!define A B\n!!def B C\n\t#!define C 7", "A"), "7");
  EXPECT_EQ(value_after("#!define L 1 + \\\n  2", "L"), "(1 + 2)");
  EXPECT_EQ(value_after("#!define EMPTY", "1 EMPTY"), "1");
  EXPECT_EQ(value_after("#!define NAME2 5", "\"NAME2\" + $var(NAME2)"), "(\"NAME2\" + $var(NAME2))");
  EXPECT_EQ(value_after("#!define children 5", "1"), "1");
  EXPECT_EQ(value_after("#!define S \"a b\"", "S"), "\"a b\"");
  EXPECT_EQ(value_after("#!define URL \"http://x/#y\"", "URL"), "\"http://x/#y\"");
  EXPECT_EQ(body_of("#!define DO exit; drop;\nrequest_route { DO }\n"), "request_route\n  exit\n  drop\n");
  EXPECT_EQ(body_of("#!define R A\nroute[R] { exit; }\n"), "route[A]\n  exit\n");
  EXPECT_EQ(body_of("#!define X 5\r\n#!ifdef X\r\ndebug=X\r\n#!else\r\n#!endif\r\n"), "param debug = 5\n");
}

TEST(Defines, CommentInAValueHidesTheRestOfTheUsingLine) {
  EXPECT_EQ(body_of("#!define X 5 # note\ndebug=X garbage ( here\nfork=no\n"), "param debug = 5\nparam fork = no\n");
}

TEST(Defines, KeepTryAndReplace) {
  EXPECT_EQ(value_after("#!define A 1\n#!trydef A 2", "A"), "1");
  EXPECT_EQ(value_after("#!define A 1\n#!redefine A 2\n#!redef B 3", "A + B"), "(2 + 3)");
  EXPECT_EQ(value_after("#!define A 1\n#!define A 2", "A"), "E0005 2:10");
  EXPECT_EQ(value_after("#!define A-B 2", "1"), "E0011 1:10");
  EXPECT_EQ(value_after("#!define A(2)", "A"), "2");
  EXPECT_EQ(value_after("#!define A: 2\n#!ifdef A\n#!define B 3\n#!endif", "B"), "3");
  EXPECT_EQ(value_after("#!define 1A 2\n#!ifdef 1A\n#!define B 3\n#!endif", "B"), "3");
  EXPECT_EQ(value_after("#!define A 1\n#!undef A\n#!define A 2", "A"), "2");
  EXPECT_EQ(body_of("debug=A\nfork=B\n", {{{"A", "3"}, {"B", "yes"}}, {}}), "param debug = 3\nparam fork = yes\n");
  EXPECT_EQ(body_of("#!define A 1\n", {{{"A", "3"}}, {}}), "E0005 1:10");
}

TEST(StrayBytes, AreToldAndSkipped) {
  EXPECT_EQ(body_of("debug=3 \xc2\xa0`?\nfork=no\n"), "W0004 1:9");
}

TEST(Defines, AreBounded) {
  EXPECT_EQ(value_after("#!define A A + 1", "1 + A"), "E0007 2:31, E0001 2:32");
  std::string bomb = "#!define A0 1 +\n";
  for (int i = 1; i < 40; ++i)
    bomb += "#!define A" + std::to_string(i) + " A" + std::to_string(i - 1) + " A" + std::to_string(i - 1) + "\n";
  const auto parsed = parse_script(bomb + "debug = 1\nrequest_route { $var(a) = A39 1; }\n");
  EXPECT_TRUE(parsed->findings.has_errors());
  EXPECT_LE(parsed->findings.all().size(), 2u);
}

TEST(Defines, ValuesThatDoubleAreBounded) {
  std::string bomb = "#!define A0 aaaaaaaaaaaaaaaa\n";
  for (int i = 1; i < 60; ++i)
    bomb += "#!defexps A" + std::to_string(i) + " A" + std::to_string(i - 1) + " + A" + std::to_string(i - 1) + "\n";
  EXPECT_TRUE(parse_script(bomb)->codes().starts_with("E0007 17:11"));
}

TEST(Defines, SpanIsThePlaceOfUse) {
  const auto parsed = parse_script("#!define BAD 1 2\nrequest_route {\n  $var(a) = BAD;\n}\n");
  ASSERT_EQ(parsed->codes(), "E0001 3:13");
  const text::Span& span = parsed->findings.all().at(0).span;
  EXPECT_EQ(span.length, 3u);
  ASSERT_NE(span.expansion, nullptr);
  EXPECT_EQ(*span.expansion, "BAD");
}

TEST(Defines, PredefinedAndOfModules) {
  EXPECT_EQ(body_of("#!ifdef KAMAILIO_5_6_3\ndebug=1\n#!endif\n#!ifdef OS_NAME\ndebug=2\n#!endif\n"), "param debug = 1\n");
  EXPECT_EQ(body_of("#!ifdef MOD_tm\ndebug=1\n#!endif\nloadmodule \"x/tm.so\"\n#!ifdef MOD_tm\ndebug=2\n#!endif\n"),
            "param debug = 2\nmodule \"tm\"\n");
}

TEST(Defines, AreListedAtTheEnd) {
  const auto parsed = parse_script("#!define A \"x y\"\n#!define B\n#!redef A 2\n");
  const auto& defines = parsed->ast.defines;
  ASSERT_GE(defines.size(), 2u);
  EXPECT_EQ(defines[defines.size() - 2], (std::pair<std::string, std::string>{"A", "2"}));
  EXPECT_EQ(defines.back(), (std::pair<std::string, std::string>{"B", ""}));
}

TEST(Environment, DefinesFromVariables) {
  setenv("STROWGER_TEST_VALUE", "v w", 1);
  unsetenv("STROWGER_TEST_NONE");
  EXPECT_EQ(value_after("#!defenvs STROWGER_TEST_VALUE", "STROWGER_TEST_VALUE"), "\"v w\"");
  EXPECT_EQ(value_after("#!defenvs A=STROWGER_TEST_VALUE", "A"), "\"v w\"");
  EXPECT_EQ(value_after("#!defenv STROWGER_TEST_NONE", "1"), "E0016 1:10");
  EXPECT_EQ(value_after("#!trydefenv STROWGER_TEST_NONE", "1"), "1");
}

TEST(Conditions, TakeAndSkip) {
  EXPECT_EQ(value_after("#!define A", "1\n#!ifdef A\n+ 2\n#!else\n+ 3\n#!endif\n"), "(1 + 2)");
  EXPECT_EQ(value_after("", "1\n!!ifdef A\n+ 2\n!!else\n+ 3\n!!endif\n"), "(1 + 3)");
  EXPECT_EQ(value_after("", "1\n#!ifndef A\n+ 2\n#!else\n+ 3\n#!endif\n"), "(1 + 2)");
  EXPECT_EQ(value_after("", "1\n#!ifdef A\n#!ifdef B\n+ 2\n#!else\n+ 5\n#!endif\n+ 6\n#!else\n+ 3\n#!endif\n"), "(1 + 3)");
  EXPECT_EQ(value_after("#!ifdef A\n\"unclosed ' \n#!endif", "4"), "4");
  // Inside a skipped region directives count even in comments and strings; outside, a comment hides them.
  EXPECT_EQ(value_after("#!ifdef A\n# note: #!endif\ndebug=1", "4"), "param debug = 1\nrequest_route\n  assign $var(a) = 4\n");
  EXPECT_EQ(value_after("/* #!ifdef A */ # #!ifdef B", "4"), "4");
  EXPECT_EQ(value_after("#!ifdef A\n#!else # note\ndebug=1\n#!endif", "4"), "4");
}

TEST(Conditions, AreExactAboutTheirLines) {
  EXPECT_EQ(body_of("#!ifdef A\n#!endif # note\ndebug=1\n"), "E0003 1:1");
  EXPECT_EQ(body_of("#!ifndef A\n#!endif # note\n"), "W0001 2:1, E0003 1:1");
  EXPECT_EQ(body_of("#!ifdef A\n#!endif"), "E0003 1:1");
  EXPECT_EQ(body_of("#!endif\ndebug=1\n"), "E0003 1:1");
  EXPECT_EQ(body_of("#!elif X\n# ifdef\n#! define X\n#!whatever\n#!/usr/bin/x\n"), "W0003 1:1");
  EXPECT_EQ(body_of("#!ifdef\n#!endif\n"), "E0011 1:1");
}

TEST(Conditions, EvaluateExpressions) {
  const DefineLookup lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name == "SET") return "";
    if (name == "FIVE") return "5";
    if (name == "TEXT") return "\"ab\"";
    return std::nullopt;
  };
  struct Row {
    const char* text;
    const char* value;  ///< "t:" before texts
  };
  const Row rows[] = {
      {"1 + 2 * 3", "7"}, {"2 ** 3 ** 2", "512"}, {"SET", "1"}, {"UNSET", "0"}, {"!UNSET && SET", "1"}, {"FIVE == \"5\"", "1"},
      {"TEXT + 'c'", "t:abc"}, {"5 >= FIVE", "1"}, {"1 << 3 >> 1", "4"}, {"7 % 4", "3"}, {"^0", "-1"}, {"(1 || 0) - 1", "0"},
      {"6 & 3 | 8", "10"}, {"-2 < 1", "1"}, {"1 / 4 == 0.25", "1"}, {"TEXT < 'b'", "1"}, {"5008000 >= 5007000", "1"},
      {"1 +", "!"}, {"(1", "!"}, {"1 / 0", "!"}, {"'a", "!"}, {"1 1", "!"},
  };
  for (const Row& row : rows) {
    std::string error;
    const auto value = evaluate_condition(row.text, lookup, error);
    std::string shown = "!";
    if (value) shown = value->is_text ? "t:" + value->text : std::to_string(static_cast<long long>(value->number));
    EXPECT_EQ(shown, row.value) << row.text << " " << error;
  }
  EXPECT_EQ(body_of("#!define V 3\n#!ifexp V == 3 && !W\ndebug=1\n#!else\ndebug=2\n#!endif\n"), "param debug = 1\n");
  EXPECT_EQ(value_after("#!defexp X 2 * 21\n#!defexps Y 1 + 1", "X + Y"), "(42 + \"2\")");
}

TEST(Substitutions, ChangeStringsAndVariables) {
  EXPECT_EQ(value_after("#!subst \"/AB/c/\"", "\"AB AB\""), "\"c AB\"");
  EXPECT_EQ(value_after("#!subst \"/AB/c/g\"", "\"AB AB\" + $var(AB)"), "(\"c c\" + $var(c))");
  EXPECT_EQ(value_after("#!subst \"!ab!c!i\"", "\"AB\""), "\"c\"");
  EXPECT_EQ(value_after("#!subst \"/(a)(b)/\\\\2\\\\1/\"", "\"ab\""), "\"ba\"");
  EXPECT_EQ(value_after("#!substdef \"!ID!5!g\"", "ID + \"<ID>\""), "(5 + \"<5>\")");
  EXPECT_EQ(value_after("#!substdefs \"!ID!v!g\"", "ID + \"<ID>\""), "(\"v\" + \"<v>\")");
  EXPECT_EQ(value_after("#!subst \"/AB/c\"", "1"), "E0017 1:9");
  EXPECT_EQ(value_after("#!subst /AB/c/", "1"), "E0011 1:1");
}

TEST(Substitutions, WarnOfNamesThatAreNone) {
  EXPECT_EQ(parse_script("#!substdef \"!ID!x y!g\"\n#!substdef \"!ID_LONG!z!g\"\nrequest_route { exit; }\n")->codes(), "W0017 2:12");
  EXPECT_EQ(parse_script("#!substdef \"/a-b/c/\"\nrequest_route { exit; }\n")->codes(), "W0017 1:12");
}

TEST(Substitutions, AreBounded) {
  std::string bomb;
  for (int i = 0; i < 40; ++i) bomb += "#!subst \"/x/xx/g\"\n";
  bomb += "request_route {\n";
  for (int i = 0; i < 100; ++i) bomb += "  $var(a) = \"x\";\n";
  // The rules' own texts are substituted, too, as Kamailio does it: each is twice as long as the one before.
  auto parsed = parse_script(bomb + "}\n");
  ASSERT_FALSE(parsed->findings.all().empty());
  for (const diagnostics::Finding& f : parsed->findings.all()) EXPECT_EQ(f.code, "E0017");
  EXPECT_LE(parsed->findings.all().size(), 40u);  // one a rule that is too long
  // Growth in the strings themselves: one finding.
  parsed = parse_script("#!subst \"/x/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/g\"\nroute[A] { $var(a) = \"" + std::string(20000, 'x') + "\"; }\n");
  EXPECT_EQ(parsed->codes(), "E0017 2:22");
  EXPECT_EQ(value_after("#!subst \"/(a{999}){999}/b/\"", "1"), "E0017 1:9");
  EXPECT_EQ(value_after("#!subst \"/a" + std::string(40, '+') + "/b/\"", "1"), "E0017 1:9");
  EXPECT_EQ(value_after("#!subst \"/[(]((((((((((((((((((((x+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+/b/\"", "1"), "E0017 1:9");
  std::string many;
  for (int i = 0; i < 200; ++i) many += "([a-z]+){2}";
  EXPECT_EQ(value_after("#!subst \"/" + many + "/b/\"", "1"), "1");
  EXPECT_EQ(value_after("#!subst \"/a{2}b{3,4}/c/\"", "\"aabbb\""), "\"c\"");
}

class Includes : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/strowger-include-XXXXXX";
    folder = mkdtemp(name);
    std::filesystem::create_directories(folder + "/sub");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder + "/" + name) << text; }
  std::string read(const std::string& name, std::vector<std::string> folders = {}) {
    parsed = std::make_unique<Parsed>();
    parsed->ast = parse(folder + "/" + name, parsed->sources, {{}, std::move(folders)}, parsed->findings);
    return parsed->findings.all().empty() ? print(parsed->ast) : parsed->codes();
  }
  std::string folder;
  std::unique_ptr<Parsed> parsed;
};

TEST_F(Includes, FollowTheirFolders) {
  write("a.cfg", "include_file \"sub/b.cfg\"\nrequest_route {\n!!include_file \"body.cfg\"\n}\n#!import_file \"none.cfg\"\n");
  write("sub/b.cfg", "debug=1\ninclude_file \"c.cfg\"\n");
  write("sub/c.cfg", "fork=no\n");
  write("body.cfg", "exit;");
  EXPECT_EQ(read("a.cfg"), "param debug = 1\nparam fork = no\nrequest_route\n  exit\n");
  EXPECT_EQ(parsed->sources.all().size(), 4u);
  write("i.cfg", "include_file \"c.cfg\"\n");
  EXPECT_EQ(read("i.cfg"), "E0004 1:14");
  EXPECT_EQ(read("i.cfg", {folder + "/sub"}), "param fork = no\n");
}

TEST_F(Includes, AreExact) {
  write("b.cfg", "debug=1\n");
  for (const char* text : {"include_file \"b.cfg\";\n", "include_file 'b.cfg'\n", "include_file B\n", "include_file \"b.cfg\n"}) {
    write("a.cfg", text);
    EXPECT_TRUE(read("a.cfg").starts_with("E0011")) << text;
  }
  EXPECT_EQ(read("nothing.cfg"), "E0004 0:0");
}

TEST_F(Includes, AreBounded) {
  write("a.cfg", "include_file \"a.cfg\"\n");
  EXPECT_EQ(read("a.cfg"), "E0006 1:14");
  // Two of them do not make a thousand, and five levels of a hundred not ten thousand million.
  write("a.cfg", "include_file \"a.cfg\"\ninclude_file \"a.cfg\"\n");
  EXPECT_EQ(read("a.cfg"), "E0006 1:14");
  EXPECT_LE(parsed->sources.all().size(), 12u);
  for (int level = 0; level < 5; ++level) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "include_file \"" + std::to_string(level + 1) + ".cfg\"\n";
    write(std::to_string(level) + ".cfg", text);
  }
  write("5.cfg", "\n");
  EXPECT_TRUE(read("0.cfg").starts_with("E0004"));
  EXPECT_EQ(parsed->findings.all().size(), 1u);
}

TEST(Texts, OfEndlessVariablesAreReadOnce) {
  // Each is looked for to the end of the text: 5 MB of them would take hours.
  std::string text = "request_route {\n";
  for (int i = 0; i < 20000; ++i) text += "$(((((((((((((((((((\n";
  EXPECT_TRUE(parse_script(text)->findings.has_errors());
}

TEST(Findings, PointIntoTheirText) {
  for (const char* script : {"#!define", "import_file", "request_route { $(", "loadmodule \"", "route[", "#!substdef \"", "debug="}) {
    const auto parsed = parse_script(script);
    ASSERT_FALSE(parsed->findings.all().empty()) << script;
    for (const diagnostics::Finding& f : parsed->findings.all()) {
      EXPECT_LE(f.span.offset + f.span.length, std::string_view(script).size()) << script;
    }
  }
}

TEST_F(Includes, FindingsTellTheChain) {
  write("a.cfg", "debug=1\ninclude_file \"b.cfg\"\n");
  write("b.cfg", "fork=\n");
  read("a.cfg");
  EXPECT_NE(parsed->rendered().find("b.cfg is included from " + folder + "/a.cfg:2"), std::string::npos) << parsed->rendered();
}

}  // namespace
}  // namespace strowger::syntax
