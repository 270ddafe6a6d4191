// Lint checks: a script that must fire and one that must not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/lint.h"

#include <gtest/gtest.h>

#include "compiler/analysis/script_for_tests.h"
#include "compiler/lint/effects.h"

namespace strowger::lint {
namespace {

struct Row {
  const char* codes;
  const char* script;
};

class Checks : public testing::TestWithParam<Row> {};

TEST_P(Checks, Find) {
  const auto script =
      analysis::analyse_script(std::string(analysis::kLoadAll) + GetParam().script, analysis::Purpose::Lint);
  ASSERT_TRUE(script->program) << script->words();
  check(*script->program, script->findings);
  // Only the rules of this table: others have something to say about scripts this small.
  std::string codes;
  for (const diagnostics::Finding& f : script->findings.all())
    if (std::string_view("I0124 W0213 W0301 W0309 W0310").find(f.code) != std::string_view::npos)
      codes += (codes.empty() ? "" : " ") + f.code;
  EXPECT_EQ(codes, GetParam().codes) << script->words();
}

const Row kRows[] = {
    {"I0124", "request_route { exit; } route[DEAD] { exit; }"},
    {"", "request_route { route(A); } route[A] { exit; }"},
    {"", "request_route { route(\"A\" + $rU); } route[AB] { exit; }"},
    {"", "request_route { t_on_failure(\"F\"); t_relay(); } failure_route[F] { exit; }"},
    {"I0124", "request_route { exit; } failure_route[F] { exit; }"},
    {"W0213", "request_route { if ($var(a) = 1) exit; }"},
    {"", "request_route { if ($var(a) == 1) exit; }"},
    {"W0301", "request_route { exit; t_relay(); t_relay(); }"},
    {"W0301", "request_route { if ($rU == \"a\") exit; else drop; t_relay(); }"},
    {"", "request_route { if ($rU == \"a\") exit; t_relay(); }"},
    {"", "request_route { switch ($rm) { case \"A\": exit; break; default: exit; } }"},
    {"W0309", "request_route { if ($rU == \"a\") break; t_relay(); }"},
    {"", "request_route { while ($var(i) < 3) { if ($rU == \"a\") break; $var(i) = 3; } }"},
    {"W0310", "request_route { if (route(A)) exit; } route[A] { return 0; }"},
    {"W0310", "request_route { return(0); }"},
    {"W0301", "request_route { route(A); t_relay(); } route[A] { exit; }"},
    {"", "request_route { route(A); t_relay(); } route[A] { if ($rU == \"a\") exit; }"},
};
INSTANTIATE_TEST_SUITE_P(Rows, Checks, testing::ValuesIn(kRows));

TEST(Index, NamesVariablesBehindTransformations) {
  const auto script = analysis::analyse_script(std::string(analysis::kLoadAll) +
                                                   "request_route { if (pv_isset(\"$(var(x){s.len})\")) exit; later(\"$(sht($var(y)){s.len})\"); }\n",
                                               analysis::Purpose::Lint);
  ASSERT_TRUE(script->program) << script->words();
  check(*script->program, script->findings);  // must not fall over what names no variable
}

TEST(Effects, EveryWordOfEveryModuleMeansSomething) {
  text::Sources sources;
  diagnostics::Findings findings;
  const modules::ModuleSet set = modules::ModuleSet::load({}, sources, findings);
  EXPECT_FALSE(findings.has_errors());
  for (const modules::ModuleInterface* module : set.all())
    for (const modules::Function& function : module->functions)
      for (const std::string& word : function.does) {
        Effects effects;
        EXPECT_TRUE(add_effect(word, effects)) << module->name << "." << function.name << ": " << word;
      }
}

TEST(Effects, AreWhatTheClauseSays) {
  modules::Function relay;
  relay.does = {"relay", "relay_tried", "relayed?", "clears_edited"};
  const Effects effects = effects_of(relay);
  EXPECT_EQ(effects.traits, kRelays);
  EXPECT_EQ(effects.always, kRelayTried);
  EXPECT_EQ(effects.when_true, kRelayed);
  EXPECT_EQ(effects.clears, kEdited);
  Effects none;
  EXPECT_FALSE(add_effect("relais", none));
}

}  // namespace
}  // namespace strowger::lint
