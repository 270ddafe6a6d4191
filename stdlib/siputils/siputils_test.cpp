// Tests of siputils: what Kamailio 5.6.3 was seen to answer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <functional>

#include "runtime/script/rewrite_uri.h"
#include "runtime/script/test_world.h"
#include "runtime/sip/edits.h"
#include "siputils.interface.h"

namespace strowger {
namespace {

std::function<void(Call&)>* g_script = nullptr;   // what the running test wants done with the message
Int run_script(Call* call) {
  (*g_script)(*call);
  return 1;
}
std::string g_variable;                           // the variable that tests hand to functions

Value get_variable(Call*) { return Value::of(Text(std::string_view(g_variable))); }
Code set_variable(Call*, Value value) {
  g_variable = value.text().view();
  return 1;
}
const VariableRef kVariable{get_variable, set_variable, "$var(x)"};

class SiputilsTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = run_script;
    ModuleImage module;
    module.worker_start = Siputils::worker_start;
    world.modules = {module};
    world.start();
  }
  void run(std::function<void(Call&)> act, std::string_view uri = "sip:bob@sip.test;p=v;q", std::string_view extra = "") {
    g_script = &act;
    world.receive(test_request("INVITE", uri, "", extra));
  }
  /// The message with its edits.
  static std::string edited(Call& call) {
    char out[4096];
    sip::SendPlan plan;
    plan.arena = call.arena;
    return std::string(out, sip::apply(call.message(), call.live->edits, Text(), plan, out, sizeof out));
  }
  static std::string with(std::string text, std::function<Code(const VariableRef&)> act, Code expected = 1) {
    g_variable = std::move(text);
    EXPECT_EQ(act(kVariable), expected);
    return g_variable;
  }
  TestWorld world;
};

