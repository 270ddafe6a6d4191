// Edits: order, overlap, Content-Length, makers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/edits.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::sip {
namespace {

const std::string kRequest =
    "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=1\r\nFrom: <sip:a@b>;tag=t\r\nTo: <sip:x@y>\r\n"
    "Call-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Length:  5 \r\nX-Y: y\r\n\r\nhello";

class EditsTest : public testing::Test {
 protected:
  Message parse(std::string text) {
    kept_ = std::move(text);
    return Message::parse(Text(std::string_view(kept_)), arena_);
  }
  std::string apply_all(const Message& m, Text first_line = Text::null()) {
    char out[4096];
    return {out, apply(m, edits, first_line, plan, out, sizeof out)};
  }
  std::string replaced(const std::string& from, const std::string& to) {
    std::string text = kept_;
    return text.replace(text.find(from), from.size(), to);
  }
  ChunkPool pool_;
  Arena arena_{pool_};
  std::string kept_;
  Edits edits;
  SendPlan plan;
};

TEST_F(EditsTest, without_edits_copies) { EXPECT_EQ(apply_all(parse(kRequest)), kRequest); }

TEST_F(EditsTest, insert_by_place_then_rank_then_order) {
  Message m = parse(kRequest);
  edits.insert(arena_, m.headers_end(), "E1: 1\r\n");
  edits.insert(arena_, m.headers_at(), "Via: own\r\n", kRankOwnVia);
  edits.insert(arena_, m.headers_at(), "P: 1\r\n", kRankPath);
  edits.insert(arena_, m.headers_at(), "RR: 1\r\n", kRankRecordRoute);
  edits.insert(arena_, m.headers_at(), "RR: 2\r\n", kRankRecordRoute);
  edits.insert(arena_, m.headers_end(), "E2: 1\r\n");
  const std::string out = apply_all(m, "MESSAGE sip:new SIP/2.0");
  EXPECT_EQ(out.find("MESSAGE sip:new SIP/2.0\r\nRR: 1\r\nRR: 2\r\nP: 1\r\nVia: own\r\nVia: SIP/2.0/UDP h;branch=1\r\n"), 0u);
  EXPECT_NE(out.find("X-Y: y\r\nE1: 1\r\nE2: 1\r\n\r\nhello"), std::string::npos);
  EXPECT_NE(out.find("Content-Length:  5 \r\n"), std::string::npos);  // the body is as it was
}

TEST_F(EditsTest, removals_may_overlap) {
  Message m = parse(kRequest);
  EXPECT_TRUE(edits.replace(arena_, m.body_at(), 3, "one"));
  EXPECT_TRUE(edits.replace(arena_, m.body_at(), 2, "two"));
  EXPECT_TRUE(edits.replace(arena_, m.body_at() + 2, 2, "three"));
  const std::string out = apply_all(m);
  EXPECT_NE(out.find("\r\n\r\nonetwothreeo"), std::string::npos) << out;
  EXPECT_NE(out.find("Content-Length:  12 \r\n"), std::string::npos) << out;
}

TEST_F(EditsTest, remove_and_replace) {
  Message m = parse(kRequest);
  const Header* x = m.find(HeaderId::Other, "X-Y");
  const Header* to = m.first(HeaderId::To);
  EXPECT_TRUE(edits.remove(arena_, x->at, x->end - x->at));
  EXPECT_TRUE(edits.remove(arena_, x->at, x->end - x->at));           // twice
  EXPECT_TRUE(edits.replace(arena_, to->value_at, to->value_len, "<sip:n>"));
  EXPECT_TRUE(edits.insert(arena_, x->at, "Y: 1\r\n"));
  EXPECT_TRUE(edits.removes(x->at));
  EXPECT_FALSE(edits.removes(x->end));
  std::string want = replaced("X-Y: y\r\n", "Y: 1\r\n");
  want.replace(want.find("<sip:x@y>"), 9, "<sip:n>");
  EXPECT_EQ(apply_all(m), want);
}

TEST_F(EditsTest, correct_the_content_length) {
  Message m = parse(kRequest);
  edits.replace(arena_, m.body_at(), 5, "good bye to you");
  std::string want = replaced("Content-Length:  5 ", "Content-Length:  15 ");
  want.replace(want.size() - 5, 5, "good bye to you");
  EXPECT_EQ(apply_all(m), want);
}

TEST_F(EditsTest, correct_a_wrong_content_length_when_the_body_is_touched) {
  Message m = parse(kRequest + " and more");
  edits.replace(arena_, m.body_at(), 5, "HELLO");
  EXPECT_NE(apply_all(m).find("Content-Length:  14 \r\n"), std::string::npos);
}

TEST_F(EditsTest, add_the_content_length_that_was_missing) {
  std::string text = kRequest.substr(0, kRequest.size() - 5);
  text.erase(text.find("Content-Length"), 21);
  Message m = parse(text);
  EXPECT_EQ(m.fault(), ParseFault::None);
  edits.insert(arena_, m.headers_end(), "Content-Type: text/plain\r\n");
  edits.insert(arena_, m.body_at(), "body");
  EXPECT_NE(apply_all(m).find("X-Y: y\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody"), std::string::npos);
}

TEST_F(EditsTest, streams_get_the_content_length_that_cuts_them) {
  const auto on_stream = [&](std::string_view length_lines) {
    std::string text = kRequest;
    text.replace(text.find("Content-Length:  5 \r\n"), 21, length_lines);
    Message m = parse(text);
    plan.protocol = Protocol::Udp;
    EXPECT_EQ(apply_all(m), text);
    plan.protocol = Protocol::Tcp;
    const std::string out = apply_all(m);
    EXPECT_TRUE(out.ends_with("\r\n\r\nhello"));
    std::string lines;
    for (std::size_t at = 0; (at = out.find("Content-Length", at)) != std::string::npos; at += 5)
      lines += out.substr(at, out.find("\r\n", at) - at) + "|";
    return lines;
  };
  EXPECT_EQ(on_stream("Content-Length:  5 \r\n"), "Content-Length:  5 |");
  EXPECT_EQ(on_stream("Content-Length: 2\r\n"), "Content-Length: 5|");
  EXPECT_EQ(on_stream("Content-Length: 20\r\n"), "Content-Length: 5|");
  EXPECT_EQ(on_stream(""), "Content-Length: 5|");
  std::string text = kRequest;
  Message m = parse(text.replace(text.find("Content-Length:  5 \r\n"), 21, "Content-Length: 5\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(apply_all(m), "");        // nobody knows where it ends
}

TEST_F(EditsTest, leave_a_removed_content_length_removed) {
  Message m = parse(kRequest);
  const Header* h = m.first(HeaderId::ContentLength);
  edits.remove(arena_, h->at, h->end - h->at);
  edits.remove(arena_, m.body_at(), 5);
  EXPECT_EQ(apply_all(m).find("Content-Length"), std::string::npos);
}

TEST_F(EditsTest, ask_makers_when_sending) {
  Message m = parse(kRequest);
  const int number = 7;
  plan.protocol = Protocol::Tcp;
  edits.add(arena_, {m.headers_at(), 0, Text::null(), 0, 1,
                     [](const void* data, const SendPlan& p) -> Text {
                       return *static_cast<const int*>(data) == 7 && p.protocol == Protocol::Tcp ? Text("M: 7\r\n") : Text::null();
                     },
                     &number});
  edits.add(arena_, {m.headers_at(), 0, Text("unused"), 0, 2, [](const void*, const SendPlan&) { return Text::null(); }, nullptr});
  EXPECT_NE(apply_all(m).find("SIP/2.0\r\nM: 7\r\nVia: "), std::string::npos);
  EXPECT_EQ(apply_all(m).find("unused"), std::string::npos);
}

TEST_F(EditsTest, withdraw_by_mark) {
  Message m = parse(kRequest);
  edits.add(arena_, {m.headers_at(), 0, "A: 1\r\n", 0, 5, nullptr, nullptr});
  edits.insert(arena_, m.headers_at(), "B: 1\r\n");
  edits.add(arena_, {m.headers_at(), 0, "C: 1\r\n", 0, 5, nullptr, nullptr});
  EXPECT_EQ(edits.withdraw(5), 2);
  EXPECT_EQ(edits.withdraw(5), 0);
  EXPECT_EQ(edits.size(), 1u);
  EXPECT_NE(apply_all(m).find("SIP/2.0\r\nB: 1\r\nVia: "), std::string::npos);
}

TEST_F(EditsTest, copies_are_independent) {
  Message m = parse(kRequest);
  edits.insert(arena_, m.headers_at(), "A: 1\r\n");
  Edits other = edits.copy(arena_);
  other.insert(arena_, m.headers_at(), "B: 1\r\n");
  EXPECT_EQ(edits.size(), 1u);
  EXPECT_EQ(other.size(), 2u);
  EXPECT_EQ(apply_all(m).find("B: 1"), std::string::npos);
}

TEST_F(EditsTest, are_bounded) {
  Message m = parse(kRequest);
  for (std::size_t i = 0; i < Edits::kLimit; ++i) ASSERT_TRUE(edits.insert(arena_, m.headers_end(), "Z: 1\r\n"));
  EXPECT_FALSE(edits.insert(arena_, m.headers_end(), "Z: 1\r\n"));
  edits.insert(arena_, m.body_at(), "x");
  char out[8192];
  const std::size_t n = apply(m, edits, "F sip:f SIP/2.0", plan, out, sizeof out);
  EXPECT_GT(n, kRequest.size() + Edits::kLimit * 6 - 20);
  EXPECT_EQ(apply(m, edits, Text::null(), plan, out, n / 2), 0u);
  Edits wild;
  wild.insert(arena_, 1u << 30, "x");
  wild.remove(arena_, 10, UINT32_MAX);
  EXPECT_LE(apply(m, wild, Text::null(), plan, out, sizeof out), kRequest.size() + 30);
}

TEST_F(EditsTest, close_headers_that_were_cut_off) {
  Message m = parse("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nX-Y: y\r\n");
  edits.insert(arena_, m.headers_end(), "A: 1\r\n");
  EXPECT_EQ(apply_all(m), "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nX-Y: y\r\nA: 1\r\n\r\n");
}

}  // namespace
}  // namespace strowger::sip
