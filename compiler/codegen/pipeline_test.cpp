// What the pipeline makes of a script: hot bitcode inlines, parameters fold, lines point into the cfg.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::ArgKind;
using modules::Type;

std::string ir_of(const program::Program& program, const std::string& hot = "", int level = 2) {
  GenerateOptions options;
  options.level = level;
  options.hot_bitcode = hot;
  const Generated made = generate(program, options, Emit::LlvmIr);
  EXPECT_EQ(made.error, "");
  return made.llvm_ir;
}

/// Bitcode as the build makes it for *_hot.cpp.
struct Hot : ::testing::Test {
  std::string dir, path;
  void SetUp() override {
    char pattern[] = "/tmp/strowger-hot-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    dir = pattern;
    path = dir + "/hot.bc";
  }
  void TearDown() override { ASSERT_EQ(std::system(("rm -r " + dir).c_str()), 0); }
  void compile(const std::string& source) {
    std::ofstream(dir + "/a.cpp") << source;
    ASSERT_EQ(std::system(("clang++-19 -std=c++20 -O2 -fPIC -g0 -march=x86-64-v2 -fvisibility=hidden -fno-exceptions -emit-llvm -c " +
                           dir + "/a.cpp -o " + path).c_str()), 0);
  }
};

TEST_F(Hot, ShortHelpersInlineAndParametersFold) {
  compile(R"(
    struct Call;
    struct Module {
      static int twice(Call&, long n) asm("stw.test.twice");
      static const long factor asm("stw.param.test.factor");
    };
    int Module::twice(Call&, long n) { return (int)(n * factor); }
    int unused(Call&) asm("stw.test.unused");
    int unused(Call&) { return 1; }
  )");
  Script s;
  modules::Parameter factor;
  factor.name = "factor";
  factor.symbol = "stw.param.test.factor";
  s.module.params = {factor};
  program::ParameterValue value;
  value.parameter = &s.module.params[0];
  value.numbers = {21};
  s.program.parameters = {value};
  s.function("twice", {ArgKind::Int});
  s.add_route("", block(return_(s.call("twice", number(2)))));
  const std::string ir = ir_of(s.program, path);
  EXPECT_EQ(ir.find("@stw.test.twice"), std::string::npos) << ir;
  EXPECT_EQ(ir.find("@stw.test.unused"), std::string::npos);
  EXPECT_NE(ir.find("ret i64 42"), std::string::npos);
  EXPECT_NE(ir.find("@stw.param.test.factor = hidden"), std::string::npos);
}

TEST_F(Hot, WhatDoesNotInlineStaysACallOfTheArchive) {
  compile(R"(
    struct Call;
    int big(Call&, long n) asm("stw.test.big");
    __attribute__((noinline)) int big(Call&, long n) { return (int)n + 1; }
  )");
  Script s;
  s.function("big", {ArgKind::Int});
  s.add_route("", block(return_(s.call("big", s.variable("int", "n")))));
  const std::string ir = ir_of(s.program, path);
  EXPECT_NE(ir.find("@stw.test.big("), std::string::npos);
  GenerateOptions options;
  options.hot_bitcode = path;
  const Generated assembly = generate(s.program, options, Emit::Assembly);
  EXPECT_NE(assembly.assembly.find("stw.test.big"), std::string::npos);
  EXPECT_EQ(assembly.assembly.find("stw.test.big:"), std::string::npos);  // no second copy
}

