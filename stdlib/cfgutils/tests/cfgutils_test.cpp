// cfgutils: chance, flags, locks, hashes, routes by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cfgutils.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

Int day_route(Call*) { return 7; }

class CfgutilsTest : public ScriptCall {
 protected:
  RouteRef day{Text("DAY"), day_route, kRequestRoute, 1};
  void SetUp() override {
    ModuleImage module;
    module.name = Text("cfgutils");
    module.start = Cfgutils::start;
    module.stop = Cfgutils::stop;
    world.modules = {module};
    world.image.routes = &day;
    world.image.route_count = 1;
    load(test_request("OPTIONS", "sip:x@y"));
  }
};

TEST_F(CfgutilsTest, FlagsChanceAndRoutes) {
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), -1);
  EXPECT_EQ(Cfgutils::set_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::reset_gflag(call, 3), 1);
  EXPECT_EQ(Cfgutils::is_gflag(call, 3), -1);
  EXPECT_EQ(Cfgutils::set_gflag(call, 32), -1);
  EXPECT_EQ(Cfgutils::rand_get_prob(call), 10);
  EXPECT_EQ(Cfgutils::rand_set_prob(call, 101), -1);
  Cfgutils::rand_set_prob(call, 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Cfgutils::rand_event(call), -1);
  Cfgutils::rand_set_prob(call, 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Cfgutils::rand_event(call), 1);
  EXPECT_EQ(Cfgutils::check_route_exists(call, "DAY"), 1);
  EXPECT_EQ(Cfgutils::check_route_exists(call, "NOON"), -1);
  EXPECT_EQ(Cfgutils::route_if_exists(call, "DAY"), 7);
  EXPECT_EQ(Cfgutils::route_if_exists(call, "NOON"), -1);
  EXPECT_EQ(Cfgutils::lock(call, "x"), -1) << "lock_set_size is 0";
  EXPECT_NE(Cfgutils::get_RANDOM(call), Cfgutils::get_RANDOM(call));
}

}  // namespace
}  // namespace strowger::testing
