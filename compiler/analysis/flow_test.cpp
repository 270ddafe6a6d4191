// What flow analysis finds out about $var.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/analysis/flow_writes.h"
#include "compiler/analysis/script_for_tests.h"

namespace strowger::analysis {
namespace {

using program::Expr;
using program::Op;

/// What each read of $var(name) may hold, in the order of the routes: "int", "text", "null" and constants, joined by '|'.
std::string reads(const Analysed& script, const std::string& name) {
  std::string out;
  if (!script.program) return "refused: " + script.words();
  const program::Program& p = *script.program;
  for (const program::Route& route : p.routes)
    each_expr(route.body, [&](const Expr& e) {
      if (e.op != Op::Variable || e.use.key.text != name || program::slot_of(e.use) < 0) return;
      const program::Fact fact = program::fact_of(p, e);
      std::string one;
      const auto add = [&](const std::string& word) { one += (one.empty() ? "" : "|") + word; };
      if (fact.holds & program::kHoldsInt) add(fact.number ? std::to_string(*fact.number) : "int");
      if (fact.holds & program::kHoldsText) add("text");
      if (fact.holds & program::kHoldsNull) add("null");
      out += (out.empty() ? "" : " ") + one;
    });
  return out;
}

std::string reads(const std::string& body, const std::string& name = "x", const std::string& more = "") {
  return reads(*analyse_script(std::string(kLoadAll) + more + "\nrequest_route {\n" + body + "\n}\n"), name);
}

const program::SlotFact& slot(const Analysed& script, const std::string& name) {
  for (std::size_t i = 0; i < script.program->slots.size(); ++i)
    if (script.program->slots[i] == name) return script.program->slot_facts[i];
  static const program::SlotFact kNone;
  ADD_FAILURE() << "no slot " << name;
  return kNone;
}

TEST(Flow, FollowsAssignments) {
  EXPECT_EQ(reads("$var(x) = 1; $var(y) = $var(x);"), "1");
  EXPECT_EQ(reads("$var(x) = \"a\"; $var(y) = $var(x);"), "text");
  EXPECT_EQ(reads("$var(x) = $ml; $var(y) = $var(x);"), "int");
  EXPECT_EQ(reads("$var(x) = 2 * 3; $var(x) = $var(x) + 4; $var(y) = $var(x);"), "6 int");
  EXPECT_EQ(reads("$var(x) = $avp(a); $var(y) = $var(x);"), "int|text");
  EXPECT_EQ(reads("$vn(x) = $avp(a); $var(y) = $vn(x);"), "int|text|null");
}

TEST(Flow, NullIsZeroInVarAndNullInVn) {
  EXPECT_EQ(reads("$var(x) = $null; $var(y) = $var(x);"), "int");
  EXPECT_EQ(reads("$vn(x) = $null; $var(y) = $vn(x);"), "null");
  EXPECT_EQ(reads("$var(x) = $rU; $var(y) = $var(x);"), "int|text");
}

TEST(Flow, JoinsBranches) {
  EXPECT_EQ(reads("$var(x) = 1; if ($ml > 5) $var(x) = \"a\"; $var(y) = $var(x);"), "int|text");
  EXPECT_EQ(reads("if ($ml > 5) $var(x) = 1; else $var(x) = 1; $var(y) = $var(x);"), "1");
  EXPECT_EQ(reads("$var(x) = 1; if ($ml > 5) { $var(x) = \"a\"; exit; } $var(y) = $var(x);"), "1");
  EXPECT_EQ(reads("switch ($ml) { case 1: $var(x) = \"a\"; break; case 2: $var(x) = 3; break; default: $var(x) = 3; } "
                  "$var(y) = $var(x);"),
            "int|text");
}

TEST(Flow, LoopsForgetConstants) {
  EXPECT_EQ(reads("$var(x) = 0; while ($var(x) < 5) { $var(x) = $var(x) + 1; } $var(y) = $var(x);"), "int int int");
  EXPECT_EQ(reads("$var(x) = 0; while ($ml < 5) { $var(y) = $var(x); $var(x) = \"a\"; }"), "int|text");
}

TEST(Flow, ARunStartsWithWhatAnyRunLeft) {
  EXPECT_EQ(reads("$var(y) = $var(x);"), "0");
  EXPECT_EQ(reads("$var(y) = $var(x); $var(x) = 5;"), "int");
  EXPECT_EQ(reads("$var(y) = $var(x); $var(x) = \"a\";"), "int|text");
  EXPECT_EQ(reads("$var(y) = $var(x);", "x", "modparam(\"pv\", \"varset\", \"x=s:abc\")"), "int|text");
}

TEST(Flow, GoesThroughCallsOfRoutes) {
  const char* const script =
      "request_route { $var(x) = \"a\"; $var(k) = 1; route(A); $var(y) = $var(x); $var(z) = $var(k); }\n"
      "route[A] { if ($ml > 3) return; $var(x) = 7; }\n";
  const auto analysed = analyse_script(std::string(kLoadAll) + script);
  EXPECT_EQ(reads(*analysed, "x"), "int|text");
  EXPECT_EQ(reads(*analysed, "k"), "1");
  EXPECT_FALSE(slot(*analysed, "var:x").persists);
}

TEST(Flow, ARouteThatAlwaysExitsDoesNotComeBack) {
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = 1; if ($ml > 3) { $var(x) = \"a\"; route(E); } $var(y) = $var(x); }\n"
                                       "route[E] { exit; }\n");
  EXPECT_EQ(reads(*analysed, "x"), "1");
}

TEST(Flow, RecursionSettles) {
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = 1; route(R); }\n"
                                       "route[R] { $var(y) = $var(x); if ($ml > 3) { $var(x) = \"a\"; route(R); } }\n");
  EXPECT_EQ(reads(*analysed, "x"), "int|text");
}

