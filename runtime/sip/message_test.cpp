// Messages: the index, faults, and the bodies of Via, From, To and CSeq.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/message.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::sip {
namespace {

using std::string_literals::operator""s;

std::string show(Text text) { return text.is_null() ? "-" : std::string(text.view()); }

struct Parts {
  std::string first = "OPTIONS sip:x@sip.test SIP/2.0";
  std::string via = "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-1";
  std::string from = "From: <sip:a@b>;tag=t";
  std::string to = "To: <sip:x@y>";
  std::string call_id = "Call-ID: c1";
  std::string cseq = "CSeq: 1 OPTIONS";
  std::string extra = "";
  std::string end = "Content-Length: 0\r\n\r\n";
  std::string text() const {
    std::string all;
    for (const std::string* line : {&first, &via, &from, &to, &call_id, &cseq, &extra})
      if (!line->empty()) all += *line + "\r\n";
    return all + end;
  }
};

class MessageTest : public testing::Test {
 protected:
  Message parse(const std::string& text) {
    kept_ = text;
    return Message::parse(Text(std::string_view(kept_)), arena_);
  }
  ChunkPool pool_;
  Arena arena_{pool_};
  std::string kept_;
};

// However a line is written, and wherever it stands, it is found: the parser takes usual lines another way than odd ones.
TEST_F(MessageTest, finds_lines_however_they_are_written) {
  const char* const lines[] = {
      "Call-ID: c1\r\n", "call-id: c1\r\n", "Call-ID:c1\r\n", "Call-ID : c1\r\n", "Call-ID:\tc1\r\n", "Call-ID:  c1\r\n",
      "Call-ID: c1\n", "i: c1\r\n", "I:c1\n", "Call-ID:\r\n c1\r\n", "CALL-ID: \r\n\tc1\r\n",
  };
  for (const std::string line : lines) {
    for (std::size_t more : {0, 3, 14, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 200}) {
      Parts parts;
      parts.call_id.clear();
      parts.end = "User-Agent: " + std::string(more, 'x') + "y\r\n" + line + "\r\n";
      Message m = parse(parts.text());
      ASSERT_EQ(m.fault(), ParseFault::None) << line << more;
      EXPECT_EQ(show(trim(m.call_id())), "c1") << line << more;
      EXPECT_EQ(show(m.line(*m.first(HeaderId::CallId))), line) << more;
      EXPECT_EQ(m.value_of(HeaderId::UserAgent).len, more + 1) << line;
      EXPECT_EQ(m.header_count(), 6u) << line << more;
      EXPECT_EQ(m.body().len, 0u) << line << more;
    }
  }
}

TEST_F(MessageTest, refuses_lines_that_look_like_none) {
  for (const std::string& line : {std::string(16, '\0') + " x\r\n", ": a value of nobody\r\n"s, "Call\rID: 1 and more text\r\n"s,
                                  "no colon in this line at all\r\n"s, "Vi\na: SIP/2.0/UDP h;branch=1\r\n"s}) {
    Parts parts;
    parts.end = line + parts.end;
    Message m = parse(parts.text());
    EXPECT_EQ(m.fault(), ParseFault::BadHeader) << line;
    EXPECT_TRUE(m.runs_script()) << line;
  }
}

TEST_F(MessageTest, compact_names_of_rfc_3841) {
  const Message m = parse("OPTIONS sip:b SIP/2.0\r\nA: 1\r\nAccept-Contact: 2\r\nReject-Contact: 3\r\nd: 4\r\n\r\n");
  const Header* a = m.find(HeaderId::Other, "Accept-Contact");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(show(m.value(*a)), "1");
  ASSERT_NE(m.find_next(a, "a"), nullptr);
  EXPECT_EQ(show(m.value(*m.find_next(a, "a"))), "2");
  EXPECT_EQ(show(m.value(*m.find(HeaderId::Other, "J"))), "3");
  EXPECT_EQ(show(m.value(*m.find(HeaderId::Other, "request-disposition"))), "4");
}

TEST_F(MessageTest, indexes_a_request) {
  Message m = parse(
      "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nX-A: 1\r\nf: \"A\" <sip:a@b>;tag=1\r\n"
      "t: <sip:bob@example.com>\r\ni: id\r\nCSeq: 7 INVITE\r\nx-a :\t 2  \r\nContact: <sip:c>\r\nX-B:\r\nl: 4\r\n\r\nbody");
  EXPECT_EQ(m.fault(), ParseFault::None);
  EXPECT_TRUE(m.runs_script());
  EXPECT_TRUE(m.is_request());
  EXPECT_EQ(show(m.method()), "INVITE");
  EXPECT_EQ(m.method_bit(), kInvite);
  EXPECT_EQ(show(m.ruri()), "sip:bob@example.com");
  EXPECT_EQ(show(m.version()), "SIP/2.0");
  EXPECT_EQ(show(m.first_line()), "INVITE sip:bob@example.com SIP/2.0");
  EXPECT_EQ(m.status(), 0);
  EXPECT_EQ(m.header_count(), 10u);
  EXPECT_EQ(show(m.body()), "body");
  EXPECT_EQ(m.content_length(), 4);
  EXPECT_EQ(show(m.call_id()), "id");
  EXPECT_EQ(show(m.from_tag()), "1");
  EXPECT_EQ(show(m.to_tag()), "-");
  EXPECT_EQ(m.cseq()->number, 7u);
  EXPECT_EQ(show(m.from()->display), "\"A\"");
  EXPECT_EQ(m.via()->protocol, Protocol::Tcp);

  const Header* a = m.find(HeaderId::Other, "x-A");
  ASSERT_TRUE(a);
  EXPECT_EQ(show(m.value(*a)), "1");
  a = m.find_next(a, "X-a");
  ASSERT_TRUE(a);
  EXPECT_EQ(show(m.value(*a)), "2  ");  // blanks in front go, blanks behind stay
  EXPECT_EQ(show(m.name(*a)), "x-a");
  EXPECT_EQ(show(m.line(*a)), "x-a :\t 2  \r\n");
  EXPECT_EQ(m.find_next(a, "X-A"), nullptr);
  EXPECT_EQ(show(m.value(*m.find(HeaderId::Other, "X-B"))), "");
  EXPECT_EQ(m.find(HeaderId::Contact, "m"), m.first(HeaderId::Contact));
  EXPECT_EQ(m.find(HeaderId::Route, "Route"), nullptr);
  EXPECT_EQ(m.buffer().view().substr(m.headers_end(), 2), "\r\n");
  EXPECT_EQ(m.body_at(), m.headers_end() + 2);
}

TEST_F(MessageTest, chains_headers_of_one_id_in_order) {
  Parts p;
  p.extra = "Route: <sip:1>\r\nX: 1\r\nRoute: <sip:2>\r\nY: 2\r\nRoute: <sip:3>";
  Message m = parse(p.text());
  std::string seen;
  for (const Header* h = m.first(HeaderId::Route); h; h = m.next(h)) seen += show(m.value(*h));
  EXPECT_EQ(seen, "<sip:1><sip:2><sip:3>");
}

TEST_F(MessageTest, keeps_folds_in_values) {
  Parts p;
  p.extra = "X-F: a\r\n\tb\r\nX-G:\r\n b\r\n c";
  Message m = parse(p.text());
  EXPECT_EQ(show(m.value(*m.find(HeaderId::Other, "X-F"))), "a\r\n\tb");
  EXPECT_EQ(show(m.value(*m.find(HeaderId::Other, "X-G"))), "b\r\n c");
  EXPECT_EQ(m.fault(), ParseFault::None);
}

TEST_F(MessageTest, takes_bare_line_feeds) {
  Parts p;
  std::string text = p.text();
  for (std::size_t i; (i = text.find('\r')) != std::string::npos;) text.erase(i, 1);
  Message m = parse(text + "b");
  EXPECT_EQ(m.fault(), ParseFault::None);
  EXPECT_EQ(show(m.body()), "b");
  EXPECT_EQ(show(m.call_id()), "c1");
}

TEST_F(MessageTest, indexes_a_reply) {
  Parts p;
  p.first = "SIP/2.0 183 Session \xc3\xbc";
  p.cseq = "CSeq: 2 INVITE";
  Message m = parse(p.text());
  EXPECT_EQ(m.fault(), ParseFault::None);
  EXPECT_FALSE(m.is_request());
  EXPECT_EQ(m.status(), 183);
  EXPECT_EQ(show(m.reason()), "Session \xc3\xbc");
  EXPECT_EQ(show(m.method()), "INVITE");
  EXPECT_EQ(m.method_bit(), kInvite);
  p.first = "SIP/2.0 100 ";
  EXPECT_EQ(show(parse(p.text()).reason()), "");
  p.first = "SIP/2.0 200\tOK";
  EXPECT_EQ(show(parse(p.text()).reason()), "OK");
  for (const char* line : {"SIP/2.0 4294967301 x", "SIP/2.0 99 x", "SIP/2.0 1000 x", "SIP/2.0 700 x", "SIP/2.0 abc x", "SIP/2.0 100", "SIP/2.0 200OK", "SIP/2.0  200 OK",
                           "SIP/3.0 200 OK"}) {
    p.first = line;
    EXPECT_EQ(parse(p.text()).fault(), ParseFault::BadFirstLine) << line;
  }
}

// What two readers may read differently, nobody reads: neither a script nor the next hop.
TEST_F(MessageTest, ends_before_the_first_header_line_that_is_in_doubt) {
  for (const char* doubtful : {"No Colon Here", "X y: z", "From: <sip:q@r>", "CSeq: 9 BYE", "Content-Length: 1\r\nContent-Length: 1", "Content-Length: +1",
                               "Via: junk", "Via: SIP/2.0/UDP 1.1.1.1, junk", "Via: SIP/2.0/UDP 1.1.1.1\r\nVia: junk", "Max-Forwards: 1\r\nMax-Forwards: 2"}) {
    Parts p;
    p.extra = std::string("X-Before: 1\r\nContact: <sip:c@d>\r\n") + doubtful + "\r\nSubject: behind\r\nContact: <sip:e@f>";
    const Message m = parse(p.text());
    EXPECT_TRUE(m.is_cut()) << doubtful;
    EXPECT_TRUE(m.runs_script()) << doubtful;
    EXPECT_NE(m.fault(), ParseFault::None) << doubtful;
    ASSERT_NE(m.first(HeaderId::Contact), nullptr) << doubtful;
    EXPECT_EQ(m.next(m.first(HeaderId::Contact)), nullptr) << doubtful;
    EXPECT_EQ(m.first(HeaderId::Subject), nullptr) << doubtful;
    EXPECT_EQ(m.find(HeaderId::Other, "X-Before"), nullptr) << doubtful;
    EXPECT_LT(m.content_length(), 2) << doubtful;
  }
  EXPECT_FALSE(parse(Parts().text()).is_cut());
}

TEST_F(MessageTest, reads_first_lines_as_kamailio_does) {
  struct Row { const char* line; bool runs; const char *method, *uri; };
  const Row rows[] = {
      {"OPTIONS  sip:x@sip.test  SIP/2.0", false, "OPTIONS", ""},
      {"OPTIONS sip:x@sip.test", false, "OPTIONS", nullptr},
      {"OPTIONS sip:x@sip.test SIP/7.0", false, "OPTIONS", nullptr},
      {" OPTIONS sip:x@sip.test SIP/2.0", true, "OPTIONS", "sip:x@sip.test"},
      {"\r\n\r\nOPTIONS sip:x@sip.test SIP/2.0", true, "OPTIONS", "sip:x@sip.test"},
      {"options sip:x@sip.test sip/2.0", true, "options", "sip:x@sip.test"},
      {"OPTIONS sip: SIP/2.0", true, "OPTIONS", "sip:"},
      {"OPTIONS <sip:x@sip.test> SIP/2.0", true, "OPTIONS", "<sip:x@sip.test>"},
      {"OPTIONS sip:x@sip.test;p=\"a b\" SIP/2.0", false, "OPTIONS", nullptr},
      {"OPTIONS sip:x@y SIP/2.0 ", true, "OPTIONS", "sip:x@y"},
      {"OPTIONS sip:x@y SIP/2.0x", true, "OPTIONS", "sip:x@y"},
      {"OPTIONS sip:x@y\tSIP/2.0", true, "OPTIONS", "sip:x@y"},
      {"OPTIONS sip:x@y  SIP/2.0", true, "OPTIONS", "sip:x@y"},
      {"OPTIONS sip:x@y \t SIP/2.0", true, "OPTIONS", "sip:x@y"},
      {"OPTIONS sip:x@y  z SIP/2.0", false, "OPTIONS", nullptr},
      {"OPTIONS\tsip:x@y SIP/2.0", false, nullptr, nullptr},
      {"OPTIONS  SIP/2.0", true, "OPTIONS", ""},
      {"OP@TIONS sip:x@y SIP/2.0", true, "OP@TIONS", "sip:x@y"},
      {"!interesting-Method0123456789_*+`.%indeed'~ sip:x@y SIP/2.0", true, "!interesting-Method0123456789_*+`.%indeed'~", "sip:x@y"},
      {"GET / HTTP/1.0", false, "GET", "/"},
      {"junk", false, nullptr, nullptr},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    Parts p;
    p.first = row.line;
    Message m = parse(p.text());
    EXPECT_EQ(m.runs_script(), row.runs);
    EXPECT_EQ(m.fault() == ParseFault::None, row.runs);
    if (row.method) EXPECT_EQ(show(m.method()), row.method);
    if (row.uri) EXPECT_EQ(show(m.ruri()), row.uri);
    EXPECT_EQ(show(m.call_id()), "c1");  // enough for a 400
    EXPECT_TRUE(m.via());
  }
}

TEST_F(MessageTest, refuses_nul_in_the_first_line_only) {
  Parts p;
  p.first = std::string("OP\0 sip:x@y SIP/2.0", 19);
  EXPECT_EQ(parse(p.text()).fault(), ParseFault::NulByte);
  p.first = std::string("OPTIONS sip:x\0@y SIP/2.0", 24);
  EXPECT_EQ(parse(p.text()).fault(), ParseFault::NulByte);
  Parts q;
  q.to = std::string("To: \"NUL:\\\0 \" <sip:x@y>", 23);
  EXPECT_EQ(parse(q.text()).fault(), ParseFault::None);
}

TEST_F(MessageTest, knows_methods_in_any_case) {
  struct Row { const char* method; std::uint32_t bit; };
  for (const Row& row : {Row{"INVITE", kInvite}, Row{"invite", kInvite}, Row{"CANCEL", kCancel}, Row{"ACK", kAck}, Row{"Bye", kBye},
                         Row{"INFO", kInfo}, Row{"REGISTER", kRegister}, Row{"SUBSCRIBE", kSubscribe}, Row{"NOTIFY", kNotify},
                         Row{"MESSAGE", kMessage}, Row{"OPTIONS", kOptions}, Row{"PRACK", kPrack}, Row{"UPDATE", kUpdate},
                         Row{"REFER", kRefer}, Row{"PUBLISH", kPublish}, Row{"KDMQ", kKdmq}, Row{"GET", kGet}, Row{"POST", kPost},
                         Row{"PUT", kPut}, Row{"DELETE", kDelete}, Row{"FOO", kOtherMethod}, Row{"", kOtherMethod},
                         Row{"INVITES", kOtherMethod}})
    EXPECT_EQ(method_bit_of(std::string_view(row.method)), row.bit) << row.method;
}

// Observed: which header lines let Kamailio run a script, and what is wrong with them for us.
TEST_F(MessageTest, judges_headers_as_kamailio_does) {
  struct Row { const char* name; void (*change)(Parts&); bool runs; ParseFault fault; };
  using F = ParseFault;
  const Row rows[] = {
      {"as it is", [](Parts&) {}, true, F::None},
      {"Via without blank", [](Parts& p) { p.via = "Via:SIP/2.0/UDP h;branch=1"; }, true, F::None},
      {"Via with blanks", [](Parts& p) { p.via = "Via: SIP / 2.0 / UDP h;branch=1"; }, true, F::None},
      {"unknown transport", [](Parts& p) { p.via = "Via: SIP/2.0/SPACE h;branch=1"; }, true, F::None},
      {"Via HTTP", [](Parts& p) { p.via = "Via: HTTP/1.1 h;branch=1"; }, false, F::BadVia},
      {"no Via", [](Parts& p) { p.via = ""; }, false, F::NoVia},
      {"bad second Via", [](Parts& p) { p.via += "\r\nVia: junk"; }, false, F::BadVia},
      {"open quote in From", [](Parts& p) { p.from = "From: \"Open <sip:a@b>;tag=1"; }, true, F::None},
      {"open bracket in From", [](Parts& p) { p.from = "From: <sip:a@b;tag=1"; }, true, F::None},
      {"From blank before colon", [](Parts& p) { p.from = "FROM : <sip:a@b>"; }, true, F::None},
      {"empty To", [](Parts& p) { p.to = "To:"; }, false, F::BadTo},
      {"no To", [](Parts& p) { p.to = ""; }, false, F::NoDialogId},
      {"To of two quotes", [](Parts& p) { p.to = "To: \"Multi\" \"Quote\" <sip:x@y>"; }, false, F::BadTo},
      {"blank in To's URI", [](Parts& p) { p.to = "To: <sip:x y@z>"; }, false, F::BadTo},
      {"blanks around To's URI", [](Parts& p) { p.to = "To: < sip:x@z >"; }, true, F::None},
      {"blank in From's URI", [](Parts& p) { p.from = "From: <sip:a@b;c d>;tag=1"; }, true, F::None},
      {"empty Call-ID", [](Parts& p) { p.call_id = "Call-ID:"; }, true, F::None},
      {"no Call-ID", [](Parts& p) { p.call_id = ""; }, false, F::NoDialogId},
      {"CSeq without method", [](Parts& p) { p.cseq = "CSeq: 1"; }, false, F::BadCSeq},
      {"CSeq swapped", [](Parts& p) { p.cseq = "CSeq: OPTIONS 1"; }, true, F::None},
      {"CSeq too large", [](Parts& p) { p.cseq = "CSeq: 99999999999 OPTIONS"; }, true, F::None},
      {"CSeq with more", [](Parts& p) { p.cseq = "CSeq: 1 OPTIONS x"; }, false, F::BadCSeq},
      {"CSeq folded inside", [](Parts& p) { p.cseq = "CSeq: 1\r\n OPTIONS"; }, false, F::None},
      {"CSeq folded outside", [](Parts& p) { p.cseq = "CSeq:\r\n 1 OPTIONS\r\n "; }, true, F::None},
      {"no CSeq", [](Parts& p) { p.cseq = ""; }, false, F::NoDialogId},
      {"longer than it is", [](Parts& p) { p.end = "Content-Length: 5\r\n\r\n"; }, true, F::None},
      {"negative length", [](Parts& p) { p.end = "Content-Length: -1\r\n\r\n"; }, true, F::BadContentLength},
      {"length abc", [](Parts& p) { p.end = "Content-Length: abc\r\n\r\n"; }, true, F::BadContentLength},
      {"no length", [](Parts& p) { p.end = "Content-Length:\r\n\r\n"; }, true, F::BadContentLength},
      {"two lengths", [](Parts& p) { p.end = "Content-Length: 1\r\nl: 2\r\n\r\n"; }, true, F::BadHeader},
      {"no empty line", [](Parts& p) { p.end = "Content-Length: 0\r\n"; }, true, F::NoEnd},
      {"nothing behind CSeq", [](Parts& p) { p.end = ""; }, true, F::NoEnd},
      {"no colon", [](Parts& p) { p.extra = "No Colon Here"; }, true, F::BadHeader},
      {"no colon before From", [](Parts& p) { p.from = "No Colon\r\n" + p.from; }, false, F::BadHeader},
      {"blank in name", [](Parts& p) { p.extra = "X A: 1"; }, true, F::BadHeader},
      {"empty name", [](Parts& p) { p.extra = ": 1"; }, true, F::BadHeader},
      {"control byte in name", [](Parts& p) { p.extra = "X\x01: 1"; }, true, F::BadHeader},
      {"no token in name", [](Parts& p) { p.extra = "X\xc3\xa9: 1"; }, true, F::BadHeader},
      {"binary value", [](Parts& p) { p.extra = "X-Bin: \x01\x02\x7f"; }, true, F::None},
      {"line cut off", [](Parts& p) { p.end = "Content-Length: 0"; }, true, F::BadHeader},
      {"second From", [](Parts& p) { p.extra = "f: <sip:q@r>"; }, true, F::BadHeader},
      {"second To", [](Parts& p) { p.extra = "To: \"bad"; }, true, F::BadHeader},
      {"fold of the first line", [](Parts& p) { p.first += "\r\n x"; }, false, F::BadHeader},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Parts p;
    row.change(p);
    Message m = parse(p.text());
    EXPECT_EQ(m.runs_script(), row.runs);
    EXPECT_EQ(static_cast<int>(m.fault()), static_cast<int>(row.fault));
  }
}

TEST_F(MessageTest, survives_nothing_and_noise) {
  for (const std::string& text : {std::string(), std::string("\r\n\r\n"), std::string(4, '\0'), std::string(" ")})
    EXPECT_EQ(parse(text).fault(), ParseFault::Empty);
  Message m = parse("junk");
  EXPECT_EQ(m.fault(), ParseFault::NotSip);
  EXPECT_EQ(m.header_count(), 0u);
  EXPECT_EQ(parse("SIP/2.0 200 OK\r\n\r\n").fault(), ParseFault::NoVia);
  EXPECT_FALSE(parse(std::string(150, '\xff')).runs_script());
  EXPECT_EQ(parse(std::string(Limits::kMessage + 1, 'x')).fault(), ParseFault::TooLong);
}

TEST_F(MessageTest, bounds_the_number_of_headers) {
  Parts p;
  for (int i = 0; i < 500; ++i) p.extra += (i ? "\r\nX-N: " : "X-N: ") + std::to_string(i);
  Message m = parse(p.text());
  EXPECT_EQ(m.fault(), ParseFault::None);
  EXPECT_EQ(m.header_count(), 506u);
  int n = 0;
  for (const Header* h = m.find(HeaderId::Other, "x-n"); h; h = m.find_next(h, "x-n")) EXPECT_EQ(show(m.value(*h)), std::to_string(n++));
  EXPECT_EQ(n, 500);
  for (int i = 0; i < 100; ++i) p.extra += "\r\nY: 1";
  m = parse(p.text());
  EXPECT_EQ(m.fault(), ParseFault::TooManyHeaders);
  EXPECT_EQ(m.header_count(), Limits::kHeaders);
}

TEST_F(MessageTest, finds_lines_wherever_they_end) {
  for (std::size_t length = 0; length < 200; ++length) {
    Parts p;
    p.extra = "X-A: " + std::string(length, 'v') + "\r\nX-B: " + std::string(200 - length, 'w') + "\r\n\tfold";
    p.end = length % 3 == 0 ? "\r\n" : "\r\n" + std::string(length, 'b');
    Message m = parse(p.text());
    ASSERT_EQ(m.fault(), ParseFault::None) << length;
    ASSERT_EQ(m.header_count(), 7u);
    EXPECT_EQ(m.find(HeaderId::Other, "X-A")->value_len, length);
    EXPECT_EQ(m.find(HeaderId::Other, "X-B")->value_len, 200 - length + 7);
    EXPECT_EQ(m.body().len, length % 3 == 0 ? 0 : length);
  }
  Message tiny = parse("A B SIP/2.0\nv:x\n\n");  // less than a block
  EXPECT_EQ(tiny.header_count(), 1u);
  EXPECT_EQ(show(tiny.value_of(HeaderId::Via)), "x");
}

TEST_F(MessageTest, tells_http_apart) {
  Message m = parse("POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_TRUE(m.is_http());
  EXPECT_EQ(m.fault(), ParseFault::NotSip);
  EXPECT_EQ(m.method_bit(), kPost);
  EXPECT_EQ(show(m.ruri()), "/rpc");
  EXPECT_EQ(show(m.body()), "ok");
  EXPECT_FALSE(m.runs_script());
}

TEST_F(MessageTest, moves_onto_a_copy) {
  Parts p;
  p.extra = "X-A: 1";
  Message m = parse(p.text());
  ASSERT_TRUE(m.to());
  const std::string copy(m.buffer().view());
  Message n = m.rebase(copy.data(), arena_);
  std::fill(kept_.begin(), kept_.end(), '#');
  EXPECT_EQ(show(n.method()), "OPTIONS");
  EXPECT_EQ(show(n.ruri()), "sip:x@sip.test");
  EXPECT_EQ(show(n.to()->uri), "sip:x@y");
  EXPECT_EQ(show(n.from_tag()), "t");
  EXPECT_EQ(show(n.value(*n.find(HeaderId::Other, "X-A"))), "1");
  EXPECT_EQ(show(n.via()->branch), "z9hG4bK-1");
  EXPECT_EQ(n.cseq()->method.ptr >= copy.data() && n.cseq()->method.ptr < copy.data() + copy.size(), true);
  EXPECT_TRUE(n.runs_script());
}

TEST(ParseNumber, takes_32_bits_of_digits) {
  EXPECT_EQ(parse_number(" 4294967295\r\n "), 4294967295u);
  EXPECT_EQ(parse_number("0068"), 68u);
  for (const char* text : {"", " ", "4294967296", "-1", "+1", "1 2", "0x1", "99999999999999999999999"})
    EXPECT_EQ(parse_number(std::string_view(text)), std::nullopt) << text;
}

TEST(Message, ASecondMaxForwardsIsAFault) {
  ChunkPool pool;
  Arena arena(pool);
  const std::string_view tail = "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";
  const std::string head = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n", twice = "Max-Forwards: 5\r\nMax-Forwards: 5\r\n";
  const std::string before = head + twice + std::string(tail) + "\r\n", behind = head + std::string(tail) + twice + "\r\n";
  EXPECT_FALSE(Message::parse(Text(std::string_view(before)), arena).runs_script());
  const Message late = Message::parse(Text(std::string_view(behind)), arena);
  EXPECT_TRUE(late.runs_script());
  EXPECT_EQ(late.fault(), ParseFault::BadHeader);
}

}  // namespace
}  // namespace strowger::sip
