// Statements and return codes: language.md 4, and what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::ArgKind;
using modules::Type;
using Kind = Statement::Kind;

Code note(Call* c, Text words) {
  c->log.emplace_back(words.view());
  return 1;
}
Code code(Call*, Int n) { return static_cast<Code>(n); }
bool guard(Call*, Int level) { return level <= 2; }
Code guarded(Call* c, Int, Text words) { return note(c, words); }

struct Routes : ::testing::Test {
  Script s;
  Call call;
  Routes() {
    s.function("note", {ArgKind::String});
    s.function("code", {ArgKind::Int});
    s.function("verdict", {ArgKind::Int}, true);
    s.symbols = {{"stw.test.note", address(note)}, {"stw.test.code", address(code)}, {"stw.test.verdict", address(code)}};
  }
  StatementPtr say(std::string words) { return evaluate(s.call("note", text(std::move(words)))); }
  ExprPtr gives(Int n) { return s.call("code", number(n)); }
  ExprPtr division() { return int_op(Op::Div, number(1), s.variable("int", "zero")); }
  /// The code of a route with this body.
  Int code_of(program::Block body) {
    s.add_route("", std::move(body));
    return s.run(call);
  }
};

TEST_F(Routes, FallingOffTheEndGivesTheLastCode) { EXPECT_EQ(code_of(block(say("x"), evaluate(gives(-3)))), -3); }
TEST_F(Routes, AnAssignmentGivesOneWhateverItAssigned) { EXPECT_EQ(code_of(block(s.set("int", "i", number(0)))), 1); }
TEST_F(Routes, AConditionNotTakenGivesOne) {
  EXPECT_EQ(code_of(block(evaluate(gives(-3)), if_(number(0), block(evaluate(gives(-5)))))), 1);
}
TEST_F(Routes, IfTestsAboveZero) {
  EXPECT_EQ(code_of(block(if_(number(-1), block(evaluate(gives(5))), block(evaluate(gives(6)))))), 6);
}
TEST_F(Routes, ReturnLeavesWithItsValue) {
  EXPECT_EQ(code_of(block(if_(number(1), block(return_(number(7)))), say("never"))), 7);
  EXPECT_EQ(call.stop, 0);
  EXPECT_TRUE(call.log.empty());
}
TEST_F(Routes, ReturnZeroEndsTheScript) {
  s.add_route("A", block(return_(number(0))));
  EXPECT_EQ(code_of(block(evaluate(s.route("A")), say("never"))), 0);
  EXPECT_EQ(call.stop, 1);
  EXPECT_TRUE(call.log.empty());
}
TEST_F(Routes, ReturnOfAComputedZeroEndsTheScriptToo) {
  s.add_route("A", block(return_(s.variable("int", "zero"))));
  EXPECT_EQ(code_of(block(if_(int_op(Op::Truth, s.route("A")), block(say("a")), block(say("b"))))), 0);
  EXPECT_EQ(call.stop, 1);
  EXPECT_TRUE(call.log.empty());
}
TEST_F(Routes, ExitUnwindsFromAnyDepth) {
  s.add_route("B", block(while_(number(1), block(statement(Kind::Exit)))));
  s.add_route("A", block(if_(number(1), block(evaluate(s.route("B")))), say("never")));
  code_of(block(evaluate(s.route("A")), say("never")));
  EXPECT_EQ(call.stop, 1);
  EXPECT_EQ(call.dropped, 0);
  EXPECT_TRUE(call.log.empty());
}
TEST_F(Routes, DropMarksTheCall) {
  EXPECT_EQ(code_of(block(statement(Kind::Drop))), 0);
  EXPECT_EQ(call.stop, 1);
  EXPECT_EQ(call.dropped, 1);
}
TEST_F(Routes, AFunctionThatGivesZeroEndsTheScript) {
  EXPECT_EQ(code_of(block(if_(int_op(Op::Truth, s.call("verdict", number(0))), block(say("a")), block(say("b"))))), 0);
  EXPECT_EQ(call.stop, 1);
  EXPECT_TRUE(call.log.empty());
}
TEST_F(Routes, TheReturnCodeVariableKeepsTheRawCode) {
  s.add_route("A", block(return_(number(-4))));
  ExprPtr rc = op(Op::Variable, Type::Int);
  rc->use.written = "$rc";
  code_of(block(evaluate(s.route("A")), s.set("int", "i", number(1)), s.set("int", "seen", std::move(rc))));
  EXPECT_EQ(call.ints["seen"], -4);
  EXPECT_EQ(call.rc, -4);
}
TEST_F(Routes, ACallInAnExpressionStartsWithAnRcOfZero) {
  ExprPtr rc = op(Op::Variable, Type::Int);
  rc->use.written = "$rc";
  s.add_route("A", block(s.set("int", "seen", std::move(rc)), return_(number(1))));
  s.add_route("B", block(return_(number(-4))));
  code_of(block(evaluate(s.route("B")), s.set("int", "i", s.route("A"))));
  EXPECT_EQ(call.ints["seen"], 0);
}
TEST_F(Routes, ACallAsAStatementStartsWithTheRcBefore) {
  ExprPtr rc = op(Op::Variable, Type::Int);
  rc->use.written = "$rc";
  s.add_route("A", block(s.set("int", "seen", std::move(rc)), return_(number(1))));
  s.add_route("B", block(return_(number(-4))));
  code_of(block(evaluate(s.route("B")), evaluate(s.route("A"))));
  EXPECT_EQ(call.ints["seen"], -4);
}
TEST_F(Routes, BreakOutsideALoopEndsTheRouteWithZeroButNotTheScript) {
  s.add_route("A", block(if_(number(1), block(statement(Kind::Break))), say("never")));
  code_of(block(evaluate(s.route("A")), say("after")));
  EXPECT_EQ(call.stop, 0);
  EXPECT_EQ(call.log, std::vector<std::string>{"after"});
}
TEST_F(Routes, WhileLoopsOnAnythingButZeroUpToTheLimit) {
  auto loop = while_(number(-1), block(s.set("int", "i", int_op(Op::Add, s.variable("int", "i"), number(1)))));
  EXPECT_EQ(code_of(block(std::move(loop))), -1);
  EXPECT_EQ(call.ints["i"], 100);
  EXPECT_EQ(call.log, std::vector<std::string>{"loop limit"});
}
TEST_F(Routes, WithoutALimitALoopEndsByItsCondition) {
  s.program.max_while_loops = 0;
  code_of(block(while_(int_op(Op::Lt, s.variable("int", "i"), number(1000)),
                       block(s.set("int", "i", int_op(Op::Add, s.variable("int", "i"), number(1)))))));
  EXPECT_EQ(call.ints["i"], 1000);
}
TEST_F(Routes, AnEmptyStatementIsNoAction) {
  EXPECT_EQ(code_of(block(evaluate(gives(-3)), statement(Kind::Empty))), -3);
}
TEST_F(Routes, AConditionTakenWithoutActionsGivesOne) {
  EXPECT_EQ(code_of(block(evaluate(gives(-3)), if_(number(1), block(statement(Kind::Empty))))), 1);
}
TEST_F(Routes, BreakLeavesTheInnermostLoopWithCodeZero) {
  EXPECT_EQ(code_of(block(while_(number(1), block(say("x"), statement(Kind::Break), say("never"))))), 0);
  EXPECT_EQ(call.log, std::vector<std::string>{"x"});
  EXPECT_EQ(call.stop, 0);
}

