// Variables of a request: the URI, From and To, headers, slots, AVPs, branches, flags.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

using sip::HeaderId;

constexpr std::string_view kRequest =
    "INVITE sip:alice:pw@example.com:5070;transport=tcp;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.11:5080;rport;branch=z9hG4bK-1\r\n"
    "Via: SIP/2.0/TCP 10.1.1.1:5070;branch=z9hG4bK-2;received=10.1.1.2, SIP/2.0/TLS inner.test\r\n"
    "f: \"Bob B\" <sip:bob@biloxi.com:5066;x=1>;tag=ft1;fp=2\r\n"
    "t: Alice <sip:alice@example.com;y=2>\r\n"
    "i: cid@host\r\n"
    "CSeq: 101 INVITE\r\n"
    "m: <sip:a@h>, <sip:b@h>, <sip:c@h>;expires=60\r\n"
    "X-Multi: one\r\n"
    "x-multi: two\r\n"
    "X-MULTI: three, four\r\n"
    "X-Empty:\r\n"
    "Expires: 300\r\n"
    "P-Asserted-Identity: <sip:+1@id.test>, <tel:+1>\r\n"
    "Diversion: <sip:div@div.test;x=1>;reason=unconditional;privacy=off\r\n"
    "Authorization: Digest username=\"au@dom\", realm=\"ar.test\", nonce=\"n\", uri=\"sip:adu@x.test\"\r\n"
    "Content-Length: 10\r\n"
    "\r\n"
    "v=0\r\ns=x\r\n";

class Variables : public ScriptCall {
 protected:
  void SetUp() override {
    slots = {{Text("var:x"), 0}, {Text("vn:x"), 0}};
    ModuleImage module;
    module.name = Text("pv");
    module.start = Pv::start;
    module.worker_start = Pv::worker_start;
    module.stop = Pv::stop;
    world.modules = {module};
    load(std::string(kRequest));
  }
  HeaderName header(std::string_view name) { return {Text(name), static_cast<std::uint64_t>(sip::header_id_of(name))}; }
  std::string uri() { return shown(Pv::get_ru(call)); }
};

TEST_F(Variables, RequestUri) {
  EXPECT_EQ(shown(Pv::get_rU(call)), "alice");
  EXPECT_EQ(shown(Pv::get_rd(call)), "example.com");
  EXPECT_EQ(shown(Pv::get_rp(call)), "5070");
  EXPECT_EQ(shown(Pv::get_rP(call)), "tcp");
  EXPECT_EQ(shown(Pv::get_rz(call)), "tel");
  world.process->settings.phone2tel = false;
  EXPECT_EQ(shown(Pv::get_rz(call)), "sip");
  EXPECT_EQ(Pv::get_rUl(call).number(), 5);
  EXPECT_EQ(Pv::set_rU(call, Value::of(Text("carol"))), 1);
  EXPECT_EQ(uri(), "sip:carol:pw@example.com:5070;transport=tcp;user=phone");
  EXPECT_EQ(Pv::set_rp(call, Value::of(Int{5099})), 1);
  EXPECT_EQ(Pv::set_rp(call, Value::null()), 1);
  EXPECT_EQ(shown(Pv::get_rp(call)), "5060");
  EXPECT_EQ(Pv::set_rU(call, Value::null()), 1);
  EXPECT_EQ(uri(), "sip:example.com;transport=tcp;user=phone");
  EXPECT_TRUE(Pv::get_rU(call).is_null());
  EXPECT_EQ(Pv::set_rU(call, Value::of(Int{123})), -1);
  EXPECT_EQ(Pv::set_rd(call, Value::null()), -1);
  EXPECT_EQ(Pv::set_ru(call, Value::null()), -1);
  EXPECT_EQ(shown(Pv::get_oU(call)), "alice");
  EXPECT_EQ(Pv::set_ru(call, Value::of(Text("sip:h;transport=TLS"))), 1);
  EXPECT_EQ(shown(Pv::get_rp(call)), "5061");
  EXPECT_EQ(shown(Pv::get_nh(call, "p")), "5060");
  EXPECT_EQ(Pv::set_ru(call, Value::of(Text("junk"))), 1);
  EXPECT_TRUE(Pv::get_ru(call).is_null());
  EXPECT_TRUE(shown(Pv::get_ou(call)).starts_with("sip:alice:pw@"));
  EXPECT_TRUE(Pv::get_rd(call).is_null());
  EXPECT_EQ(Pv::set_ru(call, Value::of(Text("tel:+491"))), 1);
  EXPECT_TRUE(Pv::get_rd(call).is_null());
  EXPECT_EQ(shown(Pv::get_rp(call)), "5060");
}

