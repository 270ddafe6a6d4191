// Tests of conversions, comparisons and core conditions: semantics-verified.md with 64-bit integers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/operators.h"

#include "runtime/script/arguments.h"

#include <gtest/gtest.h>

#include <functional>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}

class OperatorsTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = run_script;
    world.start();
  }
  void run(std::function<void(Call&)> act, std::string_view uri = "sip:bob@127.0.0.1:5070") {
    g_script = &act;
    world.receive(test_request("INVITE", uri));
  }
  TestWorld world;
};

TEST_F(OperatorsTest, TextsBecomeNumbers) {
  struct Row {
    const char* text;
    Int number;
    bool warned;
  };
  const Row rows[] = {
      {"", 0, false}, {"12abc", 0, true}, {" 42", 0, true}, {"-17", -17, false}, {"+17", 17, false}, {"0x1F", 31, false},
      {"010", 10, false}, {"99999999999", 99999999999, false}, {"9223372036854775807", INT64_MAX, false},
      {"-9223372036854775808", INT64_MIN, false}, {"9223372036854775808", 0, true}, {"-", 0, true}, {"0x", 0, true},
      {"0xffffffffffffffff", -1, false},
  };
  run([&](Call& c) {
    for (const Row& row : rows) {
      world.log.lines.clear();
      EXPECT_EQ(Operators::text_to_int(&c, std::string_view(row.text)), row.number) << row.text;
      EXPECT_EQ(world.log.lines.size(), row.warned ? 1u : 0u) << row.text;
    }
    EXPECT_EQ(Operators::int_to_text(&c, INT64_MIN).view(), "-9223372036854775808");
    EXPECT_EQ(Operators::int_to_text(&c, 0).view(), "0");
    EXPECT_EQ(Operators::format_value(&c, Value::null()).view(), "<null>");
    EXPECT_EQ(Operators::format_value(&c, Value::failed()).view(), "");
  });
}

TEST_F(OperatorsTest, TheLeftSideDecides) {
  run([&](Call& c) {
    const auto num = [](Int n) { return Value::of(n); };
    const auto txt = [](Text t) { return Value::of(t); };
    EXPECT_EQ(Operators::add_any(&c, num(5), txt("7")).number(), 12);
    EXPECT_EQ(Operators::add_any(&c, txt("7"), num(5)).text().view(), "75");
    EXPECT_EQ(Operators::add_any(&c, Value::null(), num(1)).text().view(), "1");
    EXPECT_TRUE(Operators::eq_any(&c, num(5), txt("05")));
    EXPECT_FALSE(Operators::eq_any(&c, txt("05"), num(5)));
    EXPECT_TRUE(Operators::eq_any(&c, num(0), txt("abc")));
    EXPECT_FALSE(Operators::eq_any(&c, txt(""), num(0)));
    EXPECT_TRUE(Operators::eq_any(&c, Value::null(), num(0)));
    EXPECT_TRUE(Operators::eq_any(&c, Value::null(), txt("")));
    EXPECT_TRUE(Operators::eq_any(&c, Value::null(), Value::null()));
    EXPECT_TRUE(Operators::text_eq(Text(), ""));
    EXPECT_TRUE(Operators::text_ieq("AbC", "aBc"));
    const Text parts[] = {"ab", Text(), "c"};
    EXPECT_EQ(Operators::concat(&c, parts, 3, 0).view(), "abc");
    EXPECT_TRUE(Operators::concat(&c, parts, 3, 2).is_failed());
  });
}

TEST_F(OperatorsTest, PatternsOfTheScript) {
  run([&](Call& c) {
    EXPECT_EQ(Operators::match_dynamic(&c, "Hello World", "hello"), 1);
    EXPECT_EQ(Operators::match_dynamic(&c, "Hello", "^w"), 0);
    EXPECT_EQ(Operators::match_dynamic(&c, Text(), "^$"), 1);
    EXPECT_EQ(Operators::match_dynamic(&c, "x", "("), -1);
    EXPECT_EQ(world.log.lines.size(), 1u);
  });
}