program::SwitchCase label(program::SwitchCase::Kind kind, Int n, std::string t, program::Block body) {
  program::SwitchCase c;
  c.kind = kind;
  c.number = n;
  c.text = std::move(t);
  c.body = std::move(body);
  return c;
}
using Label = program::SwitchCase::Kind;

TEST_F(Routes, SwitchFallsThroughIntoDefault) {
  auto s1 = statement(Kind::Switch, s.variable("int", "i"));
  s1->cases.push_back(label(Label::Int, 1, "", block(say("one"))));
  s1->cases.push_back(label(Label::Default, 0, "", block(say("default"), statement(Kind::Break))));
  s1->cases.push_back(label(Label::Int, 2, "", block(say("two"))));
  s1->cases.push_back(label(Label::Int, 1, "", block(say("again"))));
  s.add_route("", block(std::move(s1)));
  const auto with = [&](Int i) {
    Call c;
    c.ints["i"] = i;
    const Int code = s.run(c);
    std::string all = std::to_string(code);
    for (const std::string& line : c.log) all += " " + line;
    return all;
  };
  EXPECT_EQ(with(1), "0 one default");
  EXPECT_EQ(with(2), "1 two again");
  EXPECT_EQ(with(9), "0 default");
}

TEST_F(Routes, SwitchOnTextComparesByLengthAndWords) {
  auto s1 = statement(Kind::Switch, s.variable("text", "t"));
  const char* words[] = {"INVITE", "ACK", "BYE", "REGISTER", "SUBSCRIBE", "a", "ab", "", "0123456789abcdef0", "INVITE"};
  for (const char* word : words)
    s1->cases.push_back(label(Label::Text, 0, word, block(say(std::string("<") + word + ">"), statement(Kind::Break))));
  s.program.regexes.push_back({"^X", false, false});
  s1->cases.push_back(label(Label::Regex, 0, "", block(say("regex"), statement(Kind::Break))));
  s1->cases.push_back(label(Label::Text, 0, "Xa", block(say("never"))));
  s.add_route("", block(std::move(s1)));
  const auto with = [&](const char* t) {
    Call c;
    if (t) c.texts["t"] = t;
    s.run(c);
    return c.log.empty() ? std::string("-") : c.log[0];
  };
  for (const char* word : words) EXPECT_EQ(with(word), std::string("<") + word + ">");
  EXPECT_EQ(with(nullptr), "<>");
  EXPECT_EQ(with("INVITe"), "-");
  EXPECT_EQ(with("BYe"), "-");
  EXPECT_EQ(with("0123456789abcdef1"), "-");
  EXPECT_EQ(with("Xa"), "regex");
}
TEST_F(Routes, ASwitchWithoutMatchGivesOne) {
  auto s1 = statement(Kind::Switch, number(3));
  s1->cases.push_back(label(Label::Int, 1, "", block(say("one"))));
  EXPECT_EQ(code_of(block(evaluate(gives(-2)), std::move(s1))), 1);
}

