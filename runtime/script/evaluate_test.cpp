// Tests of texts that are expanded at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/evaluate.h"

#include <gtest/gtest.h>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

Value dotted(Call*) { return Value::of(Text("dot")); }
Value user(Call*) { return Value::of(Text("bob")); }
Value port(Call*) { return Value::of(Int{5060}); }
Value nothing(Call*) { return Value::null(); }

std::string g_seen;
Int run(Call* call) {
  const VariableRef variables[] = {{dotted, nullptr, {}}, {port, nullptr, {}}, {nothing, nullptr, {}}, {user, nullptr, {}}, {user, nullptr, {}}};
  const PathStep steps[] = {{"$(err.class)", kNoIndex, &variables[0]}, {"$(rU{s.len})", kNoIndex, &variables[1]},
                            {"$du", kNoIndex, &variables[2]}, {"$rU", kNoIndex, &variables[3]}, {"$var(x)", kNoIndex, &variables[4]}};
  const Path known{steps, 5};
  const auto of = [&](std::string_view text) {
    const std::optional<Text> out = evaluated(*call, Text(text), known);
    return out ? std::string(out->view()) : std::string("refused");
  };
  g_seen.clear();
  for (const std::string_view text : {"", "plain", "$rU", "<$rU>", "$(rU)x", "$(rU{s.len})", "$err.class", "$$rU", "a$$$$b", "$du", "$var(x)!", "$(var(x))"})
    g_seen += of(text) + "|";
  for (const std::string_view text : {"$nosuch", "$rUx", "$du.", "$", "$ ", "$rU$", "$( x", "$var(x", "$var(y)", "$()", "$(", "x$(rU"}) {
    EXPECT_EQ(of(text), "refused") << text;
  }
  std::string many;
  for (int i = 0; i < 64; ++i) many += "$rU";
  EXPECT_EQ(of(many).size(), 192u);
  EXPECT_EQ(of(many + "$rU"), "refused");
  return 1;
}

TEST(Evaluate, ExpandsWhatItKnowsAndRefusesTheRest) {
  TestWorld world;
  world.image.request_route = run;
  world.start();
  world.receive(test_request("OPTIONS", "sip:bob@sip.test"));
  EXPECT_EQ(g_seen, "|plain|bob|<bob>|bobx|5060|dot|$rU|a$$b|<null>|bob!|bob|");
}

}  // namespace
}  // namespace strowger
