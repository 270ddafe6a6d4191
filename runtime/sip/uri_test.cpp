// URIs: parts, refusals, parameters, comparison.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::sip {
namespace {

constexpr const char* kNull = "-";  // in the tables: the part is absent

std::string show(Text text) { return text.is_null() ? kNull : std::string(text.view()); }

TEST(Uri, has_the_parts_kamailio_sees) {
  struct Row { const char *uri, *scheme, *user, *password, *host, *port, *params, *headers; };
  const Row rows[] = {
      {"sip:alice:secret@example.com:5070;transport=tcp;lr;empty=?Subject=hi&a=b", "sip", "alice", "secret", "example.com",
       "5070", "transport=tcp;lr;empty=", "Subject=hi&a=b"},
      {"sip:bob@h", "sip", "bob", "-", "h", "-", "-", "-"},
      {"sips:bob@[2001:db8::1]:5061;transport=tls", "sips", "bob", "-", "[2001:db8::1]", "5061", "transport=tls", "-"},
      {"sip:example.com", "sip", "-", "-", "example.com", "-", "-", "-"},
      {"sip:a%40b@h;p", "sip", "a%40b", "-", "h", "-", "p", "-"},
      {"tel:+123;ext=5", "tel", "+123", "-", "-", "-", "-", "-"},
      {"SIP:Alice@HOST.com", "SIP", "Alice", "-", "HOST.com", "-", "-", "-"},
      {"sip:a@b;", "sip", "a", "-", "b", "-", "", "-"},
      {"urn:service:sos", "urn", "service", "-", "sos", "-", "-", "-"},
      {"urn:service", "urn", "-", "-", "service", "-", "-", "-"},
      {"sip:x@h:", "sip", "x", "-", "h", "", "-", "-"},
      {"sip:h;x=a@b", "sip", "h;x=a", "-", "b", "-", "-", "-"},
      {"sip:b?h=a@c", "sip", "b?h=a", "-", "c", "-", "-", "-"},
      {"sip:a;b:c@h", "sip", "a;b", "c", "h", "-", "-", "-"},
      {"sip:a:@h", "sip", "a", "", "h", "-", "-", "-"},
      {"sip:a@h:05060", "sip", "a", "-", "h", "05060", "-", "-"},
      {"sip:a@h?", "sip", "a", "-", "h", "-", "-", ""},
      {"sip:[::1]:5", "sip", "-", "-", "[::1]", "5", "-", "-"},
      {"sip:h:50;x", "sip", "-", "-", "h", "50", "x", "-"},
      {"sip:%zz@sip.test", "sip", "%zz", "-", "sip.test", "-", "-", "-"},
      {"sip:my_proxy_1:5070;lr", "sip", "-", "-", "my_proxy_1", "5070", "lr", "-"},
      {"sip:u;x=[1]@h", "sip", "u;x=[1]", "-", "h", "-", "-", "-"},
      {"sip:u?[@h", "sip", "u?[", "-", "h", "-", "-", "-"},
      {"sip:u@[fe80::1%25eth_0]:5", "sip", "u", "-", "[fe80::1%25eth_0]", "5", "-", "-"},
      {"sip:u@h;x=[1]", "sip", "u", "-", "h", "-", "x=[1]", "-"},
      {"sip:a b@h", "sip", "a b", "-", "h", "-", "-", "-"},
      {"sip:a@a..b", "sip", "a", "-", "a..b", "-", "-", "-"},
      {"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@sip.test", "sip",
       "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "-", "sip.test", "-", "-", "-"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.uri);
    const std::optional<Uri> uri = parse_uri(std::string_view(row.uri));
    ASSERT_TRUE(uri);
    EXPECT_EQ(show(uri->scheme_text), row.scheme);
    EXPECT_EQ(show(uri->user), row.user);
    EXPECT_EQ(show(uri->password), row.password);
    EXPECT_EQ(show(uri->host), row.host);
    EXPECT_EQ(show(uri->port_text), row.port);
    EXPECT_EQ(show(uri->params), row.params);
    EXPECT_EQ(show(uri->headers), row.headers);
    EXPECT_EQ(show(uri->whole), row.uri);
  }
}

TEST(Uri, is_refused_where_kamailio_refuses) {
  for (const char* text :
       {"", "42", "notauri", "<sip:a@b>", "http://x/y", "sip:a@b:99999", "sip:a@b:65536", "sip:", "sip:x@@h", "sip:a@b@c",
        "sip:a@b;x=c@d", "sip:a[b@sip.test", "sip:a]b@sip.test", "sip:a:p[q@h", "sip:a:p]q@h", "sip:[u:p@h",
        "sip:[::1]@h", "sip:a@h:005060", "sip:h:005060;x=1?y", "sip:x@h:abc", "sip:x@[::1", "mailto:x@h", "sip:@h", "sip::p@h", "sip:a:b:c@h", "sip:a@h_x",
        "sip:a@[::1]x", "sip:a@[]", "sip:a@h ;x", "sip:a@-", "sip:a@.a", "sip:a@h:50 60", "sip:h:pw", "sip:a:5060;x=1@h",
        "tel:", "urn:a:b:c", "sip:a@h/x", "sip:a@h,b", "sip:a@h>", "sip:2001:db8::1", "sip:?a", "sip:a@h\x01", "sip:a\r\n@h"})
    EXPECT_FALSE(parse_uri(std::string_view(text))) << text;
}

TEST(Uri, port_zero_means_none) {
  EXPECT_EQ(parse_uri("sip:a@h:0")->port, 0);
  EXPECT_EQ(parse_uri("sip:a@h")->port_or_default(), 5060);
  EXPECT_EQ(parse_uri("sips:a@h")->port_or_default(), 5061);
  EXPECT_EQ(parse_uri("sip:a@h:5070")->port_or_default(), 5070);
}

TEST(Uri, last_parameter_of_a_name_wins) {
  EXPECT_EQ(show(parse_uri("sip:a@b;x=1;x=2")->param("x")), "2");
  EXPECT_EQ(show(parse_uri("sip:a@b;X=1")->param("x")), "1");
  EXPECT_EQ(show(parse_uri("sip:a@b;lr")->param("lr")), "");
  EXPECT_EQ(show(parse_uri("sip:a@b;lr")->param("l")), kNull);
  EXPECT_EQ(show(parse_uri("tel:+123;phone-context=+1;isub=5?x=y")->number_params), "phone-context=+1;isub=5");
}

TEST(Uri, protocol_follows_scheme_and_transport) {
  EXPECT_EQ(parse_uri("sip:h")->protocol(), Protocol::Udp);
  EXPECT_EQ(parse_uri("sip:h;transport=TCP")->protocol(), Protocol::Tcp);
  EXPECT_EQ(parse_uri("sips:h")->protocol(), Protocol::Tls);
  EXPECT_EQ(parse_uri("sips:h;transport=tcp")->protocol(), Protocol::Tls);
  EXPECT_EQ(parse_uri("sips:h;transport=ws")->protocol(), Protocol::Wss);
  EXPECT_EQ(parse_uri("sip:h;transport=foo")->protocol(), std::nullopt);
}

TEST(Params, walk_like_the_param_transformation) {
  struct Row { const char* list; char separator; const char* expected; };
  const Row rows[] = {
      {"a=1;b=2;c;d=\"q;r\";e= 5 ;B=9", ';', "a=1 b=2 c d=q;r e=5 B=9 "},
      {"a=1,b=2", ';', "a=1,b=2 "},
      {"a=1|b=2", '|', "a=1 b=2 "},
      {";a=1", ';', " a=1 "},
      {"a=1;", ';', "a=1 "},
      {"a=1;;b=2", ';', "a=1  b=2 "},
      {"=x", ';', "=x "},
      {"a=\"open;b", ';', "a=\"open;b "},
      {"", ';', ""},
  };
  for (const Row& row : rows) {
    std::string seen;
    Text rest = std::string_view(row.list);
    Param param;
    while (next_param(rest, param, row.separator)) {
      seen += std::string(param.name.view());
      if (param.has_value) seen += "=" + std::string(param.value.view());
      seen += ' ';
    }
    EXPECT_EQ(seen, row.expected) << row.list;
  }
}

TEST(SameUri, follows_rfc_3261_19_1_4_as_kamailio_does) {
  struct Row { const char *a, *b; bool same; };
  const Row rows[] = {
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", false},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
      {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", true},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;user=phone", false},
      {"sip:1@biloxi.com;user=PHONE", "sip:1@biloxi.com;user=phone", false},
      {"sip:alice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", true},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
      {"sip:a@b;x=1", "sip:a@B", true},
      {"sip:a@b", "sips:a@b", false},
      {"sip:a@b", "sip:a@b;maddr=1.2.3.4", false},
      {"sip:a@b;x=1", "sip:a@b;maddr=1.2.3.4", true},
      {"sip:a@b;x=1", "sip:a@b;user=phone", false},
      {"sip:b", "sip:a@b", false},
  };
  for (const Row& row : rows) {
    const auto a = parse_uri(std::string_view(row.a)), b = parse_uri(std::string_view(row.b));
    ASSERT_TRUE(a && b) << row.a;
    EXPECT_EQ(same_uri(*a, *b), row.same) << row.a << " " << row.b;
    EXPECT_EQ(same_uri(*b, *a), row.same) << row.b << " " << row.a;
  }
}

}  // namespace
}  // namespace strowger::sip
