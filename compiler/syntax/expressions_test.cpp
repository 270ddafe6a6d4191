// Numbers, strings, precedence and core conditions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/literal.h"
#include "compiler/syntax/testing.h"

namespace strowger::syntax {
namespace {

struct Row {
  const char* script;
  const char* expected;
};

void expect_expressions(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(parse_expression(row.script), row.expected) << row.script;
}

TEST(Numbers, AreCutTo32Bits) {
  expect_expressions({
      {"0", "0"}, {"42", "42"}, {"0xff", "255"}, {"010", "8"}, {"101b", "5"}, {"11", "11"}, {"0b", "0"},
      {"0x7fffffff", "2147483647"}, {"0xffffffff", "-1"},
      {"yes", "1"}, {"true", "1"}, {"on", "1"}, {"enable", "1"}, {"no", "0"}, {"off", "0"}, {"false", "0"}, {"disable", "0"},
      {"INET", "2"}, {"ipv4", "2"}, {"IPv4", "2"}, {"inet6", "10"}, {"IPV6", "10"}, {"-5", "-5"}, {"- -5", "-(-5)"},
  });
}

TEST(Numbers, ThatAreCutKeepTheirLowBits) {
  for (const auto& [text, value] : {std::pair{"4294967295", -1}, std::pair{"2147483648", INT32_MIN}, std::pair{"99999999999", 1215752191}}) {
    const auto parsed = parse_script(std::string("request_route { $var(a) = ") + text + "; }\n");
    EXPECT_EQ(parsed->ast.routes.at(0).body.at(0)->expr->number, value) << text;
  }
}

TEST(Numbers, RefusesWhatOnlyLooksLikeOne) {
  for (const char* script : {"08", "0x1G", "0XFF", "102b", "1a"}) EXPECT_EQ(parse_expression(script), "E0019 2:11") << script;
  EXPECT_EQ(parse_expression("1.5"), "E0001 2:12");
}

TEST(Strings, DecodeDoubleQuoted) {
  expect_expressions({
      {R"("a\n\t\r\a\"\\")", R"("a\n\t\r\x07\"\\")"},
      {R"("\x41 \101 \1 \. \d \$ \' \e \60")", R"("A A \\1 \\. \\d \\$ \\' \\e 0")"},
      {R"("ab" "cd"
          "ef")", R"("abcdef")"},
      {"\"a\\\nb\"", R"("ab")"},
      {"\"a\nb\"", R"("a\nb")"},
      {"\"# no // comment /* here\"", R"("# no // comment /* here")"},
      {"\"$rU-$rd\"", R"("$rU-$rd")"},
      {R"("a\0b")", R"("a\\0b")"},
  });
}

TEST(Strings, TakeSingleQuotedAsItIs) {
  expect_expressions({{R"('a\n "dq" \\ $rU')", R"("a\\n \"dq\" \\\\ $rU")"}, {"'a\nb'", R"("a\nb")"}});
  EXPECT_EQ(parse_expression("'a' 'b'"), "E0001 2:15");
  EXPECT_EQ(parse_expression("\"a\" 'b'"), "E0001 2:15");
}

TEST(Strings, KeepTheirSourceAndPlace) {
  const auto parsed = parse_script("request_route { xlog(\"L_INFO\", \"a\\tb\"); }\n");
  const Expr& arg = *parsed->ast.routes.at(0).body.at(0)->expr->args.at(1);
  EXPECT_EQ(arg.text, "a\tb");
  EXPECT_EQ(arg.source, "a\\tb");
  EXPECT_EQ(arg.span.column(), 32u);
  EXPECT_EQ(arg.span.length, 6u);
}

TEST(Literals, DecodeMapsOffsets) {
  std::vector<std::uint32_t> offsets;
  EXPECT_EQ(decode_double_quoted(R"(a\n\x41b)", &offsets), "a\nAb");
  EXPECT_EQ(offsets, (std::vector<std::uint32_t>{0, 1, 3, 7, 8}));
}

TEST(Precedence, BitOperatorsBindLooserThanComparisons) {
  expect_expressions({
      {"2+3*4", "(2 + (3 * 4))"}, {"10-3-2", "((10 - 3) - 2)"}, {"10 mod 4*2", "((10 mod 4) * 2)"},
      {"1<<2+1", "(1 << (2 + 1))"}, {"6&2==2", "(6 & (2 == 2))"}, {"1<<2==4", "(1 << (2 == 4))"},
      {"1|2^3", "(1 | (2 ^ 3))"}, {"5^1&1", "((5 ^ 1) & 1)"}, {"1|4&1", "(1 | (4 & 1))"},
      {"1<<3>>1", "(1 << (3 >> 1))"}, {"8>>1<<1", "((8 >> 1) << 1)"}, {"8<<1>>1", "(8 << (1 >> 1))"},
      {"!0==0", "(!0 == 0)"}, {"3<5==1", "((3 < 5) == 1)"}, {"1==5>3", "(1 == (5 > 3))"},
      {"~1+2", "(~1 + 2)"}, {"~$var(a)&0xff", "(~$var(a) & 255)"},
      {"1==1 || 1==2 && 1==2", "((1 == 1) || ((1 == 2) && (1 == 2)))"},
      {"defined $avp(z) && 1==1", "(defined $avp(z) && (1 == 1))"},
      {"(str)5+1", "((str)5 + 1)"}, {"(int)\"5\"+1", "((int)\"5\" + 1)"}, {"(str)(5+1)+\"a\"", "((str)(5 + 1) + \"a\")"},
      {"!$var(x) == 1", "(!$var(x) == 1)"}, {"5 -3", "(5 - 3)"}, {"2*-3", "(2 * -3)"}, {"-7 mod 2", "(-7 mod 2)"},
      {"not 0 and 1 or 0", "((!0 && 1) || 0)"}, {"$rm eq \"A\" and 1 ieq 2", "(($rm eq \"A\") && (1 ieq 2))"},
      {"1==1==1", "((1 == 1) == 1)"}, {"3>2>1", "((3 > 2) > 1)"}, {"1 ^ 2 ^ 3", "((1 ^ 2) ^ 3)"},
      {"\"n=\" + -5", "(\"n=\" + -5)"}, {"1 \\\n + 2", "(1 + 2)"}, {"!!$var(a)", "!!$var(a)"},
  });
}

TEST(Expressions, TakeFunctionalForms) {
  expect_expressions({
      {"strlen($rU)+1", "(strlen($rU) + 1)"}, {"strempty($rU)", "strempty($rU)"},
      {"selval($rU==\"bob\",1,2)+1", "(selval(($rU == \"bob\"), 1, 2) + 1)"},
      {"($var(z)=7)", "($var(z) = 7)"}, {"@ruri.user", "@ruri.user"}, {"@via[1].host + @msg[\"User-Agent\"]", "(@via[1].host + @msg[\"User-Agent\"])"},
      {"route(R)", "route(R)"}, {"route(\"T\" + $var(x))", "route((\"T\" + $var(x)))"}, {"route(7)", "route(7)"},
      {"is_method(\"BYE\") < 0", "(is_method(\"BYE\") < 0)"}, {"!!is_method(\"BYE\")", "!!is_method(\"BYE\")"},
      {"isflagset(3) && 1", "(isflagset(3) && 1)"}, {"f()", "f()"},
  });
  EXPECT_EQ(parse_condition("{ $var(z)=1; }"), "{ assign $var(z) = 1; }");
}

TEST(Expressions, RefuseWhatTheLanguageLacks) {
  for (const char* script : {"1 % 2", "\"a\" . \"b\"", "$rU !~ \"a\"", "seturi($rU)", "1 seq 2", "f(g())", "f(1+g())", "f(\"a\",)"})
    EXPECT_TRUE(parse_expression(script).starts_with("E00")) << script << ": " << parse_expression(script);
  EXPECT_EQ(parse_expression("f(1, g(2))"), "E0026 2:16");
  EXPECT_EQ(parse_expression("1 ? 2 : 3"), "W0004 2:13, E0001 2:15");  // '?' begins no word and is skipped
}

TEST(CoreConditions, TakeTheirOperands) {
  const Row rows[] = {
      {"method==INVITE", "(method == INVITE)"}, {"method=~\"^INV\" && 1", "((method =~ \"^INV\") && 1)"},
      {"uri==myself", "(uri == myself)"}, {"myself==uri", "(uri == myself)"}, {"uri!=myself || method==\"A\"", "((uri != myself) || (method == \"A\"))"},
      {"src_ip==10.0.0.0/8", "(src_ip == 10.0.0.0/8)"}, {"src_ip==127.0.0.0/255.0.0.0", "(src_ip == 127.0.0.0/255.0.0.0)"},
      {"src_ip==[::1]", "(src_ip == ::1)"}, {"src_ip==::1", "(src_ip == ::1)"}, {"src_ip==[::1]/128", "(src_ip == ::1/128)"},
      {"src_ip==2001:db8::1 and 1", "((src_ip == 2001:db8::1) && 1)"}, {"src_ip==a-b.c.d", "(src_ip == a-b.c.d)"},
      {"src_ip==\"127.0.0.1\"", "(src_ip == \"127.0.0.1\")"}, {"src_ip!=myself", "(src_ip != myself)"},
      {"proto==UDP", "(proto == udp)"}, {"proto==wss", "(proto == wss)"}, {"proto==*", "(proto == *)"}, {"proto==1", "(proto == 1)"},
      {"af==INET6", "(af == 10)"}, {"msg:len>=2048", "(msg:len >= 2048)"}, {"dst_port==5060+1 && 1", "((dst_port == (5060 + 1)) && 1)"},
      {"status=~\"1[0-9][0-9]\"", "(status =~ \"1[0-9][0-9]\")"}, {"snd_ip==1.2.3.4", "(snd_ip == 1.2.3.4)"}, {"to_af==INET", "(snd_af == 2)"},
      {"!(from_uri==\"a\")", "!(from_uri == \"a\")"},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_condition(row.script), row.expected) << row.script;
}

TEST(CoreConditions, RefuseOthers) {
  EXPECT_EQ(parse_condition("method>\"a\""), "E0024 2:11");
  EXPECT_EQ(parse_condition("proto=~\"u\""), "E0024 2:10");
  EXPECT_EQ(parse_condition("src_ip<1"), "E0024 2:11");
  EXPECT_EQ(parse_condition("uri==UDP"), "E0025 2:10");
  EXPECT_EQ(parse_condition("src_port==myself"), "E0025 2:15");
  EXPECT_TRUE(parse_condition("msg:len>max_len").starts_with("E0021"));
}

}  // namespace
}  // namespace strowger::syntax