TEST_F(SiputilsTest, UriParameters) {
  run([](Call& c) {
    EXPECT_EQ(Siputils::uri_param(c, "p"), -1);
    EXPECT_EQ(Siputils::uri_param(c, "q"), 1);
    EXPECT_EQ(Siputils::uri_param(c, "q", ""), 1);
    EXPECT_EQ(Siputils::uri_param(c, "p", "v"), 1);
    EXPECT_EQ(Siputils::uri_param(c, "P", "v"), -1) << "the case of the name counts";
    EXPECT_EQ(Siputils::uri_param_any(c, "P"), 1);
    EXPECT_EQ(Siputils::uri_param(c, "p", "V"), -1);
    EXPECT_EQ(Siputils::uri_param_any(c, "p"), 1);
    EXPECT_EQ(Siputils::uri_param_any(c, "z"), -1);
    EXPECT_EQ(with("old", [&](auto& v) { return Siputils::get_uri_param(c, "p", v); }), "v");
    EXPECT_EQ(with("old", [&](auto& v) { return Siputils::get_uri_param(c, "z", v); }, -1), "old");
    EXPECT_EQ(Siputils::add_uri_param(c, "added=yes"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:bob@sip.test;p=v;q;added=yes");
    EXPECT_EQ(Siputils::uri_param_rm(c, "q"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:bob@sip.test;p=v;added=yes");
    set_uri(*c.live, *c.arena, "sip:x@y;a=1?h=1");
    EXPECT_EQ(Siputils::uri_param_rm(c, "a"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:x@y?h=1");
    EXPECT_EQ(Siputils::add_uri_param(c, "zz"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:x@y;zz?h=1");
    set_uri(*c.live, *c.arena, "sip:x@y;p=1;q;p=2;r");          // of several the last one counts
    EXPECT_EQ(Siputils::uri_param(c, "p", "1"), -1);
    EXPECT_EQ(Siputils::uri_param(c, "p", "2"), 1);
    EXPECT_EQ(Siputils::uri_param_rm(c, "p"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:x@y;p=1;q;r");
  });
}

TEST_F(SiputilsTest, TestsOfTexts) {
  run([](Call& c) {
    EXPECT_EQ(Siputils::is_uri(c, "sip:"), -1);
    EXPECT_EQ(Siputils::is_uri(c, "tel:+1"), 1);
    EXPECT_EQ(Siputils::is_uri(c, "urn:service:sos"), 1);
    EXPECT_EQ(Siputils::cmp_uri(c, "sip:a@b", "junk"), -2);
    EXPECT_EQ(Siputils::cmp_uri(c, "sip:a@b", "sip:a@c"), -1);
    EXPECT_EQ(Siputils::cmp_uri(c, "sip:a@b.test", "sip:a@B.TEST"), 1);
    EXPECT_EQ(Siputils::cmp_uri(c, "sip:a@b;x=1", "sip:a@b"), 1);
    EXPECT_EQ(Siputils::cmp_uri(c, "sip:a@b;x=1", "sip:a@b;x=2"), -1);
    EXPECT_EQ(Siputils::cmp_aor(c, "sip:a@b:5060", "sips:a@B"), 1);
    EXPECT_EQ(Siputils::cmp_aor(c, "sip:A@b", "sip:a@b"), -1);
    EXPECT_EQ(Siputils::cmp_aor(c, "sip:a@b:5061", "sip:a@b"), -1);
    EXPECT_EQ(Siputils::cmp_aor(c, "sip:a@b:5061", "sip:a@b:5062"), 1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "f x", "From"), 1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "<f>", "From"), -2);
    EXPECT_EQ(Siputils::cmp_aor(c, "sip:a@b", "junk"), -2);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "f", "FROM"), 1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "X-a", "x-A"), 1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "X-a", "x-b"), -2);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "x-b", "X-a"), -1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "From", "t"), -1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "a", "Accept-Contact"), 1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "g", "Reject-Contact"), -1);
    EXPECT_EQ(Siputils::cmp_hdr_name(c, "", ""), -2);
    EXPECT_EQ(Siputils::cmp_aor(c, "tel:+1", "tel:+1"), 1);
    EXPECT_EQ(Siputils::is_gruu(c, "sip:x@y;gr"), 2);
    EXPECT_EQ(Siputils::is_gruu(c, "sip:x@y;gr=urn"), 1);
    EXPECT_EQ(Siputils::is_gruu(c, "sip:x@y"), -1);
    EXPECT_EQ(Siputils::is_tel_number(c, "+49301234"), 1);
    EXPECT_EQ(Siputils::is_tel_number(c, "+"), -2);
    EXPECT_EQ(Siputils::is_numeric(c, ""), -2);
    EXPECT_EQ(Siputils::is_alphanum(c, "abc123"), 1);
    EXPECT_EQ(Siputils::is_alphanumex(c, "a.b-c", ".-"), 1);
    EXPECT_EQ(Siputils::is_alphanum(c, "a+"), -3);
    EXPECT_EQ(Siputils::is_alphanum(c, ""), -2);
    EXPECT_EQ(Siputils::is_supported(c, "100rel"), 1);
    EXPECT_EQ(Siputils::is_supported(c, "gruu"), -1);
    EXPECT_EQ(Siputils::is_first_hop(c), 1);
    EXPECT_EQ(Siputils::has_totag(c), -1);
    with("+12", [&](auto& v) { return Siputils::is_e164(c, v); });
    with("+1", [&](auto& v) { return Siputils::is_e164(c, v); }, -1);
    with("sip:+123@h", [&](auto& v) { return Siputils::is_uri_user_e164(c, v); });
    with("tel:+123", [&](auto& v) { return Siputils::is_uri_user_e164(c, v); }, -1);
  }, "sip:x@y", "Supported: path,100rel, timer\r\n");
}

