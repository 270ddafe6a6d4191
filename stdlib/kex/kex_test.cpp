// Tests of kex: flags, $du, is_myself(), pv_printf(), log level.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <functional>

#include "kex.interface.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}
std::string g_variable;
Value get_variable(Call*) { return Value::of(Text(std::string_view(g_variable))); }
Code set_variable(Call*, Value value) {
  g_variable = value.text().view();
  return 1;
}

TEST(Kex, AnswersAsKamailioDoes) {
  TestWorld world;
  world.image.request_route = run_script;
  world.start();
  std::function<void(Call&)> act = [&](Call& c) {
    EXPECT_EQ(Kex::setbflag(c, 3), 1);
    EXPECT_EQ(Kex::isbflagset(c, 3), 1);
    EXPECT_EQ(Kex::isbflagset(c, 3, 1), -1);
    EXPECT_EQ(Kex::setbflag(c, 3, 1), -1);        // there is no such branch
    c.live->add_branch(*c.arena, {.uri = "sip:a@b"}, 11);
    EXPECT_EQ(Kex::setbflag(c, 3, 1), 1);
    EXPECT_EQ(c.live->branches[0].flags, 8u);
    EXPECT_EQ(Kex::setbflag(c, 33), -1);
    EXPECT_EQ(Kex::setbflag(c, -1), -1);
    EXPECT_EQ(Kex::resetbflag(c, 3), 1);
    EXPECT_EQ(Kex::isbflagset(c, 3), -1);
    EXPECT_EQ(Kex::setsflag(c, 40), -1);
    EXPECT_EQ(Kex::setsflag(c, 7), 1);
    EXPECT_EQ(c.live->script_flags, 128u);
    EXPECT_EQ(Kex::setdsturi(c, "junk"), 1);
    EXPECT_EQ(Kex::isdsturiset(c), 1);
    EXPECT_EQ(Kex::setdsturi(c, ""), 1);
    EXPECT_EQ(Kex::isdsturiset(c), -1);
    EXPECT_EQ(Kex::resetdsturi(c), 1);
    EXPECT_EQ(Kex::is_myself(c, "sip:127.0.0.1:5070"), 1);
    EXPECT_EQ(Kex::is_myself(c, "127.0.0.1"), 1);
    EXPECT_EQ(Kex::is_myself(c, "sip:127.0.0.1"), 1);
    EXPECT_EQ(Kex::is_myself(c, "127.0.0.1:5070"), -1);
    EXPECT_EQ(Kex::is_myself(c, "sip:x@127.0.0.1:1"), -1);
    EXPECT_EQ(Kex::is_myself(c, "foo"), -1);
    EXPECT_EQ(Kex::is_myself(c, "sips:127.0.0.1"), 1);
    EXPECT_EQ(Kex::is_myself(c, "sip:127.0.0.1;transport=tls"), -1);
    EXPECT_EQ(Kex::is_myself(c, "sips:127.0.0.1:5070;transport=udp"), 1);
    EXPECT_EQ(Kex::is_myself(c, "sips:127.0.0.1:5070;transport=tcp"), -1);
    const VariableRef writable{get_variable, set_variable, "$var(x)"}, fixed{get_variable, nullptr, "$ci"};
    EXPECT_EQ(Kex::pv_printf(c, writable, "text"), 1);
    EXPECT_EQ(g_variable, "text");
    EXPECT_EQ(Kex::pv_printf(c, fixed, "text"), -1);
    EXPECT_FALSE(c.worker->logs(LogLevel::Debug));
    EXPECT_EQ(Kex::setdebug(c, 3), 1);
    EXPECT_TRUE(c.worker->logs(LogLevel::Debug));
    EXPECT_EQ(Kex::resetdebug(c), 1);
    EXPECT_FALSE(c.worker->logs(LogLevel::Debug));
    EXPECT_NE(Kex::get_sruid(c).view(), Kex::get_sruid(c).view());
    EXPECT_TRUE(Kex::get_sruid(c).view().starts_with("srid-"));
  };
  g_script = &act;
  world.receive(test_request("OPTIONS", "sip:x@y"));
}

}  // namespace
}  // namespace strowger
