// $var: loads and stores by the kinds that flow analysis found, and what is kept when a run ends.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::Type;
using program::kHoldsAny;
using program::kHoldsInt;
using program::kHoldsText;

struct Slots : ::testing::Test {
  Script s;
  Call call;

  void slot(std::uint8_t holds) {
    s.program.slots.push_back("var:" + std::to_string(s.program.slots.size()));
    s.program.slot_facts.push_back({holds, false, false, false});
  }
  ExprPtr read(const std::string& name, std::uint8_t holds) {
    ExprPtr e = s.variable("var", name);
    s.program.facts[e.get()] = {holds, {}};
    return e;
  }
  /// The route's IR, before optimisation, without what calls of the runtime declare.
  std::string ir() {
    GenerateOptions options;
    options.level = 0;
    const Generated made = generate(s.program, options, Emit::LlvmIr);
    EXPECT_EQ(made.error, "");
    const std::size_t from = made.llvm_ir.find("@request_route(ptr");
    return made.llvm_ir.substr(from, made.llvm_ir.find("\n}", from) - from);
  }
  static bool calls(const std::string& ir, const std::string& symbol) {
    return ir.find("@" + symbol + "(") != std::string::npos;
  }
};

TEST_F(Slots, ASumOfIntegersIsOneInstruction) {
  slot(kHoldsInt);
  slot(kHoldsInt);
  ExprPtr sum = op(Op::AddAny, Type::Any, read("0", kHoldsInt), op(Op::ToAny, Type::Any, read("1", kHoldsInt)));
  s.program.facts[sum.get()] = {kHoldsInt, {}};
  s.add_route("", block(s.set("var", "0", std::move(sum))));
  const std::string code = ir();
  EXPECT_NE(code.find("add i64"), std::string::npos) << code;
  EXPECT_FALSE(calls(code, "stw.rt.add_any")) << code;
  EXPECT_FALSE(calls(code, "stw.rt.assign_any")) << code;
  call.slots[0] = Value::of(Int{40});
  call.slots[1] = Value::of(Int{2});
  s.run(call);
  EXPECT_EQ(call.slots[0].number(), 42);
  EXPECT_TRUE(call.slots[0].is_int());
}

TEST_F(Slots, ATextIsComparedWithoutItsTag) {
  slot(kHoldsText);
  slot(kHoldsAny);
  ExprPtr same = op(Op::EqAny, Type::Int, read("0", kHoldsText), op(Op::ToAny, Type::Any, text("abc")));
  s.add_route("", block(s.set("var", "1", std::move(same))));
  const std::string code = ir();
  EXPECT_FALSE(calls(code, "stw.rt.eq_any")) << code;
  call.slots[0] = Value::of(Text("abc"));
  s.run(call);
  EXPECT_EQ(call.slots[1].number(), 1);
}

TEST_F(Slots, SumsOfSumsOfTextsAreOneJoin) {
  slot(kHoldsText);
  slot(kHoldsAny);
  const auto part = [&](std::string words) { return op(Op::ToAny, Type::Any, text(std::move(words))); };
  ExprPtr inner = op(Op::AddAny, Type::Any, read("0", kHoldsText), part("-b"));
  s.program.facts[inner.get()] = {kHoldsText, {}};
  ExprPtr sum = op(Op::AddAny, Type::Any, std::move(inner), part(",c"));
  s.program.facts[sum.get()] = {kHoldsText, {}};
  s.add_route("", block(s.set("var", "1", std::move(sum))));
  const std::string code = ir();
  EXPECT_EQ(code.find("stw.rt.append"), code.rfind("stw.rt.append")) << code;
  call.slots[0] = Value::of(Text("a"));
  s.run(call);
  EXPECT_EQ(call.slots[1].text().view(), "a-b,c");
}

TEST_F(Slots, AnyAgainstATextTakesTheShortWayForTexts) {
  slot(kHoldsAny);
  slot(kHoldsInt);
  const auto same = [&] { return op(Op::EqAny, Type::Int, read("0", kHoldsAny), op(Op::ToAny, Type::Any, text("7"))); };
  s.add_route("", block(s.set("var", "1", same())));
  call.slots[0] = Value::of(Text("7"));
  s.run(call);
  EXPECT_EQ(call.slots[1].number(), 1);
  call.slots[0] = Value::of(Int{7});
  s.run(call);
  EXPECT_EQ(call.slots[1].number(), 1);
  call.slots[0] = Value::of(Text("07"));
  s.run(call);
  EXPECT_EQ(call.slots[1].number(), 0);
}

TEST_F(Slots, AConstantTextStaysAView) {
  slot(kHoldsText);
  s.add_route("", block(s.set("var", "0", text("hello"))));
  s.run(call);
  EXPECT_EQ(call.slots[0].text().view(), "hello");
  EXPECT_TRUE(call.arena.empty());
}

TEST_F(Slots, WhatTheMessageHoldsIsCopied) {
  slot(kHoldsAny);
  ExprPtr value = s.variable("text", "t");
  value->nullable = false;
  s.add_route("", block(s.set("var", "0", std::move(value))));
  call.texts["t"] = "from the message";
  s.run(call);
  call.texts["t"] = "FROM THE MESSAGE";
  EXPECT_EQ(call.slots[0].text().view(), "from the message");
}

TEST_F(Slots, AFailedTextStoresZeroAndGivesMinusOne) {
  slot(kHoldsAny);
  ExprPtr joined = op(Op::Concat, Type::Text, s.variable("text", "t"));
  joined->limit = 3;
  joined->nullable = true;
  s.add_route("", block(s.set("var", "0", std::move(joined))));
  call.texts["t"] = "long";
  EXPECT_EQ(s.run(call), -1);
  EXPECT_TRUE(call.slots[0].is_int());
  EXPECT_EQ(call.slots[0].number(), 0);
}

TEST_F(Slots, AKnownNumberIsNotLoaded) {
  slot(kHoldsInt);
  slot(kHoldsInt);
  ExprPtr known = s.variable("var", "0");
  s.program.facts[known.get()] = {kHoldsInt, Int{7}};
  s.add_route("", block(s.set("var", "1", op(Op::AddAny, Type::Any, std::move(known), op(Op::ToAny, Type::Any, number(1))))));
  EXPECT_EQ(ir().find("load i64, ptr %slot"), std::string::npos);
  s.run(call);
  EXPECT_EQ(call.slots[1].number(), 8);
}

TEST_F(Slots, ARunKeepsWhatLaterOnesRead) {
  slot(kHoldsText);
  slot(kHoldsText);
  s.add_route("", block(s.set("var", "1", text("x"))));
  s.program.routes[0].kept = {1};
  s.run(call);
  EXPECT_EQ(call.kept, std::vector<std::uint32_t>{1});
}

}  // namespace
}  // namespace strowger::codegen::testing
