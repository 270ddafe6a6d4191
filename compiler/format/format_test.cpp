// The canonical layout, and that it changes no word.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/format/format.h"

#include <gtest/gtest.h>

namespace strowger::format {
namespace {

/// The layout; formatting it again must change nothing.
std::string formatted(std::string_view script) {
  Fault fault;
  const std::optional<std::string> once = format(script, fault);
  if (!once) return "fault " + std::to_string(fault.line) + ": " + fault.words;
  EXPECT_EQ(format(*once, fault), once) << *once;
  return *once;
}

struct Row {
  const char* script;
  const char* expected;
};

class Layout : public testing::TestWithParam<Row> {};
TEST_P(Layout, IsCanonical) { EXPECT_EQ(formatted(GetParam().script), GetParam().expected); }

const Row kRows[] = {
    {"", ""},
    {"debug = 2\nlisten=udp:127.0.0.1:5060 ; fork=no", "debug=2\nlisten=udp:127.0.0.1:5060; fork=no\n"},
    {"a.b=1 desc \"x\"\n", "a.b = 1 desc \"x\"\n"},
    {"route[A]\n{\nexit;\n}\n", "route[A] {\n    exit;\n}\n"},
    {"route { a(); b(); }\n", "route {\n    a();\n    b();\n}\n"},
    {"route { exit; };\n", "route { exit; };\n"},
    {"route {\n\n\n  a() ;\n\n\n  b( \"x\" ,1 );\n\n}\n", "route {\n    a();\n\n    b(\"x\", 1);\n}\n"},
    {"route {\nif(a()&&!b()){\nc();\n}\nelse\n{\nd();\n}\n}\n",
     "route {\n    if (a() && !b()) {\n        c();\n    } else {\n        d();\n    }\n}\n"},
    {"route {\nif (a())\nb();\nelse\nc();\nd();\n}\n",
     "route {\n    if (a())\n        b();\n    else\n        c();\n    d();\n}\n"},
    {"route {\nswitch($rm){\n# calls\ncase \"INVITE\":\ncase 2: a();\nbreak;\ndefault:\nb();\n}\nc();\n}\n",
     "route {\n    switch ($rm) {\n        # calls\n        case \"INVITE\":\n        case 2: a();\n            break;\n"
     "        default:\n            b();\n    }\n    c();\n}\n"},
    {"route {\n$var(x)=$var(x)+1;\n$var(y)=$var(x)-1;\n}\n", "route {\n    $var(x) = $var(x) + 1;\n    $var(y) = $var(x)-1;\n}\n"},
    {"route {\nxlog(\"a\"\n\"b\");\n}\n", "route {\n    xlog(\"a\"\n        \"b\");\n}\n"},
    {"route {\n  #!ifdef A\n  if (a()) {\n  #!else\n  if (b()) {\n  #!endif\n  c();\n  }\n}\n",
     "route {\n#!ifdef A\n    if (a()) {\n#!else\n    if (b()) {\n#!endif\n        c();\n    }\n}\n"},
    {"#!define X a \\\n   b\nroute { a(); } # end   \n", "#!define X a \\\n   b\nroute { a(); } # end\n"},
    {"route {\n/* one\n   two */\na(); // three\n}\n", "route {\n    /* one\n   two */\n    a(); // three\n}\n"},
    {"route {\nif (uri==\"x\") a();\nif(!!b()) c();\n}\n", "route {\n    if (uri == \"x\") a();\n    if (!!b()) c();\n}\n"},
    {"event_route[tm:local-request] {\nreturn(1);\nreturn -1;\n}\n", "event_route[tm:local-request] {\n    return(1);\n    return -1;\n}\n"},
    {"route {\r\n\ta();\r\n}\r\n", "route {\n    a();\n}\n"},
    {"route {\nxlog(\"two\n  lines\");\n}\n", "route {\n    xlog(\"two\n  lines\");\n}\n"},
    {"#!ifdef A\ndebug=2\n#!endif", "#!ifdef A\ndebug=2\n#!endif"},
    {"route {\n  a()\n;}\n", "route {\n    a();\n}\n"},
    {"route {\n  a(\n", "route {\n    a(\n"},
    {"route {\n#!ifdef A\n  x(\"half;\n   it's\n#!else\n  a( );\n#!endif\n  b( );\n}\n",
     "route {\n#!ifdef A\n  x(\"half;\n   it's\n#!else\n    a();\n#!endif\n    b();\n}\n"},
    {"#!ifdef A\n  $sht(a\n#!endif\nroute {\n a();\n}\n", "#!ifdef A\n  $sht(a\n#!endif\nroute {\n    a();\n}\n"},
    {"#!ifdef A\n#!endif\nroute { xlog(\"a); }\n", "fault 3: a string is not closed"},
    {"route { xlog(\"a); }\n", "fault 1: a string is not closed"},
    {"route {\n/* a\n", "fault 2: a comment is not closed"},
};
INSTANTIATE_TEST_SUITE_P(Scripts, Layout, testing::ValuesIn(kRows));

}  // namespace
}  // namespace strowger::format