TEST_F(SiputilsTest, DatesAreCompared) {
  // The test's clock is at 2023-11-14 22:13:20 UTC.
  const auto check = [this](std::string_view date, Int seconds) {
    Code code = 0;
    run([&](Call& c) { code = Siputils::hdr_date_check(c, seconds); }, "sip:x@y", date);
    return code;
  };
  EXPECT_EQ(check("", 10), -1);
  EXPECT_EQ(check("Date: soon\r\n", 10), -2);
  EXPECT_EQ(check("Date: Tue, 14 Nov 2023 22:13:15 GMT\r\n", 10), 1);
  EXPECT_EQ(check("Date: Tue, 14 Nov 2023 22:13:05 GMT\r\n", 10), -4);
}

TEST_F(SiputilsTest, UrisInVariables) {
  run([](Call& c) {
    static Value source;
    static const VariableRef kSource{[](Call*) { return source; }, nullptr, "$avp(new)"};
    const auto user = [&](Text u) { return [&c, u](auto& v) { source = Value::of(u); return Siputils::set_uri_user(c, v, kSource); }; };
    const auto host = [&](Text h) { return [&c, h](auto& v) { source = Value::of(h); return Siputils::set_uri_host(c, v, kSource); }; };
    EXPECT_EQ(with("sip:a@b", user(Text::null()), -1), "sip:a@b");
    EXPECT_EQ(with("sip:a@b", host(Text::null()), -1), "sip:a@b");
    EXPECT_EQ(with("sip:a:pw@b:1;x=y?h=1", user("")), "sip:b:1;x=y?h=1");
    EXPECT_EQ(with("sip:a:pw@b:1;x=y?h=1", user("z")), "sip:z@b:1;x=y?h=1");
    EXPECT_EQ(with("sip:b:1;x=y?h=1", user("z")), "sip:z@b:1;x=y?h=1");
    EXPECT_EQ(with("<sip:a@b>;q=1", user("z")), "<sip:z@b>;q=1");
    EXPECT_EQ(with("junk", user("z"), -1), "junk");
    EXPECT_EQ(with("sip:a@b:5", host("[::1]")), "sip:a@[::1]:5");
    EXPECT_EQ(with("sip:a@b:5", host(""), -1), "sip:a@b:5");
    EXPECT_EQ(with("sip:b;x=1", host("[::1]")), "sip:[::1];x=1");
    const auto tel = [&](Text uri) { return [&c, uri](auto& v) { return Siputils::tel2sip(c, uri, "h.o", v); }; };
    EXPECT_EQ(with("", tel("tel:+1-(23).4;ext=5;phone-context=+1")), "sip:+1234;ext=5;phone-context=+1@h.o;user=phone");
    EXPECT_EQ(with("old", tel("sip:x@y"), 2), "old");
  });
}

constexpr std::string_view kContacts = "Contact: \"Al\" <sip:al:pw@1.2.3.4:99;transport=tcp;xx=1>;q=0.5, <sip:b2@5.6.7.8>\r\n";

