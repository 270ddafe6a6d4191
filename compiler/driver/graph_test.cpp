// strowger graph.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/driver_for_tests.h"

namespace strowger::driver {
namespace {

constexpr const char* kScript =
    "loadmodule \"pv.so\"\nloadmodule \"tm.so\"\nloadmodule \"sl.so\"\n"
    "request_route {\n    t_on_failure(\"AGAIN\");\n    route(RELAY);\n    route(RELAY);\n}\n"
    "route[RELAY] {\n    t_relay();\n}\nroute[DEAD] {\n    exit;\n}\nfailure_route[AGAIN] {\n    route(RELAY);\n}\n";

TEST_F(Driver, GraphShowsCallsAndArmedBlocks) {
  write("a.cfg", kScript);
  const Outcome dot = strowger("graph a.cfg");
  EXPECT_EQ(dot.code, 0) << dot.err;
  EXPECT_EQ(dot.out,
            "digraph routes {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n"
            "  r0 [label=\"request_route\", style=bold];\n  r1 [label=\"route[RELAY]\"];\n"
            "  r2 [label=\"route[DEAD]\", color=gray];\n  r3 [label=\"failure_route[AGAIN]\", style=bold];\n"
            "  r0 -> r3 [style=dashed, label=\"arms\"];\n  r0 -> r1;\n  r3 -> r1;\n}\n");
  const Outcome mermaid = strowger("graph --format mermaid a.cfg");
  EXPECT_TRUE(mermaid.out.starts_with("flowchart TD\n  r0([\"request_route\"])\n  r1[\"route[RELAY]\"]\n")) << mermaid.out;
  EXPECT_TRUE(contains(mermaid.out, "  r0 -. arms .-> r3\n  r0 --> r1\n")) << mermaid.out;
}

TEST_F(Driver, GraphNeedsAScriptWithoutErrors) {
  write("a.cfg", "request_route {\n    route(NOPE);\n}\n");
  const Outcome graph = strowger("graph a.cfg");
  EXPECT_EQ(graph.code, 1);
  EXPECT_EQ(graph.out, "");
  EXPECT_TRUE(contains(graph.err, "error[E0106]")) << graph.err;
  EXPECT_EQ(strowger("graph missing.cfg").code, 2);
}

}  // namespace
}  // namespace strowger::driver
