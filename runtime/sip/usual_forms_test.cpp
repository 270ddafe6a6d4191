// The short ways that parsers take for what nearly all write say what the long ones say: every byte of the usual replaced.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/sip/bodies.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

std::string shown(Text text, const char* base) {
  if (text.is_null()) return "null";
  const bool inside = text.len > 0 || (text.ptr >= base && text.ptr <= base + 400);
  return (inside ? std::to_string(text.ptr - base) : "-") + "+" + std::to_string(text.len);
}

std::string via_of(const std::string& bytes, std::size_t length, bool more) {
  Via via;
  Text rest(bytes.data(), length);
  if (!read_via(rest, via, more ? bytes.data() + bytes.size() : nullptr)) return "bad";
  std::string out = std::to_string(via.port) + (via.has_rport ? " rport " : " ") + std::to_string(static_cast<int>(via.protocol));
  for (const Text text : {via.whole, via.version, via.transport, via.host, via.params, via.branch, via.received, via.rport, rest})
    out += " " + shown(text, bytes.data());
  return out;
}

std::string address_of(const std::string& bytes, std::size_t length, bool more) {
  NameAddr address;
  Text tag;
  if (!read_tagged_address({bytes.data(), length}, address, tag, more ? bytes.data() + bytes.size() : nullptr)) return "bad";
  std::string out = address.bracketed ? "<>" : "bare";
  for (const Text text : {address.whole, address.display, address.uri, address.params, tag}) out += " " + shown(text, bytes.data());
  return out;
}

std::string cseq_of(const std::string& bytes, std::size_t length, bool more) {
  CSeq cseq;
  if (!read_cseq({bytes.data(), length}, cseq, more ? bytes.data() + bytes.size() : nullptr)) return "bad";
  return std::to_string(cseq.number) + " " + shown(cseq.number_text, bytes.data()) + " " + shown(cseq.method, bytes.data());
}

template <class Read>
void compare(const std::vector<std::string>& usual, Read read) {
  const std::string others = std::string("\0\x01\x1f\x7f\x80\xff", 6) + "\t\r\n !\"%'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~rRgG";
  const std::string behind = "\r\nX-Behind: it, and more than sixteen bytes\r\n";
  const auto check = [&](const std::string& value) {
    const std::string bytes = value + behind;
    ASSERT_EQ(read(bytes, value.size(), true), read(bytes, value.size(), false)) << value;
  };
  for (const std::string& value : usual) {
    check(value);
    for (std::size_t at = 0; at < value.size(); ++at) {
      for (const char c : others) {
        std::string changed = value;
        changed[at] = c;
        check(changed);
        check(value.substr(0, at) + c + value.substr(at));
      }
      check(value.substr(0, at));
      check(value.substr(0, at) + value.substr(at + 1));
    }
  }
}

TEST(UsualFormsTest, Via) {
  compare({"SIP/2.0/UDP 127.0.0.11:5080;rport;branch=z9hG4bK-a1",
           "SIP/2.0/UDP proxy.example.org;branch=z9hG4bKsomethingmuchlongerthansixteenbytes;received=192.0.2.1;rport=65535",
           "SIP/2.0/UDP a:1;rport=;branch=x;rport", "SIP/2.0/UDP h:65535;branch=a;branch=b;rport;rport;received=", "SIP/2.0/UDP h",
           "SIP/2.0/UDP h:123456;branch=x", "SIP/2.0/UDP h:000080;i=4", "SIP/2.0/UDP h:65536", "SIP/2.0/UDP h ;a=b, SIP/2.0/TCP g"} , via_of);
}

TEST(UsualFormsTest, Addresses) {
  compare({"<sip:alice@sip.test>", "\"Caller\" <sip:caller@127.0.0.1:5060>;tag=c1-2", "\"a \\\"b\\\" c\"<sip:x;y=z?h=i>;tag=\"t\"",
           "Bob <sip:bob@example.org>;tag=a;x=y", "sip:bob@example.org;tag=1", "<sip:a>;tag=;tag=b"}, address_of);
}

std::string uri_of(const std::string& bytes, std::size_t length, bool more) {
  Uri uri;
  const Text text(bytes.data(), length);
  if (!(more ? read_uri(text, uri) : read_any_uri(text, uri))) return "bad";
  std::string out = std::to_string(static_cast<int>(uri.scheme)) + " " + std::to_string(uri.port);
  for (const Text text : {uri.whole, uri.scheme_text, uri.user, uri.password, uri.host, uri.port_text, uri.params, uri.headers, uri.number_params})
    out += " " + shown(text, bytes.data());
  return out;
}