TEST_F(Routes, DivisionByZeroSkipsTheAssignmentAndGivesMinusOne) {
  call.ints["i"] = 5;
  EXPECT_EQ(code_of(block(s.set("int", "i", division()))), -1);
  EXPECT_EQ(call.ints["i"], 5);
  EXPECT_EQ(call.expression_error, 0);
}
TEST_F(Routes, DivisionByZeroInAConditionIsFalse) {
  EXPECT_EQ(code_of(block(if_(int_op(Op::Or, division(), number(1)), block(say("a")), block(say("b"))))), 1);
  EXPECT_EQ(call.log.back(), "b");
}
TEST_F(Routes, AReturnThatCannotBeEvaluatedGivesMinusFive) {
  EXPECT_EQ(code_of(block(return_(division()))), -5);
  EXPECT_EQ(call.stop, 0);
}
TEST_F(Routes, ALoopWhoseConditionFailsEnds) { EXPECT_EQ(code_of(block(while_(division(), block(say("never"))))), 1); }
TEST_F(Routes, ANestedAssignmentIsOneOrMinusOne) {
  ExprPtr good = int_op(Op::Assign, number(9));
  good->use = s.use("int", "a");
  ExprPtr bad = int_op(Op::Assign, division());
  bad->use = s.use("int", "b");
  code_of(block(s.set("int", "x", std::move(good)), s.set("int", "y", std::move(bad))));
  EXPECT_EQ(call.ints["x"], 1);
  EXPECT_EQ(call.ints["y"], -1);
  EXPECT_EQ(call.ints["a"], 9);
}
TEST_F(Routes, AFailedValueStoresNullAndLogs) {
  call.texts["t"] = "old";
  EXPECT_EQ(code_of(block(s.set("text", "t", s.variable("text", "failed")))), -1);
  EXPECT_EQ(call.texts.count("t"), 0u);
  EXPECT_EQ(call.log, std::vector<std::string>{"assignment failed"});
}
TEST_F(Routes, ARefusedAssignmentGivesMinusOne) { EXPECT_EQ(code_of(block(s.set("int", "refuses", number(1)))), -1); }

