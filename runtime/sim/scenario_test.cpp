// Scenarios: what is read, and what is said about lines that are none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/scenario.h"

#include <gtest/gtest.h>

namespace strowger::sim {
namespace {

using Kind = ScenarioStep::Kind;

constexpr const char* kHead = "script {\n    request_route { drop; }\n}\nagent alice 192.0.2.10\n";

/// The fault of one line behind kHead; "" when it has none.
std::string fault_of(const std::string& line) {
  const Scenario scenario = parse_scenario(kHead + line + "\n");
  if (scenario.faults.empty()) return "";
  EXPECT_EQ(scenario.faults.size(), 1u);
  EXPECT_EQ(scenario.faults[0].line, 5u);
  return scenario.faults[0].words;
}

TEST(Scenario, ScriptKeepsItsLineNumbers) {
  const Scenario scenario = parse_scenario("# why\nscript {\n    request_route {\n        drop;\n    }\n}\n");
  EXPECT_TRUE(scenario.faults.empty());
  EXPECT_EQ(scenario.script, "\n\n    request_route {\n        drop;\n    }\n");
}

TEST(Scenario, ReadsSteps) {
  const Scenario scenario = parse_scenario(std::string(kHead) +
                                           "alice sends INVITE sip:bob@example.org as call to 192.0.2.1:5070\n"
                                           "    X-A: 1\n"
                                           "    Contact absent\n"
                                           "    | v=0\n"
                                           "alice gets 4xx INVITE as busy within 1.5s after 500ms\n"
                                           "    Via[2]: *example*\n"
                                           "alice sends ACK for busy\n"
                                           "alice sends call again\n"
                                           "alice sends BYE in busy\n"
                                           "alice gets OPTIONS as ping\n"
                                           "alice replies 200 All Fine to ping\n"
                                           "alice gets nothing for 3m\n"
                                           "network loss 10% latency 20ms\n"
                                           "log has \"two words\"\n"
                                           "nothing more\n");
  ASSERT_TRUE(scenario.faults.empty()) << scenario.faults[0].line << ": " << scenario.faults[0].words;
  ASSERT_EQ(scenario.steps.size(), 11u);
  const ScenarioStep& call = scenario.steps[0];
  EXPECT_EQ(call.kind, Kind::Send);
  EXPECT_EQ(call.uri, "sip:bob@example.org");
  EXPECT_EQ(call.name, "call");
  EXPECT_EQ(call.to, "192.0.2.1:5070");
  ASSERT_EQ(call.lines.size(), 3u);
  EXPECT_EQ(call.lines[0].name + "=" + call.lines[0].value, "X-A=1");
  EXPECT_TRUE(call.lines[1].absent);
  EXPECT_EQ(call.lines[2].name, "");
  EXPECT_EQ(call.lines[2].value, "v=0");
  const ScenarioStep& busy = scenario.steps[1];
  EXPECT_EQ(busy.what, "4xx INVITE");
  EXPECT_EQ(busy.at_most, 1500);
  EXPECT_EQ(busy.at_least, 500);
  EXPECT_EQ(busy.lines[0].occurrence, 2u);
  EXPECT_EQ(scenario.steps[2].kind, Kind::SendFor);
  EXPECT_EQ(scenario.steps[3].kind, Kind::SendAgain);
  EXPECT_EQ(scenario.steps[4].kind, Kind::SendInDialog);
  EXPECT_EQ(scenario.steps[6].uri, "All Fine");
  EXPECT_EQ(scenario.steps[7].at_least, 180000);
  EXPECT_DOUBLE_EQ(scenario.steps[8].loss, 0.1);
  EXPECT_EQ(scenario.steps[9].what, "two words");
  EXPECT_EQ(scenario.steps[10].kind, Kind::NothingMore);
}

TEST(Scenario, FaultsSayWhatIsMissing) {
  EXPECT_NE(fault_of("bob gets INVITE").find("no agent; there are: alice"), std::string::npos);
  EXPECT_NE(fault_of("alice waits").find("'sends', 'replies' or 'gets'"), std::string::npos);
  EXPECT_NE(fault_of("alice sends INVITE").find("request URI is missing"), std::string::npos);
  EXPECT_NE(fault_of("alice sends ACK for ok").find("no message is called 'ok'"), std::string::npos);
  EXPECT_NE(fault_of("alice replies 200").find("to which request"), std::string::npos);
  EXPECT_NE(fault_of("alice gets 7xx").find("a method, a reply code"), std::string::npos);
  EXPECT_NE(fault_of("alice gets 200 at once").find("may stand here"), std::string::npos);
  EXPECT_NE(fault_of("wait long").find("a time is needed"), std::string::npos);
  EXPECT_NE(fault_of("network loss 200%").find("a share is needed"), std::string::npos);
  EXPECT_NE(fault_of("nothing more here").find("'here' does not belong here"), std::string::npos);
  EXPECT_NE(fault_of("    X: 1").find("belongs to a message"), std::string::npos);
  EXPECT_NE(fault_of("agent alice 192.0.2.11").find("already"), std::string::npos);
}

TEST(Scenario, NeedsAScriptWithAnEnd) {
  EXPECT_EQ(parse_scenario("").faults.size(), 1u);
  EXPECT_EQ(parse_scenario("script {\n  drop;\n").faults.size(), 1u);
  EXPECT_EQ(parse_scenario("config a.cfg\nconfig b.cfg\n").faults.size(), 1u);
}

TEST(Scenario, PatternsStandForAnyText) {
  EXPECT_TRUE(fits("*;tag=*", "<sip:a>;tag=1"));
  EXPECT_TRUE(fits("a*b*c", "a--b-b-c"));
  EXPECT_TRUE(fits("*", ""));
  EXPECT_FALSE(fits("a*b", "a--c"));
  EXPECT_FALSE(fits("", "x"));
  EXPECT_TRUE(fits("same", "same"));
  EXPECT_FALSE(fits("same", "Same"));
}

}  // namespace
}  // namespace strowger::sim
