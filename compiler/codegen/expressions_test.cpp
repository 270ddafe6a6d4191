// Operators: language.md 5 with 64-bit integers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/codegen/script_for_tests.h"

namespace strowger::codegen::testing {
namespace {

using modules::ArgKind;
using modules::Type;

struct Expressions : ::testing::Test {
  /// `a` and `b` come from variables, so that nothing is folded away before codegen.
  Int binary(Op op, Int a, Int b) {
    Script s;
    Call call;
    call.ints["a"] = a;
    call.ints["b"] = b;
    s.add_route("", block(s.set("int", "r", int_op(op, s.variable("int", "a"), s.variable("int", "b")))));
    s.run(call);
    return call.ints["r"];
  }
  Int value(Script& s, Call& call, ExprPtr e) {
    s.add_route("", block(s.set("int", "r", std::move(e))));
    s.run(call);
    return call.ints["r"];
  }
  std::string text_value(Script& s, Call& call, ExprPtr e) {
    s.add_route("", block(s.set("text", "r", std::move(e))));
    s.run(call);
    return call.texts.count("r") ? call.texts["r"] : "<absent>";
  }
};

TEST_F(Expressions, Arithmetic) {
  EXPECT_EQ(binary(Op::Add, 2147483647, 1), 2147483648);
  EXPECT_EQ(binary(Op::Sub, 2, 5), -3);
  EXPECT_EQ(binary(Op::Mul, -4, 5), -20);
  EXPECT_EQ(binary(Op::Div, -7, 2), -3);
  EXPECT_EQ(binary(Op::Mod, -7, 2), -1);
  EXPECT_EQ(binary(Op::Div, INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(binary(Op::Mod, INT64_MIN, -1), 0);
  EXPECT_EQ(binary(Op::Shl, 1, 65), 2);
  EXPECT_EQ(binary(Op::Shr, -8, 1), -4);
  EXPECT_EQ(binary(Op::BitAnd, 6, 3), 2);
  EXPECT_EQ(binary(Op::BitOr, 6, 3), 7);
  EXPECT_EQ(binary(Op::BitXor, 6, 3), 5);
}
TEST_F(Expressions, Comparisons) {
  EXPECT_EQ(binary(Op::Lt, -1, 0), 1);
  EXPECT_EQ(binary(Op::Gt, -1, 0), 0);
  EXPECT_EQ(binary(Op::Le, 3, 3), 1);
  EXPECT_EQ(binary(Op::Ge, 2, 3), 0);
  EXPECT_EQ(binary(Op::EqInt, 3, 3), 1);
  EXPECT_EQ(binary(Op::NeInt, 3, 3), 0);
}
TEST_F(Expressions, LogicTestsNotZeroAndShortCircuits) {
  EXPECT_EQ(binary(Op::And, -1, 2), 1);
  EXPECT_EQ(binary(Op::Or, 0, -2), 1);
  EXPECT_EQ(binary(Op::Or, 0, 0), 0);
  Script s;
  Call call;
  ExprPtr assign = int_op(Op::Assign, number(1));
  assign->use = s.use("int", "touched");
  EXPECT_EQ(value(s, call, int_op(Op::And, s.variable("int", "zero"), std::move(assign))), 0);
  EXPECT_EQ(call.ints.count("touched"), 0u);
}
TEST_F(Expressions, Unary) {
  Script s;
  Call call;
  call.ints["a"] = 5;
  EXPECT_EQ(value(s, call, int_op(Op::Not, s.variable("int", "a"))), 0);
  Script t;
  EXPECT_EQ(value(t, call, int_op(Op::BitNot, t.variable("int", "a"))), -6);
  Script u;
  EXPECT_EQ(value(u, call, int_op(Op::Negate, u.variable("int", "a"))), -5);
}
TEST_F(Expressions, TruthIsAboveZero) {
  EXPECT_EQ(binary(Op::Sub, 0, 1), -1);
  Script s;
  Call call;
  call.ints["a"] = -1;
  EXPECT_EQ(value(s, call, int_op(Op::Truth, s.variable("int", "a"))), 0);
}

TEST_F(Expressions, TextsEqualConstantsOfEveryLength) {
  const std::string alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@[`{-_.!~*";
  for (std::size_t n = 0; n <= 70; ++n) {
    const std::string word = alphabet.substr(0, n);
    Script s;
    s.add_route("", block(s.set("int", "r", int_op(Op::EqText, s.variable("text", "t"), text(word))),
                          s.set("int", "i", int_op(Op::EqTextNoCase, s.variable("text", "t"), text(word)))));
    const auto equal = [&](const std::string& t) {
      Call call;
      call.texts["t"] = t;
      s.run(call);
      return std::pair(call.ints["r"], call.ints["i"]);
    };
    EXPECT_EQ(equal(word), std::pair(Int{1}, Int{1})) << n;
    EXPECT_EQ(equal(word + "x"), std::pair(Int{0}, Int{0})) << n;
    for (std::size_t at = 0; at < n; ++at) {
      std::string other = word;
      other[at] = static_cast<char>(other[at] ^ 0x20);
      EXPECT_EQ(equal(other), std::pair(Int{0}, Int{std::isalpha(static_cast<unsigned char>(word[at])) ? 1 : 0})) << n << " " << at;
    }
  }
}
TEST_F(Expressions, NullEqualsTheEmptyText) {
  for (const char* name : {"absent", "failed"}) {
    Script s;
    Call call;
    EXPECT_EQ(value(s, call, int_op(Op::EqText, s.variable("text", name), text(""))), 1);
    Script t;
    EXPECT_EQ(value(t, call, int_op(Op::EqText, t.variable("text", name), text("x"))), 0);
    Script u;
    EXPECT_EQ(value(u, call, int_op(Op::StrLen, u.variable("text", name))), 0);
    Script v;
    EXPECT_EQ(value(v, call, int_op(Op::StrEmpty, v.variable("text", name))), 1);
    Script w;
    EXPECT_EQ(value(w, call, int_op(Op::Defined, op(Op::ToAny, Type::Any, w.variable("text", name)))), 0);
  }
}
TEST_F(Expressions, TwoTextsAreComparedByTheRuntime) {
  Script s;
  Call call;
  call.texts["a"] = "Same";
  call.texts["b"] = "sAME";
  EXPECT_EQ(value(s, call, int_op(Op::EqTextNoCase, s.variable("text", "a"), s.variable("text", "b"))), 1);
  Script t;
  EXPECT_EQ(value(t, call, int_op(Op::NeText, t.variable("text", "a"), t.variable("text", "b"))), 1);
}
TEST_F(Expressions, FormatsPrintNullAndNothingForFailed) {
  Script s;
  Call call;
  ExprPtr e = op(Op::Concat, Type::Text, text("["), s.variable("text", "absent"), text("|"), s.variable("text", "failed"), text("|"),
                 s.variable("int", "n"), text("|"), s.variable("any", "absent"), text("]"), number(7));
  e->format = true;
  call.ints["n"] = -5;
  EXPECT_EQ(text_value(s, call, std::move(e)), "[<null>||-5|<null>]7");
}
TEST_F(Expressions, JoiningTakesNullAsEmpty) {
  Script s;
  Call call;
  EXPECT_EQ(text_value(s, call, op(Op::Concat, Type::Text, text("a"), s.variable("text", "absent"), s.variable("any", "absent"))), "a");
}
TEST_F(Expressions, ConstantsAreFoldedIntoOneText) {
  Script s;
  Call call;
  EXPECT_EQ(text_value(s, call, op(Op::Concat, Type::Text, text("a"), number(1), text(""), text("b"))), "a1b");
  EXPECT_TRUE(call.arena.empty());
}
TEST_F(Expressions, ValuesAreTaggedAndUntagged) {
  Script s;
  Call call;
  call.values["t"] = Value::of(Text("12"));
  call.values["i"] = Value::of(Int{30});
  EXPECT_EQ(value(s, call, int_op(Op::Add, int_op(Op::ToInt, s.variable("any", "t")), int_op(Op::ToInt, s.variable("any", "i")))), 42);
  Script t;
  EXPECT_EQ(text_value(t, call, op(Op::AddAny, Type::Any, t.variable("any", "t"), t.variable("any", "i"))), "1230");
  Script u;
  EXPECT_EQ(value(u, call, op(Op::EqAny, Type::Int, u.variable("any", "i"), op(Op::ToAny, Type::Any, text("30")))), 1);
  Script v;
  EXPECT_EQ(value(v, call, int_op(Op::Defined, v.variable("any", "none"))), 0);
}
TEST_F(Expressions, OnlyTheChosenBranchIsEvaluated) {
  Script s;
  Call call;
  ExprPtr touch = int_op(Op::Assign, number(1));
  touch->use = s.use("int", "touched");
  EXPECT_EQ(value(s, call, int_op(Op::SelVal, s.variable("int", "zero"), std::move(touch), number(9))), 9);
  EXPECT_EQ(call.ints.count("touched"), 0u);
  Script t;
  EXPECT_EQ(text_value(t, call, op(Op::SelVal, Type::Text, number(1), text("yes"), t.variable("text", "absent"))), "yes");
}
TEST_F(Expressions, MatchesConstantAndDynamicPatterns) {
  Script s;
  Call call;
  call.texts["t"] = "sip:alice@x";
  s.program.regexes.push_back({"^sip:[a-z]+@", true, false});
  ExprPtr match = int_op(Op::Match, s.variable("text", "t"));
  EXPECT_EQ(value(s, call, std::move(match)), 1);
  Script t;
  EXPECT_EQ(value(t, call, int_op(Op::MatchDynamic, t.variable("text", "t"), text("bob"))), 0);
  Script u;
  call.ints["r"] = 77;
  EXPECT_EQ(value(u, call, int_op(Op::MatchDynamic, u.variable("text", "t"), text("("))), 77);  // not assigned
}
TEST_F(Expressions, PatternsAreCodeThatNeedsNoRuntime) {
  struct Row { const char* pattern; bool ignore_case, newline; const char* subject; Int expected; };
  const Row rows[] = {
      {"^sip:", false, false, "sip:a", 1},      {"^sip:", false, false, "xsip:a", 0},  {"^sip:", true, false, "SIP:", 1},
      {"^[0-9]+$", false, false, "0815", 1},    {"^[0-9]+$", false, false, "08a5", 0}, {"^[0-9]+$", false, false, "", 0},
      {"^\\+?[0-9]{3,20}$", false, false, "+4930", 1}, {"^\\+?[0-9]{3,20}$", false, false, "12", 0},
      {"(foo|wor)", true, false, "Hello World", 1}, {"\\bWorld", true, false, "HelloWorld", 0}, {"", false, false, "", 1},
      {"^b$", false, true, "a\nb\nc", 1},       {"^b$", false, false, "a\nb\nc", 0}, {"\\.com$", false, false, "x.com", 1},
  };
  for (const Row& row : rows) {
    Script s;
    Call call;
    call.texts["t"] = row.subject;
    s.program.regexes.push_back({row.pattern, row.ignore_case, row.newline});
    EXPECT_EQ(value(s, call, int_op(Op::Match, s.variable("text", "t"))), row.expected) << row.pattern << " on " << row.subject;
    EXPECT_EQ(call.script->regex_count, 0u);
    EXPECT_EQ(call.script->compile_regex, nullptr);
  }
}
TEST_F(Expressions, CoreConditions) {
  Script s;
  Call call;
  ExprPtr method = op(Op::ConditionText, Type::Text);
  EXPECT_EQ(value(s, call, int_op(Op::EqTextNoCase, std::move(method), text("invite"))), 1);
  Script t;
  ExprPtr port = op(Op::ConditionInt, Type::Int);
  port->word = syntax::CoreWord::SrcPort;
  EXPECT_EQ(value(t, call, std::move(port)), 900);
  Script u;
  ExprPtr myself = op(Op::Myself, Type::Int);
  myself->word = syntax::CoreWord::Uri;
  EXPECT_EQ(value(u, call, std::move(myself)), 1);
  Script v;
  ExprPtr net = op(Op::InNetwork, Type::Int);
  net->word = syntax::CoreWord::SrcIp;
  net->network.address[0] = 10;
  net->network.prefix = 8;
  EXPECT_EQ(value(v, call, std::move(net)), 1);
  EXPECT_EQ(call.log.back(), "5 in 4:10/8");
}
TEST_F(Expressions, IndexesArriveAsWritten) {
  Script s;
  Call call;
  const auto with = [&](program::VariableUse::IndexKind kind, Int index) {
    ExprPtr e = s.variable("list", "l");
    e->use.index_kind = kind;
    e->use.index = index;
    if (kind == program::VariableUse::IndexKind::Dynamic) e->use.index_value = s.variable("int", "i");
    return e;
  };
  using Kind = program::VariableUse::IndexKind;
  call.ints["i"] = 3;
  ExprPtr all = op(Op::Concat, Type::Text, with(Kind::None, 0), with(Kind::All, 0), with(Kind::Number, -2), with(Kind::Dynamic, 0));
  EXPECT_EQ(text_value(s, call, std::move(all)), "l[]l[*]-23");
}
TEST_F(Expressions, ABlockIsTheCodeOfItsLastAction) {
  Script s;
  Call call;
  ExprPtr e = int_op(Op::Block);
  e->body = block(s.set("int", "x", number(5)));
  EXPECT_EQ(value(s, call, std::move(e)), 1);
  EXPECT_EQ(call.ints["x"], 5);
}

TEST_F(Expressions, AChoiceOfNothingIsAnEmptyText) {
  Script s;
  Call call;
  ExprPtr e = op(Op::SelVal, Type::Text, s.variable("int", "zero"), text("yes"), s.variable("text", "absent"));
  EXPECT_EQ(value(s, call, op(Op::Defined, Type::Int, op(Op::ToAny, Type::Any, std::move(e)))), 1);
  Script t;
  ExprPtr any = op(Op::SelVal, Type::Any, t.variable("int", "zero"), t.variable("any", "a"), t.variable("any", "b"));
  EXPECT_EQ(value(t, call, op(Op::Defined, Type::Int, std::move(any))), 1);
  Script n;
  ExprPtr nullable = op(Op::SelVal, Type::Text, n.variable("int", "zero"), text("yes"), n.variable("text", "absent"));
  nullable->nullable = true;
  EXPECT_EQ(value(n, call, op(Op::Defined, Type::Int, op(Op::ToAny, Type::Any, std::move(nullable)))), 0);
}

Text doubled(Call* c, Value v) { return c->keep(std::string(v.text().view()) + std::string(v.text().view())); }

TEST_F(Expressions, ATransformationOfNothingIsNothing) {
  modules::Transformation t;
  t.symbol = "stw.test.doubled";
  Script s;
  Call call;
  s.symbols["stw.test.doubled"] = address(doubled);
  const auto of = [&](const char* name) {
    ExprPtr e = op(Op::Transform, Type::Text, op(Op::ToAny, Type::Any, s.variable("text", name)));
    e->transformation = &t;
    e->nullable = true;
    return e;
  };
  call.texts["a"] = "x";
  ExprPtr all = op(Op::Concat, Type::Text, of("a"), of("absent"), of("failed"));
  all->format = true;
  EXPECT_EQ(text_value(s, call, std::move(all)), "xx");  // both fail: nothing is printed
}

Text cut(Call* c, Value v, Int from, Text) { return c->keep(std::string(v.text().view().substr(static_cast<std::size_t>(from)))); }

TEST_F(Expressions, AVariableAsArgumentOfATransformationMustBeAnIntOrATextThatIsNotEmpty) {
  modules::Transformation t;
  t.symbol = "stw.test.cut";
  t.args = {{"from", modules::ArgKind::Int, false}, {"what", modules::ArgKind::String, false}};
  const auto defined = [&](const char* number, const char* what) {
    Script s;
    Call call;
    s.symbols["stw.test.cut"] = address(cut);
    call.texts["in"] = "abc";
    call.texts["full"] = "x";
    call.texts["empty"] = "";
    call.values["number"] = Value::of(Int{1});
    call.values["text"] = Value::of(Text("1"));
    ExprPtr e = op(Op::Transform, Type::Text, op(Op::ToAny, Type::Any, s.variable("text", "in")));
    e->transformation = &t;
    e->nullable = true;
    e->operands.resize(2);
    e->operands[0].kind = modules::ArgKind::Int;
    e->operands[0].value = s.variable("any", number);
    e->operands[1].kind = modules::ArgKind::String;
    e->operands[1].value = s.variable("text", what);
    return value(s, call, op(Op::Defined, Type::Int, op(Op::ToAny, Type::Any, std::move(e))));
  };
  EXPECT_EQ(defined("number", "full"), 1);
  EXPECT_EQ(defined("text", "full"), 0);
  EXPECT_EQ(defined("absent", "full"), 0);
  EXPECT_EQ(defined("number", "empty"), 0);
  EXPECT_EQ(defined("number", "absent"), 0);
}

}  // namespace
}  // namespace strowger::codegen::testing