TEST_F(Routes, ARouteCalledByNameIsFoundAtRunTime) {
  s.add_route("A", block(return_(number(3))));
  code_of(block(s.set("int", "x", op(Op::CallRouteNamed, Type::Int, s.variable("text", "name"))),
                s.set("int", "y", op(Op::CallRouteNamed, Type::Int, text("none")))));
  EXPECT_EQ(call.ints["y"], -10);
  Call second;
  second.texts["name"] = "A";
  s.run(second);
  EXPECT_EQ(second.ints["x"], 3);
}
TEST_F(Routes, RecursionIsBounded) {
  s.program.max_recursive_level = 10;
  s.add_route("R", {}, true);
  s.add_route("R", block(s.set("int", "i", int_op(Op::Add, s.variable("int", "i"), number(1))), evaluate(s.route("R"))));
  code_of(block(evaluate(s.route("R"))));
  EXPECT_EQ(call.ints["i"], 10);
  EXPECT_EQ(call.depth, 0);
}
TEST_F(Routes, AGuardSkipsTheCallAndItsOtherArguments) {
  s.function("guarded", {ArgKind::Int, ArgKind::String});
  s.module.functions.back().guard = "enabled";
  s.symbols["stw.test.enabled"] = address(guard);
  s.symbols["stw.test.guarded"] = address(guarded);
  const auto argument = [&] {
    ExprPtr e = op(Op::ToText, Type::Text, gives(5));  // sets $rc when evaluated
    return e;
  };
  EXPECT_EQ(code_of(block(evaluate(s.call("guarded", number(2), text("on"))), evaluate(s.call("guarded", number(3), argument())))), 1);
  EXPECT_EQ(call.log, std::vector<std::string>{"on"});
  EXPECT_EQ(call.rc, 1);
}
TEST_F(Routes, AnOverlongFormatSkipsTheCall) {
  ExprPtr format = op(Op::Concat, Type::Text, text("123"), s.variable("text", "t"));
  format->limit = 5;
  s.add_route("", block(evaluate(s.call("note", std::move(format)))));
  call.texts["t"] = "45";
  EXPECT_EQ(s.run(call), 1);
  call.texts["t"] = "456";
  EXPECT_EQ(s.run(call), -1);
  EXPECT_EQ(call.log, std::vector<std::string>{"12345"});
}

}  // namespace

// A long block is emitted in parts: what ends the route ends it in whichever part it stands.
TEST_F(Routes, LongBlocksKeepTheirMeaning) {
  for (const std::size_t at : {std::size_t{3}, std::size_t{333}, std::size_t{999}}) {
    struct : Routes { void TestBody() override {} } fresh;
    program::Block body;
    for (std::size_t i = 0; i < 1000; ++i) {
      if (i == at) body.push_back(if_(number(1), block(return_(number(7)))));
      body.push_back(fresh.say(std::to_string(i)));
    }
    EXPECT_EQ(fresh.code_of(std::move(body)), 7);
    ASSERT_EQ(fresh.call.log.size(), at);
    for (std::size_t i = 0; i < at; ++i) EXPECT_EQ(fresh.call.log[i], std::to_string(i));
  }
}
TEST_F(Routes, LongBlocksWithinConditionsGiveTheLastCode) {
  program::Block inner;
  for (std::size_t i = 0; i < 500; ++i) inner.push_back(evaluate(gives(2)));
  inner.push_back(evaluate(gives(-9)));
  EXPECT_EQ(code_of(block(if_(number(1), std::move(inner)))), -9);
}
TEST_F(Routes, LongBodiesOfLoopsAreLeftByBreak) {
  program::Block inner;
  inner.push_back(statement(Kind::Break));
  for (std::size_t i = 0; i < 500; ++i) inner.push_back(say("never"));
  EXPECT_EQ(code_of(block(while_(number(1), std::move(inner)), say("behind"))), 1);
  EXPECT_EQ(call.log.size(), 1u);
}

}  // namespace strowger::codegen::testing