TEST(UsualFormsTest, Uris) {
  compare({"sip:a", "sip:h:1", "sip:alice@127.0.0.1:5060", "sip:+49-30_1@sip.example.org;transport=tcp;lr", "sip:a:b@h", "sip:h:;x?y=z",
           "sip:u;p=1?q@h:65535?Route=%3Csip:x%3E", "sips:alice@sip.test:5061;transport=tls", "sip:sixteen.bytes.a", "sip:twelve.byte",
           "sip:alice.of.some.length@a.host.of.some.length.example.org:5080;lr=on", "sip:alice@[::1]:5060", "tel:+1;a=b", "sip:x@h;a@b"},
          uri_of);
}

TEST(UsualFormsTest, CSeq) {
  compare({"1 OPTIONS", "1234567 INVITE", "12345678 INVITE", "4294967295 ACK", "102 A", "9 SUBSCRIBE-AND-MORE"}, cseq_of);
}

std::string first_line_of(const std::string& line, bool more) {
  const std::string bytes = line + "\r\nVia: SIP/2.0/UDP h\r\nf: <sip:a>\r\nt: <sip:b>\r\ni: 1\r\nCSeq: 1 A\r\n" +
                            (more ? "Subject: " + std::string(300, 'x') + "\r\n" : "") + "\r\n";
  ChunkPool pool;
  Arena arena(pool);
  const Message m = Message::parse({bytes.data(), bytes.size()}, arena);
  std::string out = std::to_string(static_cast<int>(m.fault())) + (m.runs_script() ? " runs " : " ") + (m.is_request() ? "request " : "reply ") +
                    std::to_string(m.method_bit()) + " " + std::to_string(m.status()) + (m.is_http() ? " http" : "");
  for (const Text text : {m.method(), m.ruri(), m.version(), m.reason(), m.first_line()}) out += " " + shown(text, m.base());
  return out;
}

TEST(UsualFormsTest, FirstLine) {   // the short way is for longer messages only
  const std::string others = std::string("\0\x01\x7f\x80", 4) + "\t\r\n /:sS2@";
  for (const std::string value : {"OPTIONS sip:127.0.0.1:5060 SIP/2.0", "SIP/2.0 200 OK", "A b SIP/2.0", "SUBSCRIBE sip:alice@sip.test SIP/2.0",
                                  "NOMETHODISSOLONG sip:x SIP/2.0", "GET / HTTP/1.1", "INVITE sip:a SIP/2.0 ", "REGISTER sip:b sip/2.0"}) {
    for (std::size_t at = 0; at <= value.size(); ++at) {
      for (const char c : others) {
        std::string changed = value.substr(0, at) + c + value.substr(at);
        ASSERT_EQ(first_line_of(changed, true), first_line_of(changed, false)) << changed;
        if (at < value.size()) changed.erase(at + 1, 1);
        ASSERT_EQ(first_line_of(changed, true), first_line_of(changed, false)) << changed;
      }
      ASSERT_EQ(first_line_of(value.substr(0, at), true), first_line_of(value.substr(0, at), false));
    }
  }
}

TEST(UsualFormsTest, Methods) {
  const std::vector<std::string> names = {"ACK", "BYE", "GET", "PUT", "INFO", "KDMQ", "POST", "PRACK", "REFER", "INVITE", "CANCEL", "NOTIFY",
                                          "UPDATE", "DELETE", "OPTIONS", "MESSAGE", "PUBLISH", "REGISTER", "SUBSCRIBE"};
  const auto slowly = [&](const std::string& method) {
    for (const std::string& name : names)
      if (equal_ignore_case(std::string_view(method), std::string_view(name))) return method_bit_of(std::string_view(name));
    return std::uint32_t{kOtherMethod};
  };
  for (const std::string& name : names) {
    ASSERT_NE(method_bit_of(std::string_view(name)), kOtherMethod) << name;
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = name;
        changed[at] = static_cast<char>(c);
        ASSERT_EQ(method_bit_of(std::string_view(changed)), slowly(changed)) << changed;
      }
    }
  }
}

TEST(UsualFormsTest, Digits) {
  for (std::uint32_t number : {0u, 1u, 9u, 10u, 99u, 5060u, 65535u, 65536u, 99999u, 1234567u}) {
    for (const char stop : {'\0', '/', ':', ';', 'a', '\xff', '\xb0'}) {
      std::string text = std::to_string(number) + stop + "9999999";
      const Digits digits = digits_of(load8(text.data()));
      EXPECT_EQ(digits.count, std::to_string(number).size());
      EXPECT_EQ(digits.number, number);
    }
  }
  EXPECT_EQ(digits_of(load8("x2345678")).count, 0u);
  EXPECT_EQ(digits_of(load8("12345678")).count, 8u);
}

}  // namespace
}  // namespace strowger::sip
