// Several independent faults in one script: each is found once, at its line, and nothing else is said.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/analysis/analyse.h"
#include "compiler/lint/lint.h"
#include "compiler/syntax/parse.h"

namespace strowger::lint {
namespace {

/// What lint says of a script, as "CODE:line" in the order of the lines; hints are left out.
std::string found_in(const std::string& script) {
  struct Modules {
    text::Sources sources;
    diagnostics::Findings findings;
    modules::ModuleSet set = modules::ModuleSet::load({}, sources, findings);
  };
  static const Modules modules;
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("faults.cfg", script, sources, {}, findings);
  const auto program = analysis::analyse(ast, modules.set, analysis::Purpose::Lint, findings);
  if (program) check(*program, findings);
  std::vector<std::pair<std::uint32_t, std::string>> all;
  for (const diagnostics::Finding& f : findings.all())
    if (f.level != diagnostics::Level::Hint) all.emplace_back(f.span.line(), f.code);
  std::sort(all.begin(), all.end());
  std::string out;
  for (const auto& [line, code] : all) out += (out.empty() ? "" : " ") + code + ":" + std::to_string(line);
  return out;
}

constexpr const char* kHead =
    "#!KAMAILIO\n"
    "loadmodule \"pv.so\"\n"
    "loadmodule \"sl.so\"\n"
    "loadmodule \"tm.so\"\n"
    "loadmodule \"textops.so\"\n";  // the script begins at line 6

struct Row {
  const char* found;
  const char* script;
};

const Row kRows[] = {
    // names, types, arguments in one block
    {"E0101:7 E0103:8 E0209:9 E0210:10",
     "request_route {\n  t_realy();\n  sl_send_reply(\"200\");\n  $si = \"192.0.2.1\";\n  $var(a) = $nosuch;\n}\n"},
    // preprocessor, syntax, names
    {"E0005:7 E0010:9 E0106:11",
     "#!define A 1\n#!define A 2\nrequest_route {\n  t_relay()\n  t_newtran();\n  route(NOPE);\n}\n"},
    // a broken condition hides neither what stands in its block nor what follows
    {"E0001:7 E0101:8 E0103:10",
     "request_route {\n  if ($rU == ) {\n    t_realy();\n  }\n  sl_send_reply(\"404\");\n}\n"},
    {"E0210:7 E0101:8 E0101:10",
     "request_route {\n  if ($nosuch == 1) {\n    first();\n  } else {\n    second();\n  }\n}\n"},
    {"E0210:7 E0101:8", "request_route {\n  while ($nosuch) {\n    first();\n  }\n}\n"},
    {"E0210:7 E0101:8 E0103:9",
     "request_route {\n  switch ($nosuch) {\n    case 1: first(); break;\n    default: sl_send_reply(\"404\");\n  }\n}\n"},
    // modules and their parameters
    {"E0109:6 E0111:7 E0112:8 E0114:9",
     "loadmodule \"nosuch.so\"\nmodparam(\"tm\", \"fr_timr\", 5)\nmodparam(\"tm\", \"fr_timer\", \"x\")\nmodparam(\"rr\", \"append_fromtag\", 1)\n"
     "request_route {\n  record_route();\n  loose_route();\n}\n"},
    // one module that is missing, one define that is missing
    {"E0102:7 E0102:9", "request_route {\n  record_route();\n  loose_route();\n  lookup(\"location\");\n  save(\"location\");\n}\n"},
    {"E0022:7 E0101:9", "request_route {\n  $var(a) = NO_SUCH;\n  $var(b) = NO_SUCH;\n  first();\n}\n"},
    {"E0007:8 E0101:10", "#!define AA 5 AA\nrequest_route {\n  $var(a) = AA;\n  $var(b) = AA;\n  first();\n}\n"},
    // a quote too many or too few
    {"E0002:7", "request_route {\n  xlog(\"a\" b\");\n  exit;\n}\n"},
    {"E0002:7", "request_route {\n  xlog(\"it\"s\");\n  exit;\n}\n"},
    {"E0002:7 E0101:8", "request_route {\n  $var(a) = \"x;\n  first();\n}\n"},
    // sockets
    {"E0119:6 E0119:7 E0119:8 W0212:9 E0119:10",
     "listen=udp:*\nlisten=ws:127.0.0.1:5060\nlisten=udp:127.0.0.1:5060-5062\nlisten=udp:127.0.0.1:70000\nalias=a.example advertise b.example\n"
     "request_route { exit; }\n"},
    {"E0005:6 E0021:7 E0119:8 E0021:9",
     "flags ONE, TWO, ONE\navpflags three:1\nlisten=127.0.0.256\nreply_route[A] { exit; }\nrequest_route { exit; }\n"},
    // global parameters
    {"E0119:6 E0119:7 E0101:9", "corefoo=1\nchildren=08\nrequest_route {\n  first();\n}\n"},
    // routes
    {"E0121:7 E0104:8 E0106:9", "route[A] { exit; }\nroute[A] { exit; }\nonreply_route[B] { t_newtran(); }\nrequest_route { route(C); }\n"},
    // an error does not silence what lint sees at other places
    {"E0101:7 W0206:10 W0203:12",
     "request_route {\n  first();\n}\nonreply_route[A] {\n  if ($rs == \"200\") exit;\n}\nfailure_route[F] { t_reply(\"42\", \"x\"); }\n"},
    {"W0215:7 E0101:8 W0216:9", "request_route {\n  if (is_method(\"INVTE\")) exit;\n  first();\n  if ($rm == \"invite\") exit;\n}\n"},
    {"S0506:8 E0111:9 W0115:10",
     "loadmodule \"auth.so\"\nloadmodule \"auth_db.so\"\nmodparam(\"auth_db\", \"db_url\", \"mysql://kamailio:secret@localhost/kamailio\")\nmodparam(\"tm\", \"fr_timr\", 1)\n"
     "modparam(\"tm\", \"fr_timer\", 1000)\nmodparam(\"tm\", \"fr_timer\", 2000)\nrequest_route { exit; }\n"},
    // unbalanced directives and what is right of the text
    {"E0003:6 E0101:8", "#!ifdef MOD_pv\nrequest_route {\n  first();\n}\n"},
    // broken conditions, with and without else
    {"E0001:7 E0101:8 E0101:10 E0101:12",
     "request_route {\n  if ($rU == \"a\" &&) {\n    first();\n  } else {\n    second();\n  }\n  third();\n}\n"},
    {"E0001:7 E0101:8 E0101:10 E0101:12",
     "request_route {\n  if (* $rU) {\n    first();\n  } else if ($rU == \"b\") {\n    second();\n  }\n  third();\n}\n"},
    {"E0001:7 E0101:8 E0101:10", "request_route {\n  while ($var(i) <) {\n    first();\n  }\n  second();\n}\n"},
    // regular expressions, formats, numbers
    {"E0701:7 E0210:8 W0212:9 E0205:10",
     "request_route {\n  if ($rU =~ \"([a-z\") exit;\n  sl_send_reply(\"200\", \"$nosuch\");\n  $var(a) = 99999999999;\n  $var(b) = 1 + \"a\";\n}\n"},
};

class Faults : public testing::TestWithParam<Row> {};

TEST_P(Faults, AreFoundOnceEach) { EXPECT_EQ(found_in(std::string(kHead) + GetParam().script), GetParam().found) << GetParam().script; }

INSTANTIATE_TEST_SUITE_P(Rows, Faults, testing::ValuesIn(kRows));

}  // namespace
}  // namespace strowger::lint
