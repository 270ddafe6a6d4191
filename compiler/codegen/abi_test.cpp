// The border to C++: arguments in registers and on the stack arrive as clang expects them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::ArgKind;

Code fits(Call* c, Int n, Text a, Text b) {
  c->log.push_back(std::to_string(n) + std::string(a.view()) + std::string(b.view()));
  return 1;
}
// The third Text finds one register and goes to the stack; the number behind it takes that register.
Code spills(Call* c, Text a, Text b, Text d, Int n, Text e) {
  c->log.push_back(std::string(a.view()) + std::string(b.view()) + std::string(d.view()) + std::to_string(n) +
                   std::string(e.view()));
  return -7;
}
Code many(Call* c, Int a, Int b, Int d, Int e, Text t, Int f, Int g) {
  c->log.push_back(std::to_string(a) + std::to_string(b) + std::to_string(d) + std::to_string(e) + std::string(t.view()) +
                   std::to_string(f) + std::to_string(g));
  return 1;
}
Text joined(Call* c, Value in, Text a, Int n, Text b) {
  return c->keep(std::string(in.text().view()) + std::string(a.view()) + std::to_string(n) + std::string(b.view()));
}

TEST(Abi, TextsThatFitTravelInRegisters) {
  Script s;
  s.function("fits", {ArgKind::Int, ArgKind::String, ArgKind::String});
  s.symbols["stw.test.fits"] = address(fits);
  s.add_route("", block(evaluate(s.call("fits", number(1), text("a"), text("b")))));
  Call call;
  EXPECT_EQ(s.run(call), 1);
  EXPECT_EQ(call.log, std::vector<std::string>{"1ab"});
}

TEST(Abi, ATextThatFindsOneRegisterGoesToTheStackAsAWhole) {
  for (const int level : {0, 2}) {
    Script s;
    s.level = level;
    s.function("spills", {ArgKind::String, ArgKind::String, ArgKind::String, ArgKind::Int, ArgKind::String});
    s.symbols["stw.test.spills"] = address(spills);
    s.add_route("", block(evaluate(s.call("spills", text("a"), text("b"), text("c"), number(42), text("e")))));
    Call call;
    EXPECT_EQ(s.run(call), -7);
    EXPECT_EQ(call.log, std::vector<std::string>{"abc42e"});
  }
}

TEST(Abi, ScalarsUseWhatTheTextLeft) {
  Script s;
  s.function("many", {ArgKind::Int, ArgKind::Int, ArgKind::Int, ArgKind::Int, ArgKind::String, ArgKind::Int, ArgKind::Int});
  s.symbols["stw.test.many"] = address(many);
  s.add_route("", block(evaluate(s.call("many", number(1), number(2), number(3), number(4), text("x"), number(5), number(6)))));
  Call call;
  EXPECT_EQ(s.run(call), 1);
  EXPECT_EQ(call.log, std::vector<std::string>{"1234x56"});
}

TEST(Abi, TransformationsTakeAValueAndSpillTexts) {
  Script s;
  modules::Transformation t;
  t.args = {{"a", ArgKind::String, false}, {"n", ArgKind::Int, false}, {"b", ArgKind::String, false}};
  t.symbol = "stw.test.joined";
  s.symbols["stw.test.joined"] = address(joined);
  ExprPtr e = op(Op::Transform, modules::Type::Text, op(Op::ToAny, modules::Type::Any, text("in")));
  e->transformation = &t;
  for (const char* word : {"a", "", "b"}) {
    program::Operand o;
    o.text = word;
    o.number = 9;
    e->operands.push_back(std::move(o));
  }
  s.add_route("", block(s.set("text", "x", std::move(e))));
  Call call;
  EXPECT_EQ(s.run(call), 1);
  EXPECT_EQ(call.texts["x"], "ina9b");
}

}  // namespace
}  // namespace strowger::codegen::testing
