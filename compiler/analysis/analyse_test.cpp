// Whole scripts: modules, parameters, flags, routes and statements as the program has them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <map>

#include "compiler/analysis/script_for_tests.h"

namespace strowger::analysis {
namespace {

TEST(Analyse, PrintsAWholeScript) {
  const auto script = analyse_script(R"(#!KAMAILIO
children=4
log_prefix="{$rm} "
loadmodule "sl.so"
loadmodule "pv.so"
modparam("sl", "default_code", 503)
modparam("pv", "varset", "a=i:1")
modparam("pv", "varset", "b=s:x")
request_route {
    if ($rU == "bob") { route(DEEP); } else if ($ml > 5) exit;
    while ($var(i) < 3) { $var(i) = $var(i) + 1; if ($var(i) == 2) break; }
    switch ($rm) { case "INVITE": case /"^B": exit; default: drop; }
    ;
}
route[DEEP] { route("own name"); return -1; }
route["own name"] { route(DEEP); }
route[flat] { return; }
)");
  EXPECT_EQ(script->printed(), R"(module core
module sl
module pv
modparam sl.default_code 503
modparam pv.varset "a=i:1" "b=s:x"
global children 4
global log_prefix "{$rm} "
log_prefix (format "{" $rm "} ")
request_route
  if (eq-text $rU "bob")
    (call-route route_DEEP)
  else
    if (> $ml 5)
      exit
  while (< (to-int $var(slot:0)) 3)
    $var(slot:0) = (+any $var(slot:0) (to-any 1))
    if (eq-any $var(slot:0) (to-any 2))
      break
  switch $rm
  case "INVITE"
  case /^B/
    exit
  default
    drop
  ;
route_DEEP recursive
  (call-route route_own_name)
  return -1
route_own_name recursive
  (call-route route_DEEP)
route_flat
  return
)");
}

TEST(Analyse, DefaultsOfUnsetParametersAreThere) {
  const auto script = analyse_script("loadmodule \"sl\"\nrequest_route { exit; }\n");
  ASSERT_TRUE(script->program) << script->words();
  const auto& values = script->program->parameters;
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0].numbers, std::vector<Int>{500});
  EXPECT_FALSE(values[0].set_by_script);
  EXPECT_TRUE(values[2].is_null);
}