TEST_F(OperatorsTest, WhatFunctionsGetAtRunTime) {
  run([&](Call& c) {
    EXPECT_EQ(Arguments::number(&c, Value::of(Int{7})), 7);
    EXPECT_EQ(Arguments::number(&c, Value::of(Text("480"))), 480);
    EXPECT_EQ(Arguments::number(&c, Value::of(Text("x"))), INT64_MIN);
    EXPECT_EQ(Arguments::number(&c, Value::null()), INT64_MIN);
    EXPECT_EQ(Operators::header_name(&c, Text()), nullptr);
    ASSERT_NE(Operators::header_name(&c, "f"), nullptr);
    EXPECT_EQ(Arguments::regex(&c, "("), nullptr);
    const Regex* const made = Arguments::regex(&c, "^B");
    ASSERT_NE(made, nullptr);
    EXPECT_TRUE(Operators::match(&c, made, "a\nb"));   // case does not count, ^ is at lines
    EXPECT_TRUE(Operators::match(&c, Arguments::regex(&c, Text()), "anything"));
  });
}

TEST_F(OperatorsTest, CoreConditions) {
  const auto word = [](ConditionWord w) { return static_cast<std::int32_t>(w); };
  run([&](Call& c) {
    EXPECT_EQ(Operators::condition_text(&c, word(ConditionWord::Method)).view(), "INVITE");
    EXPECT_EQ(Operators::condition_text(&c, word(ConditionWord::Uri)).view(), "sip:bob@127.0.0.1:5070");
    EXPECT_EQ(Operators::condition_text(&c, word(ConditionWord::SrcIp)).view(), "127.0.0.11");
    EXPECT_EQ(Operators::condition_int(&c, word(ConditionWord::SrcPort)), 5080);
    EXPECT_EQ(Operators::condition_int(&c, word(ConditionWord::DstPort)), 5070);
    EXPECT_EQ(Operators::condition_int(&c, word(ConditionWord::Af)), 2);
    EXPECT_EQ(Operators::condition_int(&c, word(ConditionWord::Proto)), 1);
    EXPECT_TRUE(Operators::condition_myself(&c, word(ConditionWord::Uri)));
    EXPECT_FALSE(Operators::condition_myself(&c, word(ConditionWord::FromUri)));
    EXPECT_TRUE(Operators::condition_myself(&c, word(ConditionWord::DstIp)));
    EXPECT_FALSE(Operators::condition_myself(&c, word(ConditionWord::SrcIp)));
    const NetworkConstant loopback{4, 8, {127}}, ten{4, 8, {10}};
    EXPECT_TRUE(Operators::condition_network(&c, word(ConditionWord::SrcIp), &loopback));
    EXPECT_FALSE(Operators::condition_network(&c, word(ConditionWord::SrcIp), &ten));
    EXPECT_TRUE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "127.0.0.11"));
    EXPECT_TRUE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "127.0.0.0/8"));
    EXPECT_TRUE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "127.0.0.0/255.0.0.0"));
    EXPECT_FALSE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "10.0.0.0/255.0.0.0"));
    EXPECT_FALSE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "known.test"));
    EXPECT_FALSE(Operators::condition_host(&c, word(ConditionWord::SrcIp), "[::1]"));
  });
}

TEST_F(OperatorsTest, RoutesAreCountedAndFound) {
  const RouteRef routes[] = {{"A", run_script, kRequestRoute, 1}, {"A", nullptr, kFailureRoute, 2}};
  world.image.routes = routes;
  world.image.route_count = 2;
  run([&](Call& c) {
    EXPECT_EQ(Operators::find_route(&c, "A"), run_script);
    EXPECT_EQ(Operators::find_route(&c, "B"), nullptr);
    EXPECT_TRUE(Operators::enter_route(&c, "A", 2));
    EXPECT_TRUE(Operators::enter_route(&c, "A", 2));
    EXPECT_FALSE(Operators::enter_route(&c, "A", 2));
    Operators::leave_route(&c);
    EXPECT_TRUE(Operators::enter_route(&c, "A", 2));
    Operators::division_by_zero(&c, 7);
    EXPECT_EQ(c.expression_error, 1);
  });
}

}  // namespace
}  // namespace strowger
