// Tests of avpops: what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "avpops.interface.h"
#include "runtime/script/operators.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}
Value user(Call*) { return Value::of(Text("bob")); }

/// "$avp(x)/g" as the compiler would hand it over.
class Fields {
 public:
  Fields(std::string_view text) {                 // NOLINT: implicit on purpose
    while (true) {
      const std::string_view piece = text.substr(0, text.find('/'));
      PathStep& step = steps_.emplace_back();
      if (piece.starts_with('$')) step.index_variable = &variables_.emplace_back(user, nullptr, Text(piece));
      else step.name = Text(piece);
      if (piece.size() == text.size()) break;
      text.remove_prefix(piece.size() + 1);
    }
    path_ = {steps_.data(), steps_.size()};
  }
  operator const Path&() const { return path_; }  // NOLINT: implicit on purpose

 private:
  std::deque<VariableRef> variables_;
  std::vector<PathStep> steps_;
  Path path_;
};
Fields operator""_f(const char* text, std::size_t length) { return Fields({text, length}); }

class Avpops : public testing::Test {
 protected:
  void run(std::function<void(Call&)> act) {
    g_script = &act;
    world.image.request_route = run_script;
    world.start();
    world.receive(test_request("OPTIONS", "sip:alice@sip.test:5070"));
  }
  /// All values of an attribute, the newest first.
  static std::string values(Call& call, std::string_view name) {
    std::string out;
    for (const Avp* avp = call.avps->first; avp; avp = avp->next)
      if (avp->name.view() == name)
        out.append(out.empty() ? "" : " ").append(Operators::value_to_text(&call, avp->value).view());
    return out;
  }
  static void push(Call& call, Text name, std::initializer_list<Value> values) {
    for (const Value value : values) call.avps->push(name, false, value);
  }
  TestWorld world;
};

Value number(Int n) { return Value::of(n); }
Value text(std::string_view t) { return Value::of(Text(t)); }

TEST_F(Avpops, CopiesAndDeletes) {
  run([](Call& c) {
    push(c, "m", {number(1), number(2), number(3)});
    EXPECT_EQ(strowger::Avpops::avp_copy(c, "$avp(m)"_f, "$avp(c)"_f), 1);
    EXPECT_EQ(values(c, "c"), "3");
    EXPECT_EQ(strowger::Avpops::avp_copy(c, "$avp(m)"_f, "$avp(d)/gd"_f), 1);
    EXPECT_EQ(values(c, "d"), "1 2 3");
    EXPECT_EQ(values(c, "m"), "");
    EXPECT_EQ(strowger::Avpops::avp_copy(c, "$avp(m)"_f, "$avp(c)"_f), -1);
    EXPECT_EQ(strowger::Avpops::avp_copy(c, "$avp(c)"_f, "$avp(s)/s"_f), 1);
    EXPECT_EQ(strowger::Avpops::is_avp_set(c, "$avp(s)/s"_f), 1);
    EXPECT_EQ(strowger::Avpops::is_avp_set(c, "$avp(s)/n"_f), -1);
    push(c, "h", {text("hello")});
    EXPECT_EQ(strowger::Avpops::avp_copy(c, "$avp(h)"_f, "$avp(n)/n"_f), -1);
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "$avp(d)"_f), 1);
    EXPECT_EQ(values(c, "d"), "2 3");
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "$avp(d)/g"_f), 1);
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "$avp(d)"_f), -1);
    c.avps->push("7", true, number(7));
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "i"_f), 1);
    EXPECT_EQ(strowger::Avpops::is_avp_set(c, "$avp(i:7)"_f), -1);
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "*"_f), 1);
    EXPECT_EQ(c.avps->first, nullptr);
    push(c, "e", {text("")});
    EXPECT_EQ(strowger::Avpops::is_avp_set(c, "$avp(e)/e"_f), 1);
    EXPECT_EQ(strowger::Avpops::avp_delete(c, "$var(x)"_f), -1);
  });
}

TEST_F(Avpops, Compares) {
  run([](Call& c) {
    push(c, "c", {number(1), number(2), number(3)});
    push(c, "s", {text("hello")});
    push(c, "w", {number(4), text("w"), number(0)});
    push(c, "m", {text("text"), number(1)});
    struct Row { std::string_view what, how; Code code; };
    const Row rows[] = {
        {"$avp(c)", "eq/i:3", 1},       {"$avp(c)", "eq/i:0x3", 1},   {"$avp(c)", "eq/i:2", -1},     {"$avp(c)", "eq/i:2/g", 1},
        {"$avp(c)", "eq/i:9/g", -1},    {"$avp(c)", "ne/i:3/g", 1},   {"$avp(c)", "gt/i:2", 1},      {"$avp(c)", "gt/i:-2", 1},     {"$avp(c)", "and/i:2", 1},
        {"$avp(c)", "and/i:4", -1},     {"$avp(c)", "xor/i:3", -1},   {"$avp(c)", "or/i:0", 1},      {"$avp(c)", "eq/3", -1},
        {"$avp(s)", "eq/hello", 1},     {"$avp(s)", "eq/s:HELLO", -1}, {"$avp(s)", "eq/HELLO/i", 1}, {"$avp(s)", "gt/ABC", 1}, {"$avp(s)", "lt/Jelly", 1}, {"$avp(s)", "EQ/hello", 1}, {"$fn", "ne/x", 1}, {"$avp(c)", "lt/$avp(w)", 1}, {"$avp(c)", "eq/$avp(w)/g", -1}, {"$avp(m)", "eq/text/g", -1},
        {"$avp(s)", "re/^he", 1},       {"$avp(s)", "re/^HE", 1},   {"$avp(s)", "fm/h?l*", 1},     {"$avp(s)", "fm/HE*/i", -1},
        {"$avp(s)", "and/x", -1},       {"$avp(x)", "ne/i:1", -1},    {"$avp(s)", "eq/$avp(x)", -1}, {"$avp(s)", "re/$avp(s)", 1},
        {"$rU", "eq/$rU", 1},           {"$rU", "eq/bob", 1},         {"$rU", "re/^b.b$", 1},        {"$avp(s)", "huh/x", -1},
        {"$avp(s)", "eq", -1},
    };
    for (const Row& row : rows)
      EXPECT_EQ(strowger::Avpops::avp_check(c, Fields(row.what), Fields(row.how)), row.code) << row.what << " " << row.how;
  });
}