TEST_F(SiputilsTest, ContactsAreEncoded) {
  run([](Call& c) {
    EXPECT_EQ(Siputils::encode_contact(c, "pp", "8.8.8.8:5"), 1);
    EXPECT_NE(edited(c).find("Contact: \"Al\" <sip:pp*al*pw*1.2.3.4*99*tcp@8.8.8.8:5>;q=0.5, <sip:pp*b2**5.6.7.8**@8.8.8.8:5>\r\n"),
              std::string::npos);
    set_uri(*c.live, *c.arena, "sip:pp*al*pw*1.2.3.4*99*tcp@8.8.8.8:5");
    EXPECT_EQ(Siputils::decode_contact(c), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:al:pw@1.2.3.4:99;transport=tcp");
    set_uri(*c.live, *c.arena, "sip:pp*al**1.2.3.4*99*@8.8.8.8:5;x=y");
    EXPECT_EQ(Siputils::decode_contact(c), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:al@1.2.3.4:99;x=y");
    set_uri(*c.live, *c.arena, "sip:junk@8.8.8.8:5;x=y");
    EXPECT_EQ(Siputils::decode_contact(c), -26);
  }, "sip:x@y", kContacts);
}

TEST_F(SiputilsTest, ContactsAreKeptInParameters) {
  run([](Call& c) {
    EXPECT_EQ(Siputils::contact_param_encode(c, "xu", "sip:9.9.9.9:5060"), 1);
    EXPECT_NE(edited(c).find("Contact: \"Al\" <sip:9.9.9.9:5060;xu=c2lwOmFsOnB3QDEuMi4zLjQ6OTk7dHJhbnNwb3J0PXRjcDt4eD0x>;q=0.5, "
                             "<sip:9.9.9.9:5060;xu=c2lwOmIyQDUuNi43Ljg>\r\n"), std::string::npos);
    set_uri(*c.live, *c.arena, "sip:q@8.8.8.8:5;xu=c2lwOmFAYjo1");
    EXPECT_EQ(Siputils::contact_param_decode_ruri(c, "xu"), 1);
    EXPECT_EQ(c.live->uri().view(), "sip:a@b:5");
  }, "sip:x@y", kContacts);
  run([](Call& c) {
    EXPECT_EQ(Siputils::contact_param_rm(c, "xx"), 1);
    EXPECT_NE(edited(c).find("<sip:al:pw@1.2.3.4:99;transport=tcp>;q=0.5, <sip:b2@5.6.7.8>\r\n"), std::string::npos);
  }, "sip:x@y", kContacts);
  run([](Call& c) {
    EXPECT_EQ(Siputils::contact_param_decode(c, "xu"), 1);
    EXPECT_NE(edited(c).find("Contact: <sip:b2@5.6.7.8>;q=1\r\n"), std::string::npos);
  }, "sip:x@y", "Contact: <sip:9.9.9.9:5060;xu=c2lwOmIyQDUuNi43Ljg>;q=1\r\n");
}

TEST_F(SiputilsTest, ChargingVector) {
  constexpr std::string_view kHeader = "P-Charging-Vector: icid-value=\"a;b\" ;orig-ioi=o.test; Term-IOI=t.test\r\n";
  run([](Call& c) {
    EXPECT_EQ(Siputils::get_pcv(c, "value").view(), "\"a;b\"");
    EXPECT_EQ(Siputils::get_pcv(c, "orig").view(), "o.test");
    EXPECT_EQ(Siputils::get_pcv(c, "term").view(), "t.test");
    EXPECT_TRUE(Siputils::get_pcv(c, "genaddr").is_null());
    EXPECT_EQ(Siputils::sip_p_charging_vector(c, "g"), 1);
    EXPECT_NE(edited(c).find("a;b"), std::string::npos);
    EXPECT_EQ(Siputils::sip_p_charging_vector(c, "f"), 1);
    EXPECT_EQ(Siputils::get_pcv(c, "value").len, 32u);
    EXPECT_EQ(edited(c).find("a;b"), std::string::npos);
    EXPECT_NE(edited(c).find("P-Charging-Vector: icid-value=" + std::string(Siputils::get_pcv(c, "value").view()) + "; icid-generated-at="),
              std::string::npos);
    EXPECT_EQ(Siputils::sip_p_charging_vector(c, "q"), 1);
  }, "sip:x@y", kHeader);
  run([](Call& c) {
    EXPECT_EQ(Siputils::sip_p_charging_vector(c, "r"), 1);
    EXPECT_TRUE(Siputils::get_pcv(c, "all").is_null());
    EXPECT_EQ(edited(c).find("P-Charging"), std::string::npos);
  }, "sip:x@y", kHeader);
  run([](Call& c) {
    EXPECT_TRUE(Siputils::get_pcv(c, "all").is_null());
    EXPECT_EQ(Siputils::sip_p_charging_vector(c, "g"), 1);
    EXPECT_TRUE(Siputils::get_pcv(c, "all").view().starts_with("icid-value="));
  }, "sip:x@y", "P-Charging-Vector: nothing\r\n");
}

}  // namespace
}  // namespace strowger
