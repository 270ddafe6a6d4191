// Each code that analysis reports, by the smallest script that earns it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/analysis/script_for_tests.h"

namespace strowger::analysis {
namespace {

struct Fault {
  const char* code;
  const char* script;  ///< the body of a request_route with all modules loaded
};

class InABody : public testing::TestWithParam<Fault> {};

TEST_P(InABody, IsReported) {
  const auto script = analyse_script(std::string(kLoadAll) + "request_route {\n" + GetParam().script + "\n}\n");
  EXPECT_EQ(script->codes(), GetParam().code) << GetParam().script << "\n" << script->words();
  EXPECT_EQ(script->program == nullptr, script->findings.has_errors());
}

const Fault kInBodies[] = {
    {"E0101", "t_realy();"},
    {"E0102", "save(\"location\");"},
    {"E0103", "sl_send_reply(\"200\");"},
    {"E0106", "route(NOPE);"},
    {"E0106", "route(\"a\" + \"b\");"},
    {"W0107", "t_on_failure(\"NOPE\");"},
    {"E0201", "sl_send_reply(\"abc\", \"OK\");"},
    {"E0201", "sl_send_reply($var(c), \"OK\");"},
    {"E0201", "append_hf(\"a\" + $rU);"},
    {"E0201", "is_present_hf(\"$var(h)\");"},
    {"E0201", "lock(\"cache\");"},
    {"E0201", "fill(\"$si\", \"$rU/$rU\");"},
    {"E0201", "fill(\"$rU\", \"$si/$si\");"},
    {"E0201", "fill(\"$rU\", \"$si/word\");"},
    {"E0201", "fill(\"$(rU{s.len})\", \"$si/$rU\");"},
    {"E0221", "$var(x) = $cnt(rU);"},
    {"E0202", "is_method(\"INVITE|REINVITE|UPDATE\");"},
    {"W0215", "is_method(\"INVTE\");"},
    {"E0205", "$var(x) = 1 + \"a\";"},
    {"E0205", "$var(x) = 1 == \"a\";"},
    {"E0205", "$var(x) = \"a\" - 1;"},
    {"E0205", "$var(x) = \"a\" && 1;"},
    {"E0205", "if ($rU > \"a\") exit;"},
    {"E0205", "$var(x) = 1 eq 2;"},
    {"E0205", "$var(x) = (str)$rU - 1;"},
    {"E0205", "$var(x) = strlen(5);"},
    {"E0205", "$var(x) = defined (1+1);"},
    {"E0205", "$var(x) = 5 == $null;"},
    {"E0205", "return \"7\";"},
    {"E0205", "if (src_ip == 5) exit;"},
    {"E0206", "switch ($rm) { case \"a\": exit; case 1: exit; }"},
    {"E0206", "switch ($rm) { case $rU: exit; }"},
    {"E0207", "$var(x) = $(ru{s.nosuch});"},
    {"E0207", "$var(x) = $(ru{s.substr});"},
    {"E0207", "$var(x) = $(ru{s.substr,a,1});"},
    {"E0209", "$si = \"192.0.2.1\";"},
    {"E0209", "$null = 5;"},
    {"E0209", "$(rU{s.len}) = 5;"},
    {"E0210", "$var(x) = $nosuch;"},
    {"E0210", "append_hf(\"$nosuch\");"},
    {"E0212", "setflag(32);"},
    {"E0212", "setflag(NOPE);"},
    {"E0212", "setflag(\"5\");"},
    {"W0212", "$var(x) = 5 / 0;"},
    {"E0220", "$var(x) = $(rU[0]);"},
    {"E0221", "$var(x) = $hdr;"},
    {"E0221", "$var(x) = $rU(a);"},
    {"E0222", "$var(x) = $sel(cfg_get.no.such);"},
    {"E0307", "switch ($rm) { case \"A\": exit; case \"A\": exit; }"},
    {"E0701", "if ($ru =~ \"([a-z\") exit;"},
    {"E0701", "if ($ru =~ \"(a)\\1\") exit;"},
    {"E0701", "if ($ru =~ \"a.{2000}b\") exit;"},
    {"W0706", "subst(\"/a(b)/\\2/\");"},
    {"E0706", "subst(\"/a\");"},
    {"E0104", "if (to_ip == 192.0.2.1) exit;"},
    {"E0901", "later(\"x\");"},
    {"E0901", "$var(x) = $TV(s);"},
    {"E0901", "$var(x) = $(rU{s.new});"},
    {"E0901", "is_method(\"$var(m)\");"},
};
INSTANTIATE_TEST_SUITE_P(Codes, InABody, testing::ValuesIn(kInBodies));

class InAFile : public testing::TestWithParam<Fault> {};

TEST_P(InAFile, IsReported) {
  const auto script = analyse_script(GetParam().script);
  EXPECT_EQ(script->codes(), GetParam().code) << GetParam().script << "\n" << script->words();
}

const Fault kInFiles[] = {
    {"E0109", "loadmodule \"sll.so\"\nrequest_route { exit; }"},
    {"E0109", "loadmodule \"sl\"\nloadmodule \"sl.so\"\nrequest_route { exit; }"},
    {"E0110", "loadmodule \"registrar\"\nrequest_route { exit; }"},
    {"E0111", "loadmodule \"tm\"\nmodparam(\"tm\", \"fr_timr\", 1)\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"tm\"\nmodparam(\"tm\", \"fr_timer\", \"1\")\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"a\")\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"a=text\")\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"a=$rU;\")\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"a=$rU x\")\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"\")\nrequest_route { exit; }"},
    {"E0210", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \"a=$nosuch(x)\")\nrequest_route { exit; }"},
    {"", "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"registrar\"\nmodparam(\"registrar\", \"noted\", \" a = $rU; b=$(rU{s.len}) \")\nrequest_route { exit; }"},
    {"E0113", "loadmodule \"sl\"\nmodparam(\"sl\", \"default_code\", 99)\nrequest_route { exit; }"},
    {"E0114", "modparam(\"tm\", \"fr_timer\", 1)\nloadmodule \"tm\"\nrequest_route { exit; }"},
    {"E0119", "corefoo=1\nrequest_route { exit; }"},
    {"E0119", "children=\"4\"\nrequest_route { exit; }"},
    {"E0121", "request_route { exit; }\nroute[A] { exit; }\nroute[A] { exit; }"},
    {"W0122", "request_route { exit; }\nrequest_route { exit; }"},
    {"W0123", "route[A] { exit; }"},
    {"E0104", "loadmodule \"sl\"\nrequest_route { exit; }\nonreply_route[X] { sl_send_reply(\"200\", \"OK\"); }"},
    {"W0108", "request_route { exit; }\nevent_route[core:nosuch] { exit; }"},
    {"E0901", "request_route { exit; }\nevent_route[core:tkv] { exit; }"},
    {"I0913", "loadmodule \"tm\"\nrequest_route { exit; }\nevent_route[tm:local-response] { exit; }"},
    {"E0902", "sip_warning=1\nrequest_route { exit; }"},
    {"E0902", "loadmodule \"sl\"\nmodparam(\"sl\", \"event_callback\", \"x\")\nrequest_route { exit; }"},
    {"", "loadmodule \"sl\"\nmodparam(\"sl\", \"default_code\", 99)\nmodparam(\"sl\", \"default_code\", 500)\nrequest_route { exit; }"},
    {"E0113", "loadmodule \"sl\"\nmodparam(\"sl\", \"default_code\", 500)\nmodparam(\"sl\", \"default_code\", 99)\nrequest_route { exit; }"},
    {"E0905", "loadmodule \"plans\"\nrequest_route { exit; }"},
    {"E0905", "loadmodule \"plans\"\nmodparam(\"plans\", \"db_url\", \"text:///x\")\nrequest_route { exit; }"},
    {"E0905", "loadmodule \"db_text\"\nloadmodule \"cache\"\nmodparam(\"cache\", \"db_url\", \"sqlite:///x\")\nrequest_route { exit; }"},
    {"E0907", "loadmodule \"busy\"\nrequest_route { exit; }"},
    {"I0912", "loadmodule \"idle\"\nmodparam(\"idle\", \"url\", \"x\")\nrequest_route { exit; }"},
    {"E0905", "loadmodule \"db_text\"\nloadmodule \"ledger\"\nmodparam(\"ledger\", \"db_url\", \"text:///x\")\nrequest_route { exit; }"},
    {"E0906", "enable_tls=yes\nlisten=tls:127.0.0.1:5061\nrequest_route { exit; }"},
    {"", "enable_tls=no\nlisten=tls:127.0.0.1:5061\nrequest_route { exit; }"},
    {"", "loadmodule \"cache\"\nrequest_route { exit; }"},
    {"", "loadmodule \"db_text\"\nloadmodule \"plans\"\nmodparam(\"plans\", \"db_url\", \"text:///x\")\nrequest_route { exit; }"},
    {"E0905", "loadmodule \"db_text\"\nloadmodule \"asks\"\nmodparam(\"asks\", \"con\", \"a=>text:///x\")\nrequest_route { exit; }"},
    {"E0120", "loadmodule \"db_flat\"\nloadmodule \"asks\"\nloadmodule \"pv\"\nmodparam(\"asks\", \"con\", \"a=>flat:///x\")\nrequest_route { ask(\"b\", \"$var(x)\"); }"},
    {"E0120", "loadmodule \"asks\"\nloadmodule \"pv\"\nrequest_route { $var(x) = $asked(a); }"},
    {"E0120", "loadmodule \"asks\"\nmodparam(\"asks\", \"some\", \"a; b\")\nmodparam(\"asks\", \"others\", \"d\")\nrequest_route { join(\"b\"); join(\"d\"); join(\"c\"); }"},
    {"E0201", "loadmodule \"db_flat\"\nloadmodule \"asks\"\nloadmodule \"pv\"\nmodparam(\"asks\", \"con\", \"a=>flat:///x\")\nrequest_route { ask(\"a\", \"$var(x), $si\"); }"},
    {"E0201", "loadmodule \"db_flat\"\nloadmodule \"asks\"\nloadmodule \"pv\"\nmodparam(\"asks\", \"con\", \"a=>flat:///x\")\nrequest_route { ask(\"a\", \" \"); }"},
    {"E0221", "loadmodule \"db_flat\"\nloadmodule \"asks\"\nloadmodule \"pv\"\nmodparam(\"asks\", \"con\", \"a=>flat:///x\")\nrequest_route { ask(\"a\", \"$var(x) x\"); }"},
    {"", "loadmodule \"db_flat\"\nloadmodule \"asks\"\nloadmodule \"pv\"\nmodparam(\"asks\", \"con\", \" a => flat:///x \")\nrequest_route { ask(\"a\", \";$var(x) $avp(y),\"); $var(x) = $asked(a); }"},
    {"E0221", "loadmodule \"asks\"\nloadmodule \"pv\"\nrequest_route { $var(x) = $cell(t=>[a,0]); }"},
    {"E0221", "loadmodule \"asks\"\nloadmodule \"pv\"\nrequest_route { $var(x) = $cell(t=>[$var(i)+1,0]); }"},
    {"E0221", "loadmodule \"pv\"\nrequest_route { $var(x) = $xavp(t=>[1,0]); }"},
    {"", "loadmodule \"asks\"\nloadmodule \"pv\"\nrequest_route { $var(x) = $cell(t=>[$var(i),$(avp(x){s.len})]) + $cell(t=>[,2]) + $cell(t=>rows) + $cell(t=>name[1]); }"},
    {"", "received_route_mode=0\nrequest_route { exit; }"},
    {"E0112", "loadmodule \"pv\"\nmodparam(\"pv\", \"varset\", \"a=b\")\nrequest_route { exit; }"},
    {"E0210", "loadmodule \"pv\"\nrequest_route { pv_isset(\"$nosuch\"); }"},
    {"E0210", "loadmodule \"pv\"\nrequest_route { $var(x) = $T_req($nosuch); }"},
    {"E0210", "loadmodule \"pv\"\nrequest_route { $var(x) = $(avp(a)[$nosuch]); }"},
    {"E0210", "loadmodule \"pv\"\nrequest_route { $var(x) = $(rU{s.substr,$nosuch,1}); }"},
    {"", "flags A:3, B\nrequest_route { setflag(A); setflag(B); }"},
    {"", "loadmodule \"pv\"\nrequest_route { $var(x) = $myavp; $other = 1; }"},
};
INSTANTIATE_TEST_SUITE_P(Codes, InAFile, testing::ValuesIn(kInFiles));

TEST(Findings, SuggestTheNearestName) {
  const auto script =
      analyse_script(std::string(kLoadAll) + "request_route { t_realy(); $var(x) = $(ru{s.toupr}); }\n");
  EXPECT_NE(script->words().find("did you mean 't_relay'?"), std::string::npos) << script->words();
  EXPECT_NE(script->words().find("did you mean '{s.toupper}'?"), std::string::npos) << script->words();
}

TEST(Findings, NameTheModuleToLoad) {
  const auto script = analyse_script("#!KAMAILIO\nrequest_route { sl_send_reply(\"200\", \"OK\"); }\n");
  EXPECT_NE(script->words().find("loadmodule \"sl.so\""), std::string::npos) << script->words();
}

TEST(Findings, LintAcceptsWhatHasNoCodeYet) {
  const auto script = analyse_script(std::string(kLoadAll) + "request_route { later(\"x\"); }\n", Purpose::Lint);
  EXPECT_TRUE(script->program) << script->words();
  EXPECT_EQ(script->codes(), "");
}

TEST(Findings, LintOnlyWarnsOfWhatOtherVersionsHave) {
  const auto script = analyse_script(
      "#!KAMAILIO\nloadmodule \"mi_fifo\"\nloadmodule \"sl\"\nmodparam(\"mi_fifo\", \"fifo_name\", \"x\")\n"
      "loadmodule \"math\"\nfifo=\"x\"\nmodparam(\"sl\", \"default_code\", 99)\nrequest_route { exit; }\n",
      Purpose::Lint);
  EXPECT_TRUE(script->program) << script->words();
  EXPECT_EQ(script->codes(), "W0117 W0118 W0113 W0117");
}

TEST(Findings, AllIndependentFaultsOfABodyAreReported) {
  const auto script =
      analyse_script(std::string(kLoadAll) + "request_route { route(A); $var(x) = $nosuch + $nosuch2;\n nofun(); }\n");
  EXPECT_EQ(script->codes(), "E0106 E0210 E0210 E0101") << script->words();
}

}  // namespace
}  // namespace strowger::analysis