TEST_F(Avpops, Computes) {
  run([](Call& c) {
    push(c, "n", {number(12)});
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(n)"_f, "add/i:3"_f), 1);
    EXPECT_EQ(values(c, "n"), "15 12");
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(n)/$avp(r)"_f, "mod/i:4"_f), 1);
    EXPECT_EQ(values(c, "r"), "0 3");
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(n)/$avp(q)"_f, "div/i:0"_f), 1);
    EXPECT_EQ(values(c, "q"), "0 0");
    push(c, "low", {number(INT64_MIN)});
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(low)"_f, Fields("div/$avp(minus)")), -1);
    push(c, "minus", {number(-1)});
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(n)/$avp(t)"_f, "mul/i:2/d"_f), 1);
    EXPECT_EQ(values(c, "n"), "");
    EXPECT_EQ(values(c, "t"), "24 30");
    push(c, "two", {number(5), number(7)});
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(two)/$avp(sums)"_f, "ADD/$avp(two)"_f), 1);
    EXPECT_EQ(values(c, "sums"), "17 12 19 14");
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(two)"_f, "add/$avp(two)"_f), 1);
    EXPECT_EQ(values(c, "two"), "50 45 38 24 19 14 7 5");
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(two)"_f, "add/$avp(two)"_f), 1);
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(two)"_f, "add/$avp(two)"_f), -1);   // bounded
    push(c, "s", {text("x")});
    EXPECT_EQ(strowger::Avpops::avp_op(c, "$avp(s)"_f, "add/i:3"_f), -1);
  });
}

TEST_F(Avpops, PushesIntoTheRequest) {
  run([](Call& c) {
    push(c, "u", {text("carol")});
    push(c, "b", {text("sip:b1@x"), text("sip:b2@x")});
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$ru/username"_f, "$avp(u)"_f), 1);
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$ru/domain"_f, "$avp(u)"_f), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:carol@carol:5070");
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$du"_f, "$avp(b)"_f), 1);
    EXPECT_EQ(c.live->dst_uri.view(), "sip:b2@x");
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$br"_f, "$avp(b)"_f), 1);
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$br"_f, "$avp(b)/g"_f), 1);
    EXPECT_EQ(c.live->branch_count, 3);
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$du"_f, "$avp(b)/g"_f), 1);
    EXPECT_EQ(c.live->dst_uri.view(), "sip:b1@x");
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$ru"_f, "$avp(b)/g"_f), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:b1@x");
    EXPECT_EQ(c.live->branches[3].uri.view(), "sip:b2@x");
    push(c, "n", {number(5)});
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$du"_f, "$avp(n)"_f), -1);
    push(c, "none", {text("")});
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$du"_f, "$avp(none)"_f), 1);
    EXPECT_TRUE(c.live->dst_uri.is_null());
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$ru"_f, "$avp(nope)"_f), -1);
    EXPECT_EQ(strowger::Avpops::avp_pushto(c, "$ru/port"_f, "$avp(u)"_f), -1);
  });
}

TEST_F(Avpops, SubstitutionsMadeAtRunTime) {
  run([](Call& c) {
    const VariableRef name{user, nullptr, "$rU"};
    const PathStep steps[] = {{"$rU", kNoIndex, &name}};
    const Path known{steps, 1};
    const auto substituted = [&](std::string_view expression) {
      c.avps->remove_all("a", false);
      push(c, "a", {text("test")});
      return strowger::Avpops::avp_subst_pv(c, "$avp(a)"_f, Text(expression), known);
    };
    EXPECT_EQ(substituted("/(t)e/[\\1$rU\\0]/"), 1);
    EXPECT_EQ(values(c, "a"), "[tbobte]st");
    EXPECT_EQ(substituted("#T#\\$rU\\t-\\9##gi"), -3);
    EXPECT_EQ(substituted("#T#\\$rU\\t-\\9#gi"), 1);
    EXPECT_EQ(values(c, "a"), "$rU\t-es$rU\t-");
    EXPECT_EQ(substituted("/x/y/"), -1);
    for (const char* faulty : {"", "abc", "/a", "/a/b", "/(/b/", "/t/$xyz/", "/t/\\"}) EXPECT_EQ(substituted(faulty), -3) << faulty;
    EXPECT_EQ(values(c, "a"), "test");
  });
}

}  // namespace
}  // namespace strowger