// A call beyond max_recursive_level is not made: what was there before stays.
TEST(Flow, ARecursiveCallMayBeRefused) {
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = \"a\"; route(R); $var(y) = $var(x); }\n"
                                       "route[R] { if ($ml > 3) { $var(x) = \"b\"; route(R); $var(z) = $var(x); } $var(x) = 1; }\n");
  EXPECT_EQ(reads(*analysed, "x"), "int|text int|text");
}

TEST(Flow, ANameMadeAtRunTimeMayBeAnyRoute) {
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = 1; route($rU); $var(y) = $var(x); }\n"
                                       "route[R] { $var(x) = \"a\"; }\n");
  EXPECT_EQ(reads(*analysed, "x"), "int|text");
}

TEST(Flow, AFunctionMayRunABranchRoute) {
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = 1; t_relay(); $var(y) = $var(x); }\n"
                                       "branch_route[B] { $var(x) = \"a\"; }\n");
  EXPECT_EQ(reads(*analysed, "x"), "int|text");
  EXPECT_TRUE(slot(*analysed, "var:x").persists);
}

TEST(Flow, AFunctionOfACalledRouteMayRunABranchRoute) {
  const std::string routes = "route[R] { t_relay(); }\nbranch_route[B] { $var(x) = \"a\"; }\n";
  const auto analysed = analyse_script(std::string(kLoadAll) +
                                       "request_route { $var(x) = 1; route(R); $var(y) = $var(x); }\n" + routes);
  EXPECT_EQ(reads(*analysed, "x"), "int|text");
  EXPECT_TRUE(slot(*analysed, "var:x").persists);
  const auto by_name = analyse_script(std::string(kLoadAll) +
                                      "request_route { $var(x) = 1; route($rU); $var(y) = $var(x); }\n" + routes);
  EXPECT_EQ(reads(*by_name, "x"), "int|text");
}

TEST(Flow, AVariableByReferenceMayBecomeAnything) {
  EXPECT_EQ(reads("$var(x) = 1; pv_isset(\"$var(x)\"); $var(y) = $var(x);"), "int|text");
}

TEST(Flow, WhatAParameterNamesIsKeptAtTheEndOfEveryRun) {
  const auto analysed = analyse_script(std::string(kLoadAll) + "loadmodule \"registrar.so\"\n"
                                       "modparam(\"registrar\", \"received_avp\", \"$var(x)\")\n"
                                       "request_route { $var(y) = $var(x); }\n");
  EXPECT_EQ(analysed->program->routes[0].kept.size(), 1u);
}

TEST(Flow, WrittenBeforeReadNeedsNoPersistence) {
  const auto local = analyse_script(std::string(kLoadAll) + "request_route { $var(x) = $rU; $var(y) = $var(x); }\n");
  EXPECT_FALSE(slot(*local, "var:x").persists);
  EXPECT_TRUE(local->program->routes[0].kept.empty());
  const auto across = analyse_script(std::string(kLoadAll) + "request_route { $var(y) = $var(x); $var(x) = $rU; }\n");
  EXPECT_TRUE(slot(*across, "var:x").persists);
  EXPECT_EQ(across->program->routes[0].kept.size(), 1u);
  const auto handed = analyse_script(std::string(kLoadAll) +
                                     "request_route { $var(x) = $rU; t_on_failure(\"F\"); t_relay(); }\n"
                                     "failure_route[F] { $var(y) = $var(x); }\n");
  EXPECT_TRUE(slot(*handed, "var:x").persists);
}

TEST(Flow, ADivisionThatFailsLeavesTheOldValue) {
  EXPECT_EQ(reads("$var(x) = \"a\"; $var(x) = 10 / $ml; $var(y) = $var(x);"), "int|text");
}

TEST(Flow, ConditionsThatAreNotEvaluatedDoNotAssign) {
  EXPECT_EQ(reads("$var(x) = 1; if ($ml > 3 && ($var(x) = \"a\")) { ; } $var(y) = $var(x);"), "int|text");
}

}  // namespace
}  // namespace strowger::analysis