TEST(Analyse, ParametersOfManyModulesByPattern) {
  const auto script = analyse_script(
      "loadmodule \"tm\"\nloadmodule \"sl\"\nmodparam(\"t.\", \"fr_timer\", 7)\nrequest_route { exit; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_NE(script->printed().find("modparam tm.fr_timer 7"), std::string::npos);
}

TEST(Analyse, AParameterNamesAVariable) {
  const auto script = analyse_script(
      "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\n"
      "modparam(\"registrar\", \"received_avp\", \"$avp(RECEIVED)\")\nrequest_route { exit; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_NE(script->printed().find("-> $avp(\"RECEIVED\")"), std::string::npos) << script->printed();
}

/// Tables and files that functions name are there from the start: see `does preload` in docs/internals/modules.md.
TEST(Analyse, WhatFunctionsNameIsKnownAtStart) {
  const auto script = analyse_script(
      "loadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"usrloc\"\nloadmodule \"registrar\"\nloadmodule \"lists\"\n"
      "request_route { passes(\"a\"); passes(\"b\", \"c\"); passes(\"a\"); save(\"location\"); }\n");
  ASSERT_TRUE(script->program) << script->words();
  std::map<std::string, std::vector<std::string>> found;
  for (const program::ParameterValue& value : script->program->parameters)
    if (value.parameter->repeated) found[value.parameter->name] = value.texts;
  EXPECT_EQ(found["allow"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found["deny"], std::vector<std::string>{"c"});
  EXPECT_EQ(found["preload"], std::vector<std::string>{"location"});
}

TEST(Analyse, AParameterNamesAttributes) {
  const std::string load = "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\n";
  const auto script = analyse_script(
      load + "modparam(\"registrar\", \"noted\", \"user=$rU; len = $(rU{s.len});last=$var(x)\")\nrequest_route { $var(x) = $rU; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_NE(script->printed().find("user=$rU len="), std::string::npos) << script->printed();
  // Somebody outside of the routes reads $var(x): it outlives the run.
  EXPECT_TRUE(script->program->slot_facts.at(0).listed);
  EXPECT_FALSE(analyse_script(load + "request_route { $var(x) = $rU; }\n")->program->slot_facts.at(0).listed);
}

/// What a module without code would do by itself is missed in a program that is built, and only there.
TEST(Analyse, WorkOfModulesWithoutCodeIsMissed) {
  for (const char* script : {"loadmodule \"busy\"\nrequest_route { exit; }\n",
                             "loadmodule \"idle\"\nmodparam(\"idle\", \"enable\", 1)\nrequest_route { exit; }\n"}) {
    EXPECT_FALSE(analyse_script(script)->program) << script;
    EXPECT_TRUE(analyse_script(script, Purpose::Lint)->program) << script;
  }
  EXPECT_TRUE(analyse_script("loadmodule \"idle\"\nmodparam(\"idle\", \"enable\", 0)\nrequest_route { exit; }\n")->program);
}

TEST(Analyse, TextsOfTheRunTimeMayNameVariablesThatAreKnown) {
  const auto script = analyse_script(
      "loadmodule \"pv\"\nloadmodule \"textops\"\n"
      "request_route { $var(t) = $(rU{s.len}); if ($hdr(X) == \"\") exit; expand(\"$var(t)\"); }\n");
  ASSERT_TRUE(script->program) << script->words();
  std::string known;
  for (const auto& step : script->program->paths[script->program->known_variables].steps) {
    EXPECT_NE(step.variable, 0u);
    known += step.name + " ";
  }
  EXPECT_EQ(known, "$(rU{s.len}) $(ruri.user) $du $hdr(X) $ml $rU $rc $rm $ru $rz $si $var(t) ");
  EXPECT_TRUE(analyse_script("request_route { exit; }")->program->paths.empty());
}

TEST(Analyse, FlagsWithoutNumberTakeFreeOnes) {
  const auto script = analyse_script("flags A:31, B, C:5, D:1, E\nrequest_route { setflag(B); }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_EQ(script->program->flags.at("A"), 31);
  EXPECT_EQ(script->program->flags.at("B"), 0);
  EXPECT_EQ(script->program->flags.at("C"), 5);
  EXPECT_EQ(script->program->flags.at("D"), 1);
  EXPECT_EQ(script->program->flags.at("E"), 2);
}

TEST(Analyse, KeysAndWordsMustBeKnown) {
  const auto with = [](const std::string& statement) {
    return analyse_script("loadmodule \"pv\"\nloadmodule \"textops\"\nrequest_route { " + statement + " }\n")->program != nullptr;
  };
  EXPECT_TRUE(with("$var(a) = $time(sec);"));
  EXPECT_FALSE(with("$var(a) = $time(nope);"));
  EXPECT_TRUE(with("is_privacy(\"ID\");"));
  EXPECT_FALSE(with("is_privacy(\"all\");"));
  EXPECT_TRUE(with("set_gflag(\"31\");"));
  EXPECT_FALSE(with("set_gflag(\"32\");"));
  EXPECT_FALSE(with("set_gflag(\"$var(a)\");"));
  EXPECT_TRUE(with("is_method(\"invite|Bye\");"));
}

TEST(Analyse, JoinsRepeatedRequestRoutes) {
  const auto script = analyse_script("request_route { force_rport(); }\nroute[0] { exit; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_EQ(script->printed(), "module core\nrequest_route\n  (force_rport)\n  exit\n");
}

TEST(Analyse, CustomParametersAreConstants) {
  const auto script = analyse_script(
      "loadmodule \"pv\"\npstn.gw = \"192.0.2.1\" desc \"gateway\"\npstn.n = 5\n"
      "request_route { $var(a) = $sel(cfg_get.pstn.gw); $var(b) = @cfg_get.pstn.n + 1; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_NE(script->printed().find("$var(slot:0) = \"192.0.2.1\"\n  $var(slot:1) = \"51\""), std::string::npos)
      << script->printed();
}

TEST(Analyse, DefinesAreValuesOfDef) {
  const auto script = analyse_script(
      "#!define N 5\nloadmodule \"pv\"\nrequest_route { $var(a) = $def(N); $var(b) = $defn(N); $var(c) = $def(M); }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_NE(script->printed().find("= \"5\"\n  $var(slot:1) = 5\n  $var(slot:2) = null"), std::string::npos)
      << script->printed();
}

TEST(Analyse, IntLabelsReadTheSubjectAsInt) {
  EXPECT_EQ(lowered("switch ($rU) { case 2+3: exit; }"), "switch (to-int $rU)\n  case 5\n    exit");
  EXPECT_EQ(lowered("switch ($ml) { case \"5\": exit; }"), "switch (to-text $ml)\n  case \"5\"\n    exit");
}

TEST(Analyse, CallsByNameReachEveryRoute) {
  const auto script = analyse_script(
      "loadmodule \"pv\"\nrequest_route { route(A); }\nroute[A] { route($var(x)); }\nroute[B] { exit; }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_FALSE(script->program->routes[2].recursive);
  EXPECT_TRUE(script->program->routes[1].recursive);
}

TEST(Analyse, BranchFailureRoutesAreAKindOfTheirOwn) {
  const auto script = analyse_script(
      "loadmodule \"sl\"\nloadmodule \"tm\"\nrequest_route { exit; }\nevent_route[tm:branch-failure:a] { "
      "sl_send_reply(\"500\", \"x\"); }\n");
  ASSERT_TRUE(script->program) << script->words();
  EXPECT_EQ(script->program->routes[1].kind, kBranchFailureRoute);
  EXPECT_EQ(script->program->routes[1].symbol, "event_route_tm_branch_failure_a");
}

}  // namespace
}  // namespace strowger::analysis