TEST(Parameters, EveryOneIsASymbolInItsType) {
  Script s;
  s.module.params.resize(7);
  const char* names[] = {"number", "text", "unset", "texts", "numbers", "variable", "attributes"};
  for (std::size_t i = 0; i < 7; ++i) {
    s.module.params[i].name = names[i];
    s.module.params[i].symbol = std::string("stw.param.test.") + names[i];
  }
  s.module.params[0].number = 7;
  s.module.params[1].is_text = s.module.params[2].is_text = s.module.params[3].is_text = s.module.params[5].is_text = true;
  s.module.params[1].text = "default";
  s.module.params[3].repeated = s.module.params[4].repeated = true;
  s.module.params[5].is_variable = true;
  s.module.params[6].is_text = s.module.params[6].is_attributes = true;
  program::ParameterValue texts, numbers, variable, attributes;
  texts.parameter = &s.module.params[3];
  texts.texts = {"a", "b"};
  numbers.parameter = &s.module.params[4];
  variable.parameter = &s.module.params[5];
  variable.variable = 1;
  s.program.variables.push_back(s.use("int", "n"));
  s.program.parameters.push_back(std::move(texts));
  s.program.parameters.push_back(std::move(numbers));
  s.program.parameters.push_back(std::move(variable));
  attributes.parameter = &s.module.params[6];
  attributes.path = 1;
  program::PathConstant path;
  path.steps.push_back({"name", program::VariableUse::IndexKind::None, 0, 1});
  s.program.paths.push_back(std::move(path));
  s.program.parameters.push_back(std::move(attributes));
  s.add_route("", block(return_(number(1))));
  const std::string ir = ir_of(s.program, "", 0);
  const auto has = [&](const char* words) { EXPECT_NE(ir.find(words), std::string::npos) << words << "\n" << ir; };
  has("@stw.slot.core = hidden constant i32 0");
  has("@stw.slot.test = hidden constant i32 1");
  has("@stw.param.test.number = hidden constant i64 7");
  has("@stw.param.test.text = hidden constant { ptr, i64 } { ptr @text");
  has("@stw.param.test.unset = hidden constant { ptr, i64 } zeroinitializer");
  has("@stw.param.test.texts = hidden constant { ptr, i64 } { ptr @items, i64 2 }");
  has("@stw.param.test.numbers = hidden constant { ptr, i64 } zeroinitializer");
  has("@stw.param.test.variable = hidden constant ptr @variable");
  has("@stw.param.test.attributes = hidden constant ptr @path");
}

TEST(Lines, PointIntoTheScript) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("pbx.cfg", "request_route {\n  $int(a) = 1;\n  $int(b) = 2;\n}\n");
  Script s;
  auto first = s.set("int", "a", number(1));
  first->span = {file, 18, 12, nullptr};
  auto second = s.set("int", "b", number(2));
  second->span = {file, 33, 12, nullptr};
  s.add_route("", block(std::move(first), std::move(second)));
  s.program.routes[0].span = {file, 0, 13, nullptr};
  const std::string ir = ir_of(s.program);
  EXPECT_NE(ir.find("!DIFile(filename: \"pbx.cfg\", directory: \".\")"), std::string::npos);
  EXPECT_NE(ir.find("linkageName: \"request_route\""), std::string::npos);
  EXPECT_NE(ir.find("!DILocation(line: 2, column: 3"), std::string::npos);
  EXPECT_NE(ir.find("!DILocation(line: 3, column: 3"), std::string::npos);
  GenerateOptions options;
  options.debug_lines = false;
  EXPECT_EQ(generate(s.program, options, Emit::LlvmIr).llvm_ir.find("!DILocation"), std::string::npos);
}

TEST(Routes500, LargeRoutesStayFunctions) {
  Script s;
  program::Block body;
  for (int i = 0; i < 30; ++i) body.push_back(s.set("int", "v" + std::to_string(i), number(i)));
  s.add_route("BIG", std::move(body));
  s.add_route("SMALL", block(return_(number(3))));
  s.add_route("", block(evaluate(s.route("BIG")), evaluate(s.route("SMALL"))));
  const std::string ir = ir_of(s.program);
  EXPECT_NE(ir.find("call i64 @route_BIG"), std::string::npos);
  EXPECT_EQ(ir.find("call i64 @route_SMALL"), std::string::npos);
}

}  // namespace
}  // namespace strowger::codegen::testing
