// Statements and the items of the top level.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/testing.h"

namespace strowger::syntax {
namespace {

std::string printed(const std::string& script) {
  const auto parsed = parse_script(script);
  for (const diagnostics::Finding& finding : parsed->findings.all())
    if (finding.code != "W0122") return parsed->codes();  // joined blocks are meant here
  return print(parsed->ast);
}

TEST(Statements, AllForms) {
  EXPECT_EQ(printed(R"(request_route {
  ;
  if $rU=="a" exit;
  if (1==1) { drop; } else if ($x(1)) return; else return -1;
  while 1==1 { break; }
  switch ($rs) { default: case 1: case 2+3: xlog("x"); break; case /"^a.*": exit(); }
  return (); drop(); exit 5;
  route(A); force_rport; force_rport(); revert_uri(); setflag(FLT); setflag(3); strip(2); log(1, "x");
  $(avp(x)[*]) = $null;
})"),
            R"(request_route
  empty
  if ($rU == "a")
    exit
  if (1 == 1)
    drop
  else
    if $x(1)
      return
    else
      return -1
  while (1 == 1)
    break
  switch $rs
    default
    case 1
    case (2 + 3)
      call xlog("x")
      break
    case / "^a.*"
      exit
  return
  drop
  exit 5
  call route(A)
  call force_rport()
  call force_rport()
  call revert_uri()
  call setflag(FLT)
  call setflag(3)
  call strip(2)
  call log(1, "x")
  assign $(avp(x)[*]) = $null
)");
}

TEST(Statements, ForwardTakesBareHosts) {
  EXPECT_EQ(printed(R"(request_route {
  forward(); forward(127.0.0.1, 5060); forward(uri:host); forward(uri:host, uri:port); forward("a.b", 5060); forward(a-b.c);
  forward_tcp([::1], 5070); force_send_socket(udp:127.0.0.1:5060); force_send_socket("udp:a:1"); set_advertised_address(1.2.3.4);
  udp_mtu_try_proto(TCP);
})"),
            R"(request_route
  call forward()
  call forward(127.0.0.1, 5060)
  call forward(uri:host)
  call forward(uri:host, uri:port)
  call forward("a.b", 5060)
  call forward(a-b.c)
  call forward_tcp([::1], 5070)
  call force_send_socket(udp:127.0.0.1:5060)
  call force_send_socket("udp:a:1")
  call set_advertised_address(1.2.3.4)
  call udp_mtu_try_proto(tcp)
)");
}

TEST(Statements, Refused) {
  struct Row {
    const char* body;
    const char* codes;
  };
  const Row rows[] = {
      {"{ exit; }", "E0015 2:1"},
      {"if (1==1) { }", "E0008 2:11"},
      {"exit", "E0010 2:5"},
      {"$var(a) = 1\nexit;", "E0010 2:12"},
      {"strlen($rU);", "E0001 2:1"},
      {"$rU;", "E0001 2:4"},
      {"5;", "E0001 2:1"},
      {"1==1;", "E0001 2:1"},
      {"$var(x)+=5;", "E0001 2:8"},
      {"$var(x)++;", "E0001 2:8"},
      {"for(;;) exit;", "E0001 2:5, E0001 2:7"},
      {"$var(x) = ;", "E0001 2:11"},
      {"$var(x)=~5;", "E0001 2:8"},
      {"$rcv(buf) = 1;", "E0001 2:4"},
      {"switch ($rU) { case /^a/: exit; }", "E0001 2:22"},
      {"switch (1) { default: exit; default: exit; }", "E0023 2:29"},
      {"switch (1) { case 1: { exit; } }", "E0015 2:22"},
      {"if (f(1) { exit; }", "E0010 2:9"},
      {"seturi(5);", "E0018 2:1"},
      {"setflag(\"a\", 1);", "E0018 2:1"},
      {"seturi;", "E0018 2:1"},
      {"seturi(\"a\" + $rU);", "E0001 2:12"},
      {"forward(1.2.3.4:5060);", "E0018 2:1"},
      {"xlog(DEFINED_NOWHERE);", "E0022 2:6"},
      {"exit; }\nroute[x] { exit;", ""},
      {"else exit;", "E0001 2:1"},
  };
  for (const Row& row : rows) EXPECT_EQ(body_codes(row.body), row.codes) << row.body;
}

