// Types, conversions, folding and rewrites of expressions, row by row (reference/semantics-verified.md).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "compiler/analysis/script_for_tests.h"

namespace strowger::analysis {
namespace {

struct Row {
  const char* script;
  const char* program;
};

class Lowered : public testing::TestWithParam<Row> {};

TEST_P(Lowered, IsThis) { EXPECT_EQ(lowered(GetParam().script), GetParam().program) << GetParam().script; }

const Row kSums[] = {
    {"$var(x) = 1+2*3;", "$var(slot:0) = 7"},
    {"$var(x) = \"a\"+1+2;", "$var(slot:0) = \"a12\""},
    {"$var(x) = \"a\"+(1+2);", "$var(slot:0) = \"a3\""},
    {"$var(x) = $var(i)+1;", "$var(slot:0) = (+any $var(slot:1) (to-any 1))"},
    {"$var(x) = 1+$var(i);", "$var(slot:0) = (+ 1 (to-int $var(slot:1)))"},
    {"$var(x) = $rU+1;", "$var(slot:0) = (concat $rU \"1\")"},
    {"$var(x) = $rU+\"@\"+\"b\"+$rm;", "$var(slot:0) = (concat $rU \"@b\" $rm)"},
    {"$var(x) = $null+1;", "$var(slot:0) = \"1\""},
    {"$var(x) = ($rU+1)*2;", "$var(slot:0) = (* (+ (to-int $rU) 1) 2)"},  // where an int is wanted + is a sum
    {"$var(x) = 5+($rU+1);", "$var(slot:0) = (+ 5 (+ (to-int $rU) 1))"},
    {"$var(x) = $ml+\"5\";", "$var(slot:0) = (+ $ml 5)"},
    {"$var(x) = \"p\"+$var(a)+1+2*3;", "$var(slot:0) = (concat \"p\" $var(slot:1) \"16\")"},
    {"$var(x) = $rU+\"\";", "$var(slot:0) = (concat $rU)"},
    {"$var(x) = (str)5+1;", "$var(slot:0) = \"51\""},
    {"$var(x) = (int)\"5\"+1;", "$var(slot:0) = 6"},
    {"$var(x) = \"n=\" + -5;", "$var(slot:0) = \"n=-5\""},
    {"$var(x) = \"b=\" + (1==1);", "$var(slot:0) = \"b=1\""},
};
INSTANTIATE_TEST_SUITE_P(Sums, Lowered, testing::ValuesIn(kSums));

const Row kFolds[] = {
    {"$var(x) = -7/2;", "$var(slot:0) = -3"},
    {"$var(x) = -7 mod 2;", "$var(slot:0) = -1"},
    {"$var(x) = 7/-2;", "$var(slot:0) = -3"},
    {"$var(x) = -5 mod 3;", "$var(slot:0) = -2"},
    {"$var(x) = -7>>1;", "$var(slot:0) = -4"},
    {"$var(x) = 1<<33;", "$var(slot:0) = 8589934592"},
    {"$var(x) = ~5;", "$var(slot:0) = -6"},
    {"$var(x) = 6^3;", "$var(slot:0) = 5"},
    {"$var(x) = 6&2==2;", "$var(slot:0) = 0"},
    {"$var(x) = 1==1==1;", "$var(slot:0) = 1"},
    {"$var(x) = 3>2>1;", "$var(slot:0) = 0"},
    {"$var(x) = !0==0;", "$var(slot:0) = 0"},
    {"$var(x) = (int)\"0x1F\";", "$var(slot:0) = 31"},
    {"$var(x) = (int)\"+17\";", "$var(slot:0) = 17"},
    {"$var(x) = (int)\"010\";", "$var(slot:0) = 10"},
    {"$var(x) = (int)\"\";", "$var(slot:0) = 0"},
    {"$var(x) = (int)\"12abc\";", "$var(slot:0) = 0"},
    {"$var(x) = (int)\"42 \";", "$var(slot:0) = 0"},
    {"$var(x) = is_method(\"INVITE\") & (int)\"42 \";", "$var(slot:0) = 0"},
    {"$var(x) = -1 && 2;", "$var(slot:0) = 1"},
    {"$var(x) = -1 && 1;", "$var(slot:0) = 1"},
    {"$var(x) = strlen(\"abc\");", "$var(slot:0) = 3"},
    {"$var(x) = strempty(\"\");", "$var(slot:0) = 1"},
    {"$var(x) = \"7\" == 7;", "$var(slot:0) = 1"},
    {"$var(x) = \"07\" == 7;", "$var(slot:0) = 0"},
    {"$var(x) = selval(1, 2, 3)+1;", "$var(slot:0) = 3"},
    {"$var(x) = yes;", "$var(slot:0) = 1"},
};
INSTANTIATE_TEST_SUITE_P(Folds, Lowered, testing::ValuesIn(kFolds));

const Row kComparisons[] = {
    {"$var(x) = 5 == $var(s);", "$var(slot:0) = (eq-int 5 (to-int $var(slot:1)))"},
    {"$var(x) = $var(s) == 5;", "$var(slot:0) = (eq-any $var(slot:1) (to-any 5))"},
    {"$var(x) = $rU == \"bob\";", "$var(slot:0) = (eq-text $rU \"bob\")"},
    {"$var(x) = $rU == 100;", "$var(slot:0) = (eq-any (to-any $rU) (to-any 100))"},
    {"$var(x) = $rm == $var(s);", "$var(slot:0) = (eq-text $rm (to-text $var(slot:1)))"},
    {"$var(x) = $ml == \"abc\";", "$var(slot:0) = (eq-int $ml (to-int \"abc\"))"},
    {"$var(x) = $rU eq 5;", "$var(slot:0) = (eq-text $rU \"5\")"},
    {"$var(x) = $rU ieq 5;", "$var(slot:0) = (eq-int (to-int $rU) 5)"},
    {"$var(x) = $rU != \"\";", "$var(slot:0) = (ne-text $rU \"\")"},
    {"$var(x) = $rU == \"\";", "$var(slot:0) = (strempty $rU)"},
    {"$var(x) = $var(z) == \"\";", "$var(slot:0) = (strempty (to-text $var(slot:1)))"},
    {"$var(x) = $rU == $null;", "$var(slot:0) = (not (defined (to-any $rU)))"},
    {"$var(x) = $rU != $null;", "$var(slot:0) = (defined (to-any $rU))"},
    {"$var(x) = $var(a) == $null;", "$var(slot:0) = 0"},
    {"$var(x) = $null == $rU;", "$var(slot:0) = (eq-any null (to-any $rU))"},
    {"$var(x) = defined $avp(n);", "$var(slot:0) = (defined $avp(\"n\"))"},
    {"$var(x) = defined ($avp(n)+1);", "$var(slot:0) = 1"},
    {"$var(x) = defined $null;", "$var(slot:0) = 0"},
    {"$var(x) = $rU =~ \"^a\";", "$var(slot:0) = (match /^a/ $rU)"},
    {"$var(x) = $rU =~ $var(p);", "$var(slot:0) = (match-dynamic $rU (to-text $var(slot:1)))"},
    {"$var(x) = $rU > 5;", "$var(slot:0) = (> (to-int $rU) 5)"},
};
INSTANTIATE_TEST_SUITE_P(Comparisons, Lowered, testing::ValuesIn(kComparisons));

const Row kRewrites[] = {
    {"$var(x) = $var(a) && 1;", "$var(slot:0) = (to-int $var(slot:1))"},
    {"$var(x) = 1 && $var(a);", "$var(slot:0) = (to-int $var(slot:1))"},
    {"$var(x) = $var(a) || 0;", "$var(slot:0) = (to-int $var(slot:1))"},
    {"$var(x) = route(A) && 0;", "$var(slot:0) = 0"},
    {"$var(x) = route(A) && $null;", "$var(slot:0) = (and (truth (call-route route_A)) 0)"},  // $null is no constant
    {"$var(x) = $var(a) && defined $var(x);", "$var(slot:0) = (and (to-int $var(slot:1)) 1)"},
    {"$var(x) = route(A) || 1;", "$var(slot:0) = 1"},
    {"$var(x) = $var(a) * 0;", "$var(slot:0) = 0"},
    {"$var(x) = $var(a) & 0;", "$var(slot:0) = 0"},
    {"$var(x) = is_method(\"BYE\") && 1;", "$var(slot:0) = (is_method 8)"},
    {"if (is_method(\"BYE\") && 1) exit;", "if (truth (is_method 8))\n    exit"},
    {"return is_method(\"BYE\");", "return (truth (is_method 8))"},
    {"$var(x) = $var(a) && 2;", "$var(slot:0) = (and (to-int $var(slot:1)) 2)"},
};
INSTANTIATE_TEST_SUITE_P(Rewrites, Lowered, testing::ValuesIn(kRewrites));

const Row kCalls[] = {
    {"is_method(\"INVITE|ACK\");", "(is_method 5)"},
    {"$var(x) = is_method(\"BYE\");", "$var(slot:0) = (is_method 8)"},
    {"$var(x) = is_method(\"BYE\")+5;", "$var(slot:0) = (+ (truth (is_method 8)) 5)"},
    {"$var(x) = !is_method(\"BYE\");", "$var(slot:0) = (not (truth (is_method 8)))"},
    {"if (is_method(\"BYE\")) exit;", "if (truth (is_method 8))\n    exit"},
    {"$var(x) = route(A);", "$var(slot:0) = (call-route route_A)"},
    {"route($var(n));", "(call-route-named (to-text $var(slot:0)))"},
    {"route(\"T\" + $var(n));", "(call-route-named (concat \"T\" $var(slot:0)))"},
    {"sl_send_reply(\"4\"+\"04\", \"no $rU\");", "(sl_send_reply 404 (format \"no \" $rU))"},
    {"sl_send_reply(\"$var(c)\", \"OK\");", "(sl_send_reply $var(slot:0) \"OK\")"},
    {"append_branch($var(u), \"0.5\");", "(append_branch (to-text $var(slot:0)) \"0.5\")"},
    {"setbflag($var(i));", "(setbflag (to-int $var(slot:0)))"},
    {"is_present_hf(\"f\");", "(is_present_hf header:f#2)"},
    {"is_present_hf($var(h));", "(is_present_hf (to-text $var(slot:0)))"},
    {"is_present_hf(\"X-Mine\");", "(is_present_hf header:X-Mine)"},
    {"search(\"^a[0-9]+\");", "(search /^a[0-9]+/)"},
    {"pv_isset(\"$avp(x)\");", "(pv_isset &$avp(\"x\"))"},
    {"pv_isset($rU);", "(pv_isset &$rU)"},
    {"setflag(3);", "(setflag 3)"},
    {"forward(\"192.0.2.1\", 5080);", "(forward \"192.0.2.1\" \"5080\")"},
    {"add_rport();", "(force_rport)"},
};
INSTANTIATE_TEST_SUITE_P(Calls, Lowered, testing::ValuesIn(kCalls));

const Row kVariables[] = {
    {"$avp(x) = $null;", "$avp(\"x\") = null"},
    {"$avp(s:x) = 1;", "$avp(\"x\") = 1"},
    {"$avp($var(n)) = 1;", "$avp((to-text $var(slot:0))) = 1"},
    {"$(avp(x)[*]) = $(hdr(Via)[-1]);", "$avp(\"x\")[*] = $hdr(header:Via#1)[-1]"},
    {"$var(x) = $(hdr(X-A)[$var(i)]);", "$var(slot:0) = $hdr(header:X-A)[$var(slot:1)]"},
    {"$xavp(a[0]=>b[$var(i)]) = 2;", "$xavp(a[0]=>b[$var(slot:0)]) = 2"},
    {"$sht(t=>$rU::x) = 1;", "$sht(table:t=>(format $rU \"::x\")) = 1"},
    {"$vn(x) = $(ruri.user);", "$vn(slot:0) = $rU"},
    {"$var(x) = $T_req($ru);", "$var(slot:0) = $T_req(&$ru)"},
    {"$var(x) = $timef(%H $rm);", "$var(slot:0) = $timef((format \"%H \" $rm))"},
    {"$var(x) = $(rU{s.substr,1,$var(n)}{s.len});",
     "$var(slot:0) = ({s.len} (to-any ({s.substr} (to-any $rU) 1 $var(slot:1))))"},
    {"$var(x) = $(rU{s.prefixes});", "$var(slot:0) = ({s.prefixes} (to-any $rU))"},
    {"$var(x) = $(rU{s.select,1,a});", "$var(slot:0) = ({s.select} (to-any $rU) \"1,a\")"},
    {"$var(x) = $_s(a $rU $$);", "$var(slot:0) = (format \"a \" $rU \" $\")"},
    {"$var(x) = $_s(plain);", "$var(slot:0) = \"plain\""},
    {"$var(x) = @ruri.user;",
     "$var(slot:0) = (concat (selval (eq-text $rz \"tel\") ({re.subst} (to-any $rU) subst:0) $rU))"},
    {"$var(x) = $?;", "$var(slot:0) = $rc"},
    {"$var(x) = ($var(z)=7);", "$var(slot:0) = (assign $var(slot:1) 7)"},
    {"append_hf(\"X: $null$ml\\r\\n\");", "(append_hf (format \"X: <null>\" $ml \"\\r\\n\"))"},
};
INSTANTIATE_TEST_SUITE_P(Variables, Lowered, testing::ValuesIn(kVariables));

const Row kConditions[] = {
    {"if (method == \"invite\") exit;", "if (eq-text-nocase method \"invite\")\n    exit"},
    {"if (method != INVITE) exit;", "if (ne-text-nocase method \"INVITE\")\n    exit"},
    {"if (uri =~ \"^sip:\") exit;", "if (match /^sip:/ uri)\n    exit"},
    {"if (uri == myself) exit;", "if (myself uri)\n    exit"},
    {"if (myself == uri) exit;", "if (myself uri)\n    exit"},
    {"if (from_uri != myself) exit;", "if (not (myself from_uri))\n    exit"},
    {"if (src_ip == 10.0.0.0/8) exit;", "if (in-network src_ip 10.0.0.0/8)\n    exit"},
    {"if (src_ip != 127.0.0.0/255.0.0.0) exit;", "if (not (in-network src_ip 127.0.0.0/8))\n    exit"},
    {"if (src_ip == \"[::1]\") exit;", "if (in-network src_ip ::1/128)\n    exit"},
    {"if (src_ip == ::1) exit;", "if (in-network src_ip ::1/128)\n    exit"},
    {"if (src_ip == \"a.example\") exit;", "if (is-host src_ip \"a.example\")\n    exit"},
    {"if (src_ip == $var(x)) exit;", "if (is-host src_ip (to-text $var(slot:0)))\n    exit"},
    {"if (src_ip =~ \"127\") exit;", "if (match /127/ src_ip)\n    exit"},
    {"if (proto == TCP) exit;", "if (eq-int proto 2)\n    exit"},
    {"if (af == INET6) exit;", "if (eq-int af 10)\n    exit"},
    {"if (dst_port != 5060) exit;", "if (ne-int dst_port 5060)\n    exit"},
    {"if (msg:len > 100) exit;", "if (> msg:len 100)\n    exit"},
};
INSTANTIATE_TEST_SUITE_P(Conditions, Lowered, testing::ValuesIn(kConditions));

TEST(Expressions, DivisionByAVariableMayFail) {
  const auto script = analyse_script(std::string(kLoadAll) +
                                     "request_route { $var(x) = 1 + 10 / $var(z); $var(x) = 10 / 2 + $var(z); }\n");
  ASSERT_TRUE(script->program) << script->words();
  const program::Block& body = script->program->routes[0].body;
  EXPECT_TRUE(body[0]->value->can_fail);
  EXPECT_FALSE(body[1]->value->can_fail);
}

TEST(Expressions, FormatsHaveALimitAndMayBeNull) {
  const auto script =
      analyse_script(std::string(kLoadAll) + "request_route { append_hf(\"a $rU\"); $var(x) = $_s(b $rU); }\n");
  ASSERT_TRUE(script->program) << script->words();
  const program::Block& body = script->program->routes[0].body;
  EXPECT_EQ(body[0]->value->operands[0].value->limit, 8192);
  EXPECT_EQ(body[1]->value->limit, 8191);
  EXPECT_TRUE(body[1]->value->nullable);
}

TEST(Expressions, SubstitutionsHavePartsAndFlags) {
  const auto script = analyse_script(std::string(kLoadAll) + "request_route { subst('/^(.*)x/a\\1$rU\\/b/ig'); }\n");
  ASSERT_TRUE(script->program) << script->words();
  ASSERT_EQ(script->program->substs.size(), 1u);
  const program::SubstConstant& subst = script->program->substs[0];
  EXPECT_TRUE(subst.all);
  EXPECT_TRUE(script->program->regexes[subst.regex].ignore_case);
  ASSERT_EQ(subst.parts.size(), 4u);
  EXPECT_EQ(subst.parts[0].literal, "a");
  EXPECT_EQ(subst.parts[1].group, 1);
  EXPECT_EQ(subst.parts[2].variable, 1u);
  EXPECT_EQ(subst.parts[3].literal, "/b");
}

TEST(Expressions, VariablesWithTransformationsGoByReference) {
  const auto script = analyse_script(std::string(kLoadAll) + "request_route { subst('/x/$(rU{s.len})/'); }\n");
  ASSERT_TRUE(script->program) << script->words();
  ASSERT_EQ(script->program->substs[0].parts.size(), 1u);
  ASSERT_EQ(script->program->variables.size(), 1u);
  const program::VariableUse& use = script->program->variables[0];
  ASSERT_TRUE(use.value);
  EXPECT_EQ(use.value->type, modules::Type::Any);
  EXPECT_EQ(use.variable, nullptr);
  EXPECT_EQ(use.written, "$(rU{s.len})");
}

}  // namespace
}  // namespace strowger::analysis
