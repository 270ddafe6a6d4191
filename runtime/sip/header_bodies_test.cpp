// Bodies of headers: Via values, name-addrs, CSeq.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <string>

#include "runtime/sip/message.h"

namespace strowger::sip {
namespace {

constexpr const char* kBad = "bad";

std::string show(Text text) { return text.is_null() ? "-" : std::string(text.view()); }

// display|uri|params, as Kamailio reads a From or To.
TEST(NameAddr, is_read_as_kamailio_reads_to) {
  struct Row { const char *value, *expected, *tag; };
  const Row rows[] = {
      {"\"Bob B\" <sip:bob@x.com;t=1>;tag=abc;q=1", "\"Bob B\"|sip:bob@x.com;t=1|tag=abc;q=1", "abc"},
      {"Bob <sip:bob@x.com>", "Bob|sip:bob@x.com|-", "-"},
      {"sip:bob@x.com;tag=zz", "-|sip:bob@x.com|tag=zz", "zz"},
      {"<sip:bob@x.com>;q=1, <sip:al@y>", kBad, ""},
      {"Bob <sip:bob@x.com", kBad, ""},
      {"junk", "-|junk|-", "-"},
      {"*", "-|*|-", "-"},
      {"", kBad, ""},
      {"\"Multi\" \"Quote\" <sip:x@y>", kBad, ""},
      {"\"A\" B <sip:x@y>", kBad, ""},
      {"A \"B\" <sip:x@y>", kBad, ""},
      {"\"Open <sip:x@y>", kBad, ""},
      {"<sip:x@y>;tag=a;tag=b", "-|sip:x@y|tag=a;tag=b", "b"},
      {"sip:x@y?h=1;tag=5", "-|sip:x@y?h=1|tag=5", "5"},
      {"A B <sip:x@y> ; tag = 7 ", "A B|sip:x@y|tag = 7", "7"},
      {"<sip:x@y>junk", kBad, ""},
      {"<>", kBad, ""},
      {"<junk>", "-|junk|-", "-"},
      {"sip:x@y tag=5", kBad, ""},
      {"<sip:x@y>;", kBad, ""},
      {"<sip:x@y>;;tag=5", kBad, ""},
      {"<sip:x@y>;tag=", "-|sip:x@y|tag=", "-"},
      {"<sip:x@y>;tag", "-|sip:x@y|tag", "-"},
      {"A<sip:x@y>", "A|sip:x@y|-", "-"},
      {"\"A\"<sip:x@y>", "\"A\"|sip:x@y|-", "-"},
      {"A, B <sip:x@y>", "A, B|sip:x@y|-", "-"},
      {"\"a\\\"b\" <sip:x@y>;tag=\"q\"", "\"a\\\"b\"|sip:x@y|tag=\"q\"", "q"},
      {"<sip:x@y;a=\">\">;tag=1", kBad, ""},
      {"sip:x@y,z", "-|sip:x@y,z|-", "-"},
      {"< sip:x@y >;tag=1", "-|sip:x@y|tag=1", "1"},
      {"A\r\n B\r\n <sip:x@y>\r\n ;\r\n tag\r\n =\r\n 5", "A\r\n B|sip:x@y|tag\r\n =\r\n 5", "5"},
      {"<sip:x@y>;TAG=9", "-|sip:x@y|TAG=9", "9"},
      {"sip:x@y ;tag=5", "-|sip:x@y|tag=5", "5"},
      {"<sip:x@y>;a=b c;tag=4", kBad, ""},
      {"<sip:x@y>;tag=\"5", kBad, ""},
      {"<<sip:x@y>>", kBad, ""},
      {"A;b <sip:x@y>;tag=1", kBad, ""},
      {"sip:x y", kBad, ""},
      {"token1~` token2'+_ token3*%!.- <sip:a@sip.test>;tag=odd3", "token1~` token2'+_ token3*%!.-|sip:a@sip.test|tag=odd3", "odd3"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.value);
    const auto a = parse_name_addr(std::string_view(row.value));
    const std::string seen = a ? show(a->display) + "|" + show(a->uri) + "|" + show(a->params) : kBad;
    EXPECT_EQ(seen, row.expected);
    if (a) EXPECT_EQ(show(tag_of(*a)), row.tag);
  }
}

TEST(NameAddr, is_read_from_lists) {
  struct Row { const char *list, *expected; };
  const Row rows[] = {
      {"<sip:a>, <sip:b>", "[<sip:a>][<sip:b>]"},
      {"<sip:a,b>;x=\"1,2\";lr ,\r\n \"B, C\" <sip:c> , sip:d;q=0.5,sip:e", "[<sip:a,b>;x=\"1,2\";lr][\"B, C\" <sip:c>][sip:d;q=0.5][sip:e]"},
      {"<sip:a>,,<sip:b>,", "[<sip:a>][<sip:b>]"},
      {"<sip:a>;;q=1,<sip:b>", "[<sip:a>;;q=1][<sip:b>]"},
      {"*", "[*]"},
      {"", ""},
      {" , ", ""},
      {"<sip:a>, \"bad", "[<sip:a>]"},
  };
  for (const Row& row : rows) {
    std::string seen;
    Text rest = std::string_view(row.list);
    while (const auto a = next_name_addr(rest)) seen += "[" + show(a->whole) + "]";
    EXPECT_EQ(seen, row.expected) << row.list;
  }
}

TEST(NameAddr, has_parameters) {
  const auto a = parse_name_addr("<sip:a;lr>;expires=60;Q=\"0.5\";flag");
  ASSERT_TRUE(a);
  EXPECT_TRUE(a->bracketed);
  EXPECT_EQ(show(a->param("EXPIRES")), "60");
  EXPECT_EQ(show(a->param("q")), "0.5");
  EXPECT_EQ(show(a->param("flag")), "");
  EXPECT_EQ(show(a->param("lr")), "-");
}

// transport|host|port|branch|received|rport
TEST(Via, is_read_as_kamailio_reads_it) {
  struct Row { const char *value, *expected; };
  const Row rows[] = {
      {"SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1", "UDP|127.0.0.1|5060|z9hG4bK1|-|-"},
      {"SIP/2.0/UDP h;rport;branch=b;received=1.2.3.4", "UDP|h|0|b|1.2.3.4|"},
      {"SIP/2.0/TLS [2001:db8::1]:5061;rport=77;branch=b", "TLS|[2001:db8::1]|5061|b|-|77"},
      {"SIP/2.0/UDP [::1];received=[::2];branch=b", "UDP|[::1]|0|b|[::2]|-"},
      {"SIP/2.0/UDP 127.0.0.1 : 26172 ; branch = x", "UDP|127.0.0.1|26172|x|-|-"},
      {"SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw", "UDP|192.0.2.2|0|390skdjuw|-|-"},
      {"sip/2.0/udp h;BRANCH=b", "udp|h|0|b|-|-"},
      {"SIP/2.0/UDP\th;branch=b;branch=c", "UDP|h|0|c|-|-"},
      {"SIP/2.0/UDP h_o%st;branch=b", "UDP|h_o%st|0|b|-|-"},
      {"SIP/2.0/UDP h;branch=x (comment, y)", "UDP|h|0|x|-|-"},
      {"SIP/2.0/UDP h;a=\"x;y,z\";branch=b", "UDP|h|0|b|-|-"},
      {"SIP/2.0/UDP h:0;branch=b", "UDP|h|0|b|-|-"},
      {"SIP/2.0/UDP h", "UDP|h|0|-|-|-"},
      {"SIP/2.0/UDP h;alias;i=3;branch=a@b", "UDP|h|0|a@b|-|-"},
      {"HTTP/2.0/UDP h", kBad},
      {"SIP/3.0/UDP h", kBad},
      {"SIP/2.0/UDP", kBad},
      {"SIP/2.0/UDP ", kBad},
      {"", kBad},
      {"SIP/2.0/UDP h:abc", kBad},
      {"SIP/2.0/UDP h:99999", kBad},
      {"SIP/2.0/UDP h:;branch=b", kBad},
      {"SIP/2.0/UDP h;branch", kBad},
      {"SIP/2.0/UDP h;branch=", kBad},
      {"SIP/2.0/UDP h;;;branch=x", kBad},
      {"SIP/2.0/UDP h;", kBad},
      {"SIP/2.0/UDP h junk", kBad},
      {"SIP/2.0/UDP h;branch=b x;y", kBad},
      {"SIP/2.0/UDP h;a=\"x", kBad},
      {"SIP/2.0/UDP [::1;branch=b", kBad},
      {"SIP/2.0/UDP ::1;branch=b", kBad},
      {"SIP/2.0/ h;branch=b", kBad},
      {",SIP/2.0/UDP h", kBad},
  };
  for (const Row& row : rows) {
    Text rest = std::string_view(row.value);
    const auto v = next_via(rest);
    const std::string seen = v ? show(v->transport) + "|" + show(v->host) + "|" + std::to_string(v->port) + "|" + show(v->branch) +
                                     "|" + show(v->received) + "|" + show(v->rport)
                               : kBad;
    EXPECT_EQ(seen, row.expected) << row.value;
    if (v) EXPECT_EQ(v->has_rport, !v->rport.is_null());
  }
}

TEST(Via, values_are_separated_by_commas) {
  Text rest("SIP/2.0/UDP a;branch=1 ,\r\n SIP/2.0/TCP b;branch=2;x=\"p,q\",,SIP/2.0/FOO c");
  std::string seen;
  while (const auto v = next_via(rest)) seen += "[" + show(v->whole) + "]" + show(v->params) + (v->protocol == Protocol::Any ? "?" : "");
  EXPECT_EQ(seen, "[SIP/2.0/UDP a;branch=1]branch=1[SIP/2.0/TCP b;branch=2;x=\"p,q\"]branch=2;x=\"p,q\"[SIP/2.0/FOO c]-?");
  EXPECT_TRUE(rest.empty());
}

TEST(Via, has_parameters) {
  Text rest("SIP/2.0/UDP a;ttl=16;maddr=224.2.0.1;i=4;alias;branch=1");
  const auto v = next_via(rest);
  ASSERT_TRUE(v);
  EXPECT_EQ(show(v->param("TTL")), "16");
  EXPECT_EQ(show(v->param("maddr")), "224.2.0.1");
  EXPECT_EQ(show(v->param("i")), "4");
  EXPECT_EQ(show(v->param("alias")), "");
  EXPECT_EQ(show(v->param("received")), "-");
  EXPECT_EQ(show(v->version), "SIP/2.0");
}

TEST(CSeq, is_a_number_and_a_method) {
  struct Row { const char* value; const char* expected; };
  for (const Row& row : {Row{"1 OPTIONS", "1|1|OPTIONS"}, Row{"0009\r\n  INVITE", "9|0009|INVITE"}, Row{"  1\tACK  ", "1|1|ACK"},
                         Row{"OPTIONS 1", "0|OPTIONS|1"}, Row{"99999999999 BYE", "0|99999999999|BYE"}, Row{"1", kBad}, Row{"", kBad},
                         Row{"1 A B", kBad}, Row{"1OPTIONS", kBad}}) {
    const auto c = parse_cseq(std::string_view(row.value));
    EXPECT_EQ(c ? std::to_string(c->number) + "|" + show(c->number_text) + "|" + show(c->method) : kBad, row.expected) << row.value;
  }
}

}  // namespace
}  // namespace strowger::sip