TEST(Recovery, OneFaultGivesOneFinding) {
  // Each fault is on a line of its own; the statements between them are understood.
  const auto parsed = parse_script(R"(children=
debug=2
request_route {
  $var(a) = 1 2;
  xlog("L_INFO", "a);
  if ($rU == ) { exit; $var(b) = ; }
  else { exit; }
  $var(c) = 3;
  switch ($rU { case 1: exit; case 2: drop; }
  $var(d) = 4;
}
route[if] { exit; }
route[B] { exit; }
)");
  EXPECT_EQ(parsed->codes(), "E0001 2:1, E0001 4:15, E0002 5:18, E0001 6:14, E0001 6:34, E0010 9:14, E0013 12:7");
  EXPECT_EQ(print(parsed->ast), R"(param debug = 2
request_route
  exit
  exit
  assign $var(c) = 3
  switch $rU
    case 1
      exit
    case 2
      drop
  assign $var(d) = 4
route[B]
  exit
)");
}

TEST(Recovery, FindsTheBraceThatIsNotClosed) {
  EXPECT_EQ(parse_script("request_route {\n  if (1) {\n    exit;\n}\n")->codes(), "E0014 2:10");
  EXPECT_EQ(parse_script("request_route {\n  if (1) {\n    exit;\n}\n\nroute[A] {\n  exit;\n}\n")->codes(), "E0014 2:10");
  EXPECT_EQ(parse_script("request_route {\n  exit;\n")->codes(), "E0014 1:15");
  EXPECT_EQ(parse_script("request_route { exit; }\n}\nroute[A] { exit; }\n")->codes(), "E0001 2:1");
}

TEST(Recovery, SurvivesAnyTwoWords) {
  const char* words[] = {"{", "}", "(", ")", "[", "]", ";", ":", ",", ".", "=", "==", "-", "!", "$", "$(", "$rU", "\"", "'", "\"s\"", "1", "08", "x",
                         "if", "else", "while", "switch", "case", "default", "exit", "return", "route", "route[", "event_route", "event_route[",
                         "request_route", "listen", "alias", "debug", "debug=", "loadmodule", "modparam(", "flags", "uri", "myself", "setflag", "@",
                         "@a.b", "/*", "#!else\n", "#!endif\n", "#!ifdef A\n", "#!define\n", "include_file", "!!x", "::", "\n", "socket = {"};
  for (const char* first : words)
    for (const char* second : words) {
      const std::string pair = std::string(first) + "\n" + second;
      parse_script(pair);
      parse_script(pair + "\nroute[A] { exit; }\n");
      parse_script("request_route { " + pair + " }\n");
    }
}

TEST(Recovery, BoundsNesting) {
  const std::string deep(100000, '(');
  EXPECT_EQ(parse_script("request_route { $var(a) = " + deep + "1; }\n")->findings.all().at(0).code, "E0012");
  std::string chain = "1";
  for (int i = 0; i < 20000; ++i) chain += "+1";
  EXPECT_EQ(parse_script("request_route { $var(a) = " + chain + "; }\n")->findings.all().at(0).code, "E0012");
  std::string blocks;
  for (int i = 0; i < 20000; ++i) blocks += "if (1) {";
  EXPECT_EQ(parse_script("request_route { " + blocks + "\n")->findings.all().at(0).code, "E0012");
  std::string fine = "1";
  for (int i = 0; i < 500; ++i) fine += " || $rU == \"x\"";
  EXPECT_EQ(parse_script("request_route { if (" + fine + ") exit; }\n")->codes(), "");
  std::string branches;
  for (int i = 0; i < 500; ++i) branches += "if ($rU == \"x\") { drop; } else ";
  EXPECT_EQ(parse_script("request_route { " + branches + " exit; }\n")->codes(), "");
}

TEST(Routes, AllKinds) {
  EXPECT_EQ(printed(R"(request_route { exit; }
route { drop; }
route[0] { ; }
route[007] { exit; }
route["a b"] { exit; }
reply_route { exit; }
onreply_route[0] { drop; }
onreply_route[R] { exit; }
failure_route[R] { exit; }
branch_route[1] { exit; }
onsend_route { exit; }
event_route[htable:mod-init] { exit; }
event_route[tm:branch-failure:my_one] { exit; }
event_route["core:tkv"] { exit; }
)"),
            R"(request_route
  exit
  drop
  empty
route[7]
  exit
route[a b]
  exit
reply_route
  exit
  drop
onreply_route[R]
  exit
failure_route[R]
  exit
branch_route[1]
  exit
onsend_route
  exit
event_route[htable:mod-init]
  exit
event_route[tm:branch-failure:my_one]
  exit
event_route[core:tkv]
  exit
)");
  EXPECT_EQ(parse_script("event_route[tm:branch-failure:x] { exit; }\n")->ast.routes.at(0).kind, kBranchFailureRoute);
}

TEST(Routes, Refused) {
  struct Row {
    const char* script;
    const char* codes;
  };
  const Row rows[] = {
      {"route[A] { exit; }\nroute[A] { exit; }\n", "E0121 2:7"},
      {"route[A] { exit; }\nfailure_route[A] { exit; }\n", ""},
      {"route[log] { exit; }\n", "E0013 1:7"},
      {"route[drop] { exit; }\n", "E0013 1:7"},
      {"route[children] { exit; }\n", "E0013 1:7"},
      {"route[1a] { exit; }\n", "E0001 1:7"},
      {"route[a-b] { exit; }\n", "E0001 1:8"},
      {"event_route[foo] { exit; }\n", "E0020 1:13"},
      {"event_route[a:1] { exit; }\n", "E0020 1:13"},
      {"event_route[a_b:c] { exit; }\n", ""},
      {"route[A] { }\n", "E0008 1:10"},
      {"", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_script(row.script)->codes(), row.codes) << row.script;
}

TEST(Parameters, AllForms) {
  EXPECT_EQ(printed(R"(#!define PORT 5060
debug=-1;
log_stderror=yes
log_facility=LOG_LOCAL0
log_name="a" "b"
advertised_address=1.2.3.4
udp_mtu_try_proto=TCP
force_rport=on
some_new_parameter=5
cfgengine "native"
loadpath "/a:/b"
listen=udp:127.0.0.1:PORT advertise 1.2.3.4:5060 name "x" virtual
listen=udp:127.0.0.1:5060 tcp:[::1]:5061 eth0 "host":PORT
listen=(10.0.0.1, 10.0.0.2):5060
alias=a.b.c d.e-f.g:5060 udp:x.y:5070 "q.r" *:s.t:*
socket = { bind = udp:127.0.0.1:5080; advertise = example.org:5060; name = "s"; workers = 4; virtual = yes; }
flags A:3, B
avpflags C
group.name = 5 desc "words"
group[2].text = "t"
loadmodule "a.so"
modparam("a|b", "n", -5)
loadmodule "/x/y/c.so"
modparam("c", "t", "v" "w")
)"),
            R"(param debug = -1
param log_stderror = yes
param log_facility = LOG_LOCAL0
param log_name = "ab"
param advertised_address = 1.2.3.4
param udp_mtu_try_proto = TCP
param force_rport = on
param some_new_parameter = 5
param cfgengine = "native"
listen udp:127.0.0.1:5060 advertise 1.2.3.4:5060 name "x" virtual
listen udp:127.0.0.1:5060
listen tcp:[::1]:5061
listen eth0
listen host:5060
listen (10.0.0.1, 10.0.0.2):5060
alias a.b.c
alias d.e-f.g:5060
alias udp:x.y:5070
alias q.r
alias s.t
listen udp:127.0.0.1:5080 advertise example.org:5060 name "s" workers 4 virtual
custom group.name = 5 desc "words"
custom group[2].text = "t"
flag A : 3
flag B
avpflag C
module "a"
module "c"
modparam "a|b" "n" = -5
modparam "c" "t" = "vw"
)");
}

TEST(Parameters, CountModulesBeforeModparam) {
  const auto parsed = parse_script("loadmodule \"a\"\nmodparam(\"a\", \"x\", 1)\nloadmodule \"b\"\nmodparam(\"b\", \"x\", 1)\n");
  EXPECT_EQ(parsed->ast.modparams.at(0).modules_before, 1u);
  EXPECT_EQ(parsed->ast.modparams.at(1).modules_before, 2u);
}

TEST(Parameters, Refused) {
  struct Row {
    const char* script;
    const char* codes;
  };
  const Row rows[] = {
      {"g.v=-5\n", "E0021 1:5"},
      {"g.v=5\ng.v=6\n", "E0005 2:1"},
      {"listen=udp:127.0.0.1:NO_PORT\n", "E0001 1:22"},
      {"listen=udp:127.0.0.1:70000\n", "W0212 1:22"},
      {"modparam(\"a\", \"b\", 1+1)\n", "E0001 1:21"},
      {"modparam(\"a\", \"b\", DBURL)\n", "E0001 1:20"},
      {"modparam(\"a\", \"b\", $var(x))\n", "E0001 1:20"},
      {"loadmodule(\"a\")\n", "E0001 1:11"},
      {"children=1.5\n", ""},  // an address for the grammar; the type is wrong
      {"xlog(\"a\");\n", "E0021 1:5"},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_script(row.script)->codes(), row.codes) << row.script;
}

TEST(Comments, NestAndMayStayOpen) {
  EXPECT_EQ(printed("# a\n// b\n/* a /* b */ c */\n#! x\n#\nrequest_route { /* x */ exit; # end"), "E0014 6:15");
  EXPECT_EQ(printed("request_route { exit; }\n# no line end"), "request_route\n  exit\n");
  EXPECT_EQ(printed("request_route { exit; }\n/* /* x */\nroute[A] { }\n"), "W0002 2:1");
}

TEST(Header, SelectsTheMode) {
  EXPECT_EQ(parse_script("#!KAMAILIO\n")->ast.mode, Ast::Mode::Kamailio);
  EXPECT_EQ(parse_script("//!OPENSER\n")->ast.mode, Ast::Mode::Kamailio);
  EXPECT_EQ(parse_script("#!SER\n")->ast.mode, Ast::Mode::Ser);
  EXPECT_EQ(parse_script("#!KAMAILIO \n")->ast.mode, Ast::Mode::Default);
  EXPECT_EQ(parse_script("")->ast.mode, Ast::Mode::Default);
}

TEST(Numbers, ThatDoNotFitAreTold) {
  EXPECT_EQ(body_codes("$var(a) = 99999999999;"), "W0212 2:11");
  EXPECT_EQ(body_codes("$var(a) = 2147483648;"), "W0212 2:11");
  EXPECT_EQ(body_codes("$var(a) = 2147483647 + 0xffffffff;"), "");
  EXPECT_EQ(parse_script("modparam(\"a\", \"b\", 4294967296)\nchildren=5000000000\n")->codes(), "W0212 1:20, W0212 2:10");
}

}  // namespace
}  // namespace strowger::syntax
