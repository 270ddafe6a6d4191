// Tests of xlog: levels, prefixes, limits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <functional>

#include "runtime/script/test_world.h"
#include "xlog.interface.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}
int g_evaluated = 0;                              // how often log_prefix was
Text prefix(Call* call) {
  ++g_evaluated;
  call->expression_error = 1;                     // must not reach the script
  return "{1 INVITE} ";
}

class XlogTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = run_script;
    g_evaluated = 0;
  }
  void run(std::function<void(Call&)> act) {
    g_script = &act;
    world.receive(test_request("INVITE", "sip:x@y"));
  }
  TestWorld world;
};

TEST_F(XlogTest, LinesHaveLevelAndPrefix) {
  world.start();
  run([](Call& c) {
    c.line = 34;
    EXPECT_EQ(Xlog::xlog(c, "default"), 1);
    EXPECT_EQ(Xlog::xlog(c, 2, "info\n"), 1);
    EXPECT_EQ(Xlog::xlogl(c, 2, "with the line"), 1);
    EXPECT_EQ(Xlog::xlog(c, "LOG_LOCAL1", 3, "hidden"), 1);
    EXPECT_EQ(Xlog::xlogm(c, 2, "two\nlines\n"), 1);    // methods_filter names every method by default
    EXPECT_EQ(Xlog::xalert(c, Text::null()), 1);
  });
  EXPECT_EQ(world.log.lines, std::vector<std::string>({"ERROR: <script>: default", "INFO: <script>: info",
                                                       "INFO: <script>: 34:with the line", "ALERT: <script>: <null>"}));
}

TEST_F(XlogTest, LevelsAreAskedBefore) {
  world.start(2);
  run([](Call& c) {
    EXPECT_TRUE(Xlog::is_logged(c, 2));
    EXPECT_FALSE(Xlog::is_logged(c, 3));
    EXPECT_TRUE(Xlog::is_logged(c, -9));           // as an alert
    EXPECT_FALSE(Xlog::is_logged(c, INT64_MIN));   // a variable that is no int
    EXPECT_TRUE(Xlog::logs_alert(c));
    c.worker->debug_override = -5;                 // setdebug()
    EXPECT_FALSE(Xlog::logs_err(c));
    EXPECT_TRUE(Xlog::logs_alert(c));
  });
}

TEST_F(XlogTest, LogPrefixIsEvaluatedOncePerMessage) {
  world.image.log_prefix = prefix;
  world.start();
  run([](Call& c) {
    Xlog::xinfo(c, "a");
    Xlog::xinfo(c, "b");
    EXPECT_EQ(c.expression_error, 0);
  });
  EXPECT_EQ(world.log.lines, std::vector<std::string>({"INFO: {1 INVITE} <script>: a", "INFO: {1 INVITE} <script>: b"}));
  EXPECT_EQ(g_evaluated, 1);
}

TEST_F(XlogTest, ATextThatIsTooLongIsRefused) {
  world.start();
  const std::string text(5000, 'x'), fits(4000, 'y');
  run([&](Call& c) {
    EXPECT_EQ(Xlog::xinfo(c, std::string_view(text)), -1);
    EXPECT_EQ(Xlog::xinfo(c, std::string_view(fits)), 1);
    EXPECT_EQ(Xlog::xinfo(c, Text::failed()), -1);
  });
  ASSERT_EQ(world.log.lines.size(), 2u);
  EXPECT_EQ(world.log.lines[1], "INFO: <script>: " + fits);
}

}  // namespace
}  // namespace strowger