TEST_F(Variables, RequestUriAsReceivedThatIsNone) {
  load("OPTIONS junk SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11:5080\r\n\r\n");
  EXPECT_TRUE(Pv::get_ou(call).is_null());
  EXPECT_EQ(Pv::set_ru(call, Value::of(Text("sip:a@b"))), 1);
  EXPECT_TRUE(Pv::get_ou(call).is_null());
}

TEST_F(Variables, DestinationUri) {
  EXPECT_TRUE(Pv::get_du(call).is_null());
  EXPECT_TRUE(Pv::get_dd(call).is_null());
  EXPECT_EQ(Pv::set_du(call, Value::of(Text("sip:127.0.0.12:5080;transport=tcp"))), 1);
  EXPECT_EQ(shown(Pv::get_dd(call)), "127.0.0.12");
  EXPECT_EQ(shown(Pv::get_dp(call)), "5080");
  EXPECT_EQ(shown(Pv::get_dP(call)), "tcp");
  EXPECT_EQ(shown(Pv::get_nh(call, "d")), "127.0.0.12");
  EXPECT_EQ(shown(Pv::get_nh(call, "i")), "4") << "the IP version";
  EXPECT_EQ(Pv::set_du(call, Value::of(Text("nonsense"))), 1);
  EXPECT_TRUE(Pv::get_dd(call).is_null());
  EXPECT_EQ(Pv::set_du(call, Value::of(Text(""))), 1);
  EXPECT_TRUE(Pv::get_du(call).is_null());
  EXPECT_EQ(shown(Pv::get_nh(call, "U")), "alice");
  EXPECT_EQ(shown(Pv::get_nh(call, "i")), "0") << "a name";
}

TEST_F(Variables, FromAndToAsReceived) {
  EXPECT_EQ(shown(Pv::get_fu(call)), "sip:bob@biloxi.com:5066;x=1");
  EXPECT_EQ(shown(Pv::get_fU(call)), "bob");
  EXPECT_EQ(shown(Pv::get_fd(call)), "biloxi.com");
  EXPECT_EQ(shown(Pv::get_fn(call)), "\"Bob B\"");
  EXPECT_EQ(shown(Pv::get_ft(call)), "ft1");
  EXPECT_EQ(shown(Pv::get_tn(call)), "Alice");
  EXPECT_TRUE(Pv::get_tt(call).is_null());
}

