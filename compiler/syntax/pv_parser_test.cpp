// Variable references and format strings.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/testing.h"

namespace strowger::syntax {
namespace {

/// Printed, or the finding's code.
std::string pv(const std::string& text) {
  diagnostics::Findings findings;
  PvRef out;
  std::size_t used = 0;
  if (!parse_pv(text, {}, out, used, findings)) return findings.all().empty() ? "nothing" : findings.all()[0].code;
  return print(out) + text.substr(used);
}

std::string format(const std::string& text) {
  diagnostics::Findings findings;
  Format out;
  if (!parse_format(text, {}, out, findings)) return findings.all().empty() ? "nothing" : findings.all()[0].code;
  std::string printed;
  for (const FormatPart& part : out) printed += part.variable ? "<" + print(*part.variable) + ">" : part.literal;
  return printed;
}

TEST(Variables, RoundTrip) {
  for (const char* text : {"$rU", "$var(a)", "$(avp(a)[0])", "$(avp(a)[-1])", "$(avp(a)[*])", "$(avp(a)[$var(i)])", "$(rU{s.len})",
                           "$(var(m){s.substr,0,1})", "$(ct{nameaddr.uri}{uri.host})", "$sht(a=>$ci::x)", "$xavp(a[0]=>b[0])", "$(from.user)",
                           "$(hdr(X)[1]{s.select,1,,})", "$(rU{s.encode.hexa})", "$(rU{re.subst,/a{2},b/c}/g})", "$(x{param.count,,})",
                           "$(rU{s.substr,$var(b),$(rd{s.len})})", "$?", "$T_req($rU)", "$_s(x$rU/y$(rd{s.toupper}))"})
    EXPECT_EQ(pv(text), text);
  EXPECT_EQ(pv("$var( a b )"), "$var(a b)");
  EXPECT_EQ(pv("$(rU)"), "$rU");
  EXPECT_EQ(pv("$(x{s.len })"), "$(x{s.len})");
  EXPECT_EQ(pv("$(x{s.len} {s.len} )"), "$(x{s.len}{s.len})");
  EXPECT_EQ(pv("$rU.x"), "$rU.x");
}

TEST(Variables, Refused) {
  for (const char* text : {"$", "$(rU", "$( rU)", "$(rU )", "$(rU {s.len})", "$(x{ s.len})", "$(x{s})", "$(x{s.})", "$(x{s.len)", "$1",
                           "$(avp(a)[x])", "$(avp(a)[0)", "$(avp(a)[ 0 ])", "$()", "$(avp(a", "$var()", "$(x{s.substr,$var(a)b,1})"})
    EXPECT_EQ(pv(text), "E0009") << text;
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "$(x[";
  EXPECT_EQ(pv(deep), "E0009");
}

TEST(Variables, TransformationsKeepTheirArguments) {
  diagnostics::Findings findings;
  PvRef out;
  std::size_t used = 0;
  ASSERT_TRUE(parse_pv("$(rU{s.substr, 1,$var(n)}{s.select,-1, }{s.replace,a,}{encode.x.y})", {}, out, used, findings));
  ASSERT_EQ(out.transforms.size(), 4u);
  EXPECT_EQ(out.transforms[0].klass, "s");
  EXPECT_EQ(out.transforms[0].op, "substr");
  ASSERT_EQ(out.transforms[0].args.size(), 2u);
  EXPECT_EQ(out.transforms[0].args[0].literal, "1");
  ASSERT_TRUE(out.transforms[0].args[1].variable);
  EXPECT_EQ(out.transforms[0].args[1].variable->inner, "n");
  EXPECT_EQ(out.transforms[0].raw_args, " 1,$var(n)");
  ASSERT_EQ(out.transforms[1].args.size(), 2u);
  EXPECT_EQ(out.transforms[1].args[1].literal, " ");
  ASSERT_EQ(out.transforms[2].args.size(), 2u);
  EXPECT_EQ(out.transforms[2].args[1].literal, "");
  EXPECT_EQ(out.transforms[3].op, "x.y");
}

TEST(Formats, NamesAreGreedy) {
  EXPECT_EQ(format("a $rU-x"), "a <$rU>-x");
  EXPECT_EQ(format("$rU@$rd:"), "<$rU>@<$rd>:");
  EXPECT_EQ(format("$rU[0]{s.len}"), "<$rU>[0]{s.len}");
  EXPECT_EQ(format("$rU."), "<$(rU.)>");  // the name "rU.", which no module has
  EXPECT_EQ(format("$rU_x"), "<$rU_x>");
  EXPECT_EQ(format("$(rU).x"), "<$rU>.x");
  EXPECT_EQ(format("$$ %d $$rU"), "$ %d $rU");
  EXPECT_EQ(format("$var(a)$hdr(b)c"), "<$var(a)><$hdr(b)>c");
  EXPECT_EQ(format(""), "");
  for (const char* text : {"$", "a $ b", "$1", "$(rU", "$-"}) EXPECT_EQ(format(text), "E0009") << text;
}

TEST(Formats, PlainMeansWithoutVariables) {
  diagnostics::Findings findings;
  Format plain, mixed;
  ASSERT_TRUE(parse_format("a$$b", {}, plain, findings));
  ASSERT_TRUE(parse_format("a$rU", {}, mixed, findings));
  EXPECT_TRUE(is_plain(plain));
  EXPECT_FALSE(is_plain(mixed));
}

TEST(Formats, PointIntoTheString) {
  const auto parsed = parse_script("request_route { xlog(\"a\\n$rU$(bad\"); }\n");
  const Expr& arg = *parsed->ast.routes.at(0).body.at(0)->expr->args.at(0);
  Format out;
  EXPECT_FALSE(parse_format(arg.text, arg.span, out, parsed->findings));
  EXPECT_EQ(parsed->codes(), "E0009 1:29");
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[1].span.column(), 26u);
  EXPECT_EQ(out[1].span.length, 3u);
}

TEST(Variables, InCodePointAtTheFault) {
  EXPECT_EQ(body_codes("$var(a) = $(rU {s.len});"), "E0009 2:15");
  EXPECT_EQ(body_codes("$var(a) = $( rU);"), "E0009 2:11");
  EXPECT_EQ(body_codes("$var(a) = $(rU;"), "E0009 2:11");
  EXPECT_EQ(body_codes("$var (a) = 1;"), "E0001 2:6");
  EXPECT_EQ(body_codes("$from.user = \"x\";"), "E0001 2:6");
}

}  // namespace
}  // namespace strowger::syntax