TEST_F(Variables, AssignmentsToFromCombine) {
  EXPECT_EQ(Pv::set_fU(call, Value::of(Text("zed"))), 1);
  EXPECT_EQ(Pv::set_fd(call, Value::of(Text("dom.x"))), 1);
  EXPECT_EQ(Pv::set_fn(call, Value::of(Text("Disp"))), 1);
  EXPECT_EQ(Pv::set_tu(call, Value::of(Text("sip:t@t"))), 1);
  EXPECT_EQ(Pv::set_tn(call, Value::null()), 1);
  EXPECT_EQ(shown(Pv::get_fU(call)), "bob") << "the message as received";
  const std::string out = sent();
  EXPECT_NE(out.find("f: Disp <sip:zed@dom.x:5066;x=1>;tag=ft1;fp=2\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find("t: <sip:t@t>\r\n"), std::string::npos) << out;
  EXPECT_EQ(Pv::set_fU(call, Value::null()), 1);
  EXPECT_EQ(Pv::set_fn(call, Value::of(Text("\"Q D\""))), 1);
  EXPECT_NE(sent().find("f: \"Q D\" <sip:dom.x:5066;x=1>;tag"), std::string::npos) << sent();
  EXPECT_EQ(Pv::set_fu(call, Value::null()), -1);
}

TEST_F(Variables, DisplayNameOfABareUri) {
  load("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: sip:p@f.test;tag=x\r\nTo: sip:q@t.test\r\nCall-ID: c\r\n"
       "CSeq: 1 OPTIONS\r\n\r\n");
  EXPECT_EQ(Pv::set_fn(call, Value::of(Text("N"))), 1);
  EXPECT_EQ(Pv::set_fU(call, Value::of(Text("new"))), 1);
  EXPECT_NE(sent().find("From: N <sip:new@f.test>;tag=x\r\n"), std::string::npos) << sent();
}

TEST_F(Variables, Headers) {
  const HeaderName multi = header("X-mUlti"), contact = header("m");
  EXPECT_EQ(shown(Pv::get_hdr(call, multi, kNoIndex)), "one");
  EXPECT_EQ(shown(Pv::get_hdr(call, multi, 2)), "three, four");
  EXPECT_EQ(shown(Pv::get_hdr(call, multi, -1)), "three, four");
  EXPECT_EQ(shown(Pv::get_hdr(call, multi, -3)), "one");
  EXPECT_TRUE(Pv::get_hdr(call, multi, 3).is_null());
  EXPECT_TRUE(Pv::get_hdr(call, multi, -4).is_null());
  EXPECT_EQ(shown(Pv::get_hdr(call, multi, kAllIndex)), "one,two,three, four");
  EXPECT_EQ(Pv::get_hdrc(call, multi), 3);
  EXPECT_EQ(Pv::get_hdrc(call, header("Nope")), 0);
  EXPECT_TRUE(Pv::get_hdr(call, header("Nope"), kAllIndex).is_null());
  EXPECT_FALSE(Pv::get_hdr(call, header("X-Empty"), kNoIndex).is_null());
  EXPECT_EQ(shown(Pv::get_hfl(call, contact, kNoIndex)), "<sip:c@h>;expires=60") << "the last of a line comes first";
  EXPECT_EQ(shown(Pv::get_hfl(call, contact, 2)), "<sip:a@h>");
  EXPECT_TRUE(Pv::get_hfl(call, contact, -1).is_null());
  EXPECT_EQ(shown(Pv::get_hfl(call, contact, -2)), "<sip:a@h>") << "the last one";
  EXPECT_EQ(shown(Pv::get_hfl(call, contact, kAllIndex)), shown(Pv::get_hdr(call, contact, kAllIndex)));
  EXPECT_EQ(Pv::get_hflc(call, contact), 3);
  EXPECT_EQ(shown(Pv::get_hfl(call, header("Via"), 2)), "SIP/2.0/TLS inner.test");
  EXPECT_EQ(shown(call, Pv::get_expires(call, "min")), "60");
  EXPECT_EQ(shown(call, Pv::get_expires(call, "max")), "300");
}

TEST_F(Variables, PartsOfTheMessage) {
  EXPECT_EQ(shown(Pv::get_cs(call)), "101");
  EXPECT_EQ(shown(call, Pv::get_rs(call)), "<null>");
  EXPECT_EQ(Pv::get_rsi(call), 0);
  EXPECT_EQ(Pv::get_rmid(call), kInvite);
  EXPECT_EQ(shown(Pv::get_rb(call)), "v=0\r\ns=x\r\n");
  EXPECT_EQ(shown(call, Pv::get_cl(call)), "10");
  EXPECT_EQ(shown(call, Pv::get_msg(call, "fline")), "INVITE sip:alice:pw@example.com:5070;transport=tcp;user=phone SIP/2.0");
  EXPECT_TRUE(shown(call, Pv::get_msg(call, "hdrs")).ends_with("Content-Length: 10"));
  EXPECT_EQ(shown(call, Pv::get_via0(call, "port")), "5080");
  EXPECT_EQ(shown(call, Pv::get_via0(call, "rport")), "<null>");
  EXPECT_EQ(shown(call, Pv::get_via1(call, "received")), "10.1.1.2");
  EXPECT_EQ(shown(call, Pv::get_viaZ(call, "host")), "inner.test");
  live.edits.insert(*arena, live.message.headers_end(), "X-New: 1\r\n");
  EXPECT_NE(shown(Pv::get_mbu(call)).find("X-New: 1\r\n\r\nv=0"), std::string::npos);
  EXPECT_EQ(shown(Pv::get_mb(call)), kRequest);
}

TEST_F(Variables, Addresses) {
  EXPECT_EQ(shown(Pv::get_si(call)), "127.0.0.11");
  EXPECT_EQ(Pv::get_sp(call), 5080);
  EXPECT_EQ(shown(Pv::get_su(call)), "sip:127.0.0.11:5080");
  EXPECT_EQ(shown(Pv::get_sut(call)), "sip:127.0.0.11:5080;transport=udp");
  EXPECT_EQ(shown(Pv::get_sas(call)), "udp:127.0.0.11:5080");
  EXPECT_EQ(shown(Pv::get_Ri(call)), "127.0.0.1");
  EXPECT_EQ(shown(Pv::get_RAut(call)), "sip:127.0.0.1:5070;transport=udp");
  EXPECT_EQ(shown(call, Pv::get_af(call, "name")), "IPv4");
  EXPECT_EQ(Pv::set_fs(call, Value::of(Text("udp:127.0.0.1:5070"))), 1);
  EXPECT_EQ(shown(Pv::get_fs(call)), "udp:127.0.0.1:5070");
  EXPECT_EQ(Pv::set_fs(call, Value::of(Text("udp:9.9.9.9:1"))), 1);
  EXPECT_EQ(shown(Pv::get_fs(call)), "udp:127.0.0.1:5070") << "an unknown one changes nothing";
  EXPECT_EQ(Pv::set_fs(call, Value::null()), 1);
  EXPECT_EQ(Pv::get_fsp(call), 0);
  EXPECT_TRUE(Pv::get_snd(call, "ip").is_null());
  live.source = {6, 5080, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  EXPECT_EQ(shown(Pv::get_siz(call)), "[::1]");
  EXPECT_EQ(shown(Pv::get_su(call)), "sip:[::1]:5080");
}

TEST_F(Variables, IdentitiesAndCredentials) {
  EXPECT_EQ(shown(Pv::get_ai(call, kNoIndex)), "sip:+1@id.test");
  EXPECT_EQ(shown(Pv::get_ai(call, 1)), "tel:+1");
  EXPECT_EQ(shown(Pv::get_ai(call, -1)), "sip:+1@id.test");
  EXPECT_TRUE(Pv::get_ai(call, 2).is_null());
  EXPECT_EQ(shown(Pv::get_di(call)), "sip:div@div.test;x=1");
  EXPECT_EQ(shown(Pv::get_dir(call)), "unconditional");
  EXPECT_TRUE(Pv::get_dic(call).is_null());
  EXPECT_EQ(shown(Pv::get_au(call)), "au");
  EXPECT_EQ(shown(Pv::get_ad(call)), "dom");
  EXPECT_EQ(shown(Pv::get_aU(call)), "au@dom");
  EXPECT_EQ(shown(Pv::get_aa(call)), "");
  EXPECT_EQ(Pv::get_AU(call).view(), Pv::get_fU(call).view());   // credentials that nobody has checked
  call.live->authorized_user = "au";
  EXPECT_EQ(shown(Pv::get_AU(call)), "au");
  EXPECT_EQ(shown(Pv::get_Au(call)), "au@ar.test");
}

TEST_F(Variables, SlotsKeepTheirTexts) {
  EXPECT_EQ(shown(call, Pv::get_var(call, 0)), "0");
  EXPECT_EQ(shown(call, Pv::get_vn(call, 1)), "<null>");
  std::string text = "a text that is longer than a small string would be";
  EXPECT_EQ(Pv::set_var(call, 0, Value::of(Text(std::string_view(text)))), 1);
  text.assign(text.size(), 'x');
  EXPECT_EQ(shown(call, Pv::get_var(call, 0)), "a text that is longer than a small string would be");
  const Text own = Pv::get_var(call, 0).text();
  EXPECT_EQ(Pv::set_var(call, 0, Value::of(Text(own.ptr + 2, 4))), 1) << "a part of itself";
  EXPECT_EQ(shown(call, Pv::get_var(call, 0)), "text");
  EXPECT_EQ(Pv::set_var(call, 0, Value::of(Text(""))), 1);
  EXPECT_TRUE(Pv::get_var(call, 0).is_text());
  EXPECT_EQ(Pv::set_var(call, 0, Value::null()), 1);
  EXPECT_EQ(shown(call, Pv::get_var(call, 0)), "0");
  EXPECT_EQ(Pv::set_vn(call, 1, Value::of(Int{-7})), 1);
  EXPECT_EQ(Pv::get_vn(call, 1).number(), -7);
}

TEST_F(Variables, AvpsAreAStack) {
  Pv::set_avp(call, "a", kNoIndex, Value::of(Text("1")));
  Pv::set_avp(call, "a", kNoIndex, Value::of(Text("2")));
  Pv::set_avp(call, "s:a", kNoIndex, Value::of(Int{3}));
  EXPECT_EQ(Pv::get_avp(call, "a", kNoIndex).number(), 3);
  EXPECT_EQ(shown(call, Pv::get_avp(call, "a", 2)), "1");
  EXPECT_TRUE(Pv::get_avp(call, "a", 3).is_null());
  EXPECT_TRUE(Pv::get_avp(call, "a", -1).is_null());
  EXPECT_EQ(shown(call, Pv::get_avp(call, "a", kAllIndex)), "3, 2, 1");
  EXPECT_EQ(Pv::get_cnt(call, "$avp(a)"), 3);
  Pv::set_avp(call, "a", 1, Value::of(Text("mid")));
  EXPECT_EQ(Pv::get_cnt(call, "$avp(a)"), 4);
  EXPECT_EQ(shown(call, Pv::get_avp(call, "a", 0)), "mid");
  Pv::set_avp(call, "a", kNoIndex, Value::null());
  EXPECT_EQ(Pv::get_avp(call, "a", 0).number(), 3);
  Pv::set_avp(call, "a", kAllIndex, Value::of(Text("x")));
  EXPECT_EQ(Pv::get_cnt(call, "$avp(a)"), 1);
  Pv::set_avp(call, "i:5", kNoIndex, Value::of(Int{1}));
  EXPECT_TRUE(Pv::get_avp(call, "5", kNoIndex).is_null());
  EXPECT_TRUE(Pv::get_avp(call, "A", kNoIndex).is_null());
}

struct PathOf {
  std::vector<PathStep> steps;
  Path path;
  PathOf(std::initializer_list<PathStep> list) : steps(list), path{steps.data(), steps.size()} {}
};

TEST_F(Variables, Xavps) {
  const PathOf a({{Text("x")}, {Text("a")}}), b({{Text("x")}, {Text("b")}}), root({{Text("x")}}), a0({{Text("x"), 0}, {Text("a")}}),
      old_a({{Text("x"), 1}, {Text("a")}}), last({{Text("x"), -1}, {Text("a")}}), far({{Text("x"), 5}, {Text("a")}});
  Pv::set_xavp(call, a.path, Value::of(Int{1}));
  Pv::set_xavp(call, b.path, Value::of(Int{2}));
  EXPECT_TRUE(Pv::get_xavp(call, a.path).is_null()) << "each plain assignment is a record of its own";
  EXPECT_EQ(Pv::get_xavp(call, b.path).number(), 2);
  EXPECT_EQ(Pv::get_xavp(call, old_a.path).number(), 1);
  EXPECT_EQ(Pv::get_xavp(call, last.path).number(), 1);
  Pv::set_xavp(call, a0.path, Value::of(Text("A3")));
  EXPECT_EQ(shown(call, Pv::get_xavp(call, a.path)), "A3");
  EXPECT_EQ(Pv::set_xavp(call, far.path, Value::of(Int{9})), 1) << "out of range: nothing";
  EXPECT_EQ(Pv::set_xavp(call, last.path, Value::of(Int{9})), 1);
  EXPECT_EQ(Pv::get_xavp(call, last.path).number(), 1) << "negative indexes only read";
  EXPECT_EQ(Pv::get_cnt(call, "$xavp(x)"), 2);
  Pv::set_xavp(call, a.path, Value::null());
  EXPECT_TRUE(Pv::get_xavp(call, a.path).is_null());
  Pv::set_xavp(call, root.path, Value::null());
  EXPECT_EQ(Pv::get_xavp(call, a.path).number(), 1);
  const PathOf upper({{Text("X")}, {Text("A")}});
  EXPECT_TRUE(Pv::get_xavp(call, upper.path).is_null());
  Pv::set_xavi(call, a.path, Value::of(Int{4}));
  EXPECT_EQ(Pv::get_xavi(call, upper.path).number(), 4);
  const PathOf deep({{Text("u")}, {Text("b")}, {Text("c")}});
  Pv::set_xavu(call, deep.path, Value::of(Int{1}));
  Pv::set_xavu(call, deep.path, Value::of(Int{2}));
  EXPECT_EQ(Pv::get_xavu(call, deep.path).number(), 2);
}

TEST_F(Variables, Branches) {
  EXPECT_TRUE(Pv::get_branch(call, "count", kNoIndex).is_null());
  EXPECT_EQ(Pv::set_br(call, Value::of(Text("sip:b1@h1"))), 1);
  EXPECT_EQ(Pv::set_br(call, Value::of(Text("sip:b2@h2"))), 1);
  EXPECT_EQ(Pv::set_branch(call, "q", 0, Value::of(Int{500})), 1);
  EXPECT_EQ(shown(Pv::get_bR(call)), "<sip:b1@h1>;q=0.5, sip:b2@h2");
  EXPECT_EQ(shown(Pv::get_ds(call)), "Contact: <sip:b1@h1>;q=0.5, <sip:b2@h2>");
  EXPECT_EQ(Pv::set_branch(call, "uri", 7, Value::of(Text("x"))), -1);
  EXPECT_EQ(Pv::set_branch(call, "uri", 0, Value::null()), 1);
  EXPECT_EQ(shown(Pv::get_br(call)), "sip:b2@h2");
  EXPECT_EQ(shown(call, Pv::get_branch(call, "count", kNoIndex)), "1");
  EXPECT_EQ(shown(call, Pv::get_branch(call, "uri", -1)), "sip:b2@h2");
}

TEST_F(Variables, StaticBranchAndSharedVariables) {
  EXPECT_EQ(Pv::sbranch_append(call), -1) << "without a uri";
  EXPECT_EQ(Pv::set_sbranch(call, "uri", Value::of(Text("sip:s@h"))), 1);
  EXPECT_EQ(Pv::set_sbranch(call, "q", Value::of(Int{300})), 1);
  EXPECT_EQ(Pv::set_sbranch(call, "send_socket", Value::of(Text("udp:9.9.9.9:9"))), -1);
  EXPECT_EQ(Pv::set_sbranch(call, "nothing", Value::of(Int{1})), -1);
  EXPECT_EQ(Pv::sbranch_append(call), 1);
  EXPECT_EQ(shown(Pv::get_bR(call)), "<sip:s@h>;q=0.3");
  EXPECT_EQ(Pv::sbranch_set_ruri(call), 1);
  EXPECT_EQ(uri(), "sip:s@h");
  EXPECT_EQ(Pv::sbranch_reset(call), 1);
  EXPECT_TRUE(Pv::get_sbranch(call, "uri").is_null());
  EXPECT_EQ(Pv::get_shv(call, "x").number(), 0);
  EXPECT_EQ(Pv::set_shv(call, "x", Value::of(Text("night"))), 1);
  EXPECT_EQ(shown(call, Pv::get_shv(call, "x")), "night");
  EXPECT_EQ(Pv::set_shv(call, "x", Value::null()), 1);
  EXPECT_EQ(shown(call, Pv::get_shv(call, "x")), "") << "null is stored as an empty text";
}

TEST_F(Variables, Flags) {
  EXPECT_EQ(Pv::set_Mf(call, 31, Value::of(Int{1})), 1);
  EXPECT_EQ(Pv::set_Mf(call, 3, Value::of(Int{1})), 1);
  EXPECT_EQ(Pv::get_mf(call), 2147483656);
  EXPECT_EQ(shown(Pv::get_mF(call)), "80000008");
  EXPECT_EQ(Pv::get_Mf(call, 31), 1);
  EXPECT_EQ(Pv::set_mf(call, Value::null()), 1);
  EXPECT_EQ(Pv::set_mF(call, Value::of(Text("1F"))), -1) << "only an integer sets flags";
  EXPECT_EQ(Pv::get_mf(call), 0);
  EXPECT_EQ(Pv::set_Sf(call, 32, Value::of(Int{1})), -1);
}

TEST_F(Variables, Times) {
  EXPECT_EQ(Pv::get_Ts(call), 1700000000);
  EXPECT_EQ(shown(Pv::get_utimef(call, "%Y-%m-%d %H:%M:%S")), "2023-11-14 22:13:20");
  EXPECT_EQ(shown(call, Pv::get_utime(call, "wday")), "3");
  EXPECT_EQ(shown(call, Pv::get_utime(call, "mon")), "11");
  EXPECT_EQ(shown(call, Pv::get_TV(call, "Sn")), "1700000000.000000");
  EXPECT_TRUE(Pv::get_TV(call, "x").is_null());
}

TEST_F(Variables, Replies) {
  load("SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-1\r\n"
       "Via: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
       "Call-ID: x\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Pv::get_rs(call).number(), 180);
  EXPECT_EQ(shown(Pv::get_rr(call)), "Ringing");
  EXPECT_EQ(shown(Pv::get_rm(call)), "INVITE");
  EXPECT_TRUE(Pv::get_ru(call).is_null());
  EXPECT_TRUE(Pv::get_rU(call).is_null());
  EXPECT_EQ(shown(Pv::get_tt(call)), "2");
  EXPECT_EQ(shown(call, Pv::get_rpl(call, "duri")), "sip:127.0.0.11:5080;transport=udp");
  EXPECT_EQ(shown(call, Pv::get_rpl(call, "cntvia")), "2");
}

}  // namespace
}  // namespace strowger::testing
