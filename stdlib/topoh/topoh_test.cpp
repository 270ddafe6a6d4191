// Topology hiding: what each side sees, and that everything is found again.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/forward.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/test_world.h"
#include "runtime/sip/message.h"
#include "stdlib/topoh/hide.h"
#include "topoh.interface.h"

namespace strowger::topoh {
namespace {

class TopohTest : public ::testing::TestWithParam<bool> {
 protected:
  static Names names(bool call_id) { return {"127.0.0.8", "line", "sr-", "branch", "z9hG4bKsr-", "!!:", call_id}; }
  Hider hider{"aL9.n8~Hm]Z", names(GetParam())};
  sip::ChunkPool pool;
  sip::Arena arena{pool};

  std::string find(const std::string& text) { return std::string(hider.find(Text(std::string_view(text)), arena).view()); }
  std::string hide(const std::string& text) {
    return std::string(hider.hide(Text(std::string_view(text)), arena, [](const sip::Uri& uri) { return uri.host.view() == "10.0.0.1"; }).view());
  }
  static std::string field(const std::string& text, const std::string& name, int which = 0) {
    std::size_t at = text.find("\r\n" + name + ":");
    for (; which > 0 && at != std::string::npos; --which) at = text.find("\r\n" + name + ":", at + 2);
    if (at == std::string::npos) return "(none)";
    at += 3 + name.size();
    const std::string value = text.substr(at, text.find("\r\n", at) - at);
    return value.substr(value.find_first_not_of(" \t"));
  }
};

std::string invite(std::string_view method = "INVITE", std::string_view more = "") {
  return std::string(method) + " sip:bob@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa, SIP/2.0/TCP 10.1.1.2;branch=z9hG4bKb;i=7\r\n"
         "From: <sip:alice@a.test>;tag=at\r\nTo: <sip:bob@b.test>\r\ni: c1@10.1.1.1\r\nCSeq: 1 " + std::string(method) +
         "\r\nContact: \"A\" <sip:alice@10.1.1.1;x=1>;q=1, <sip:a2@10.1.1.9>\r\nRecord-Route: <sip:10.1.1.2;lr;ftag=at>\r\n" + std::string(more) + "Content-Length: 0\r\n\r\n";
}

/// As build_request() does it.
std::string sent_on(std::string text) {
  text.insert(text.find("\r\n") + 2, "Record-Route: <sip:10.0.0.1;lr>\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKown\r\n");
  return text;
}

std::string reply_to(const std::string& request, std::string_view code, std::string_view contact) {
  std::string out = "SIP/2.0 " + std::string(code) + "\r\n";
  for (std::size_t at = request.find("\r\n") + 2; at < request.size();) {
    const std::string line = request.substr(at, request.find("\r\n", at) + 2 - at);
    at += line.size();
    for (const char* name : {"Via:", "Record-Route:", "From:", "To:", "Call-ID:", "CSeq:"})
      if (line.starts_with(name)) out += line;
  }
  return out + "Contact: " + std::string(contact) + "\r\nContent-Length: 0\r\n\r\n";
}

TEST_P(TopohTest, RegistrationsAndPublicationsStayOpen) {
  for (const char* method : {"REGISTER", "PUBLISH"}) {
    const std::string request = sent_on(find(invite(method)));
    EXPECT_EQ(hide(request), request);
    const std::string reply = reply_to(request, "200 OK", "<sip:alice@10.1.1.1>");
    EXPECT_EQ(find(reply), reply);
    EXPECT_EQ(hide(find(reply)), reply);
  }
}

TEST_P(TopohTest, AContactWithoutBracketsGetsThem) {
  std::string text = invite();
  const std::size_t at = text.find("Contact:");
  text.replace(at, text.find("\r\n", at) - at, "Contact: sip:alice@10.1.1.1;expires=3");
  const std::string contact = field(hide(sent_on(find(text))), "Contact");
  EXPECT_TRUE(contact.starts_with("<sip:127.0.0.8;line=sr-")) << contact;
  EXPECT_TRUE(contact.ends_with(">;expires=3")) << contact;
}

TEST_P(TopohTest, BothSidesOfACall) {
  const std::string seen = find(invite());
  EXPECT_EQ(field(seen, "Call-ID"), "c1@10.1.1.1");
  const std::string to_bob = hide(sent_on(seen));
  EXPECT_EQ(to_bob.find("10.1.1."), GetParam() ? std::string::npos : to_bob.find("c1@10.1.1.1") + 3) << to_bob;
  EXPECT_EQ(field(to_bob, "Via"), "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKown");
  EXPECT_TRUE(field(to_bob, "Via", 1).starts_with("SIP/2.0/UDP 127.0.0.8;branch=z9hG4bKsr-")) << to_bob;
  EXPECT_EQ(field(to_bob, "Record-Route"), "<sip:10.0.0.1;lr>");
  EXPECT_TRUE(field(to_bob, "Record-Route", 1).starts_with("<sip:127.0.0.8;line=sr-"));
  EXPECT_TRUE(field(to_bob, "Contact").starts_with("\"A\" <sip:127.0.0.8;line=sr-"));
  EXPECT_EQ(field(to_bob, "Call-ID").starts_with("!!:"), GetParam());
  EXPECT_EQ(to_bob.find('\t'), std::string::npos);
  EXPECT_EQ(to_bob, hide(sent_on(seen)));        // retransmissions are the same

  // Bob answers; alice sees what she has sent.
  std::string answer = reply_to(to_bob, "200 OK", "<sip:bob@10.2.2.2>");
  answer.insert(answer.find("Record-Route:"), "Record-Route: <sip:10.2.2.1;lr>\r\n");
  std::string relayed = find(answer);
  EXPECT_EQ(field(relayed, "Call-ID"), "c1@10.1.1.1");
  relayed.erase(relayed.find("Via:"), relayed.find("\r\n", relayed.find("Via:")) + 2 - relayed.find("Via:"));
  const std::string to_alice = hide(relayed);
  EXPECT_EQ(field(to_alice, "Via"), "SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa, SIP/2.0/TCP 10.1.1.2;branch=z9hG4bKb;i=7");
  EXPECT_EQ(field(to_alice, "Call-ID"), "c1@10.1.1.1");
  EXPECT_TRUE(field(to_alice, "Record-Route").starts_with("<sip:127.0.0.8;line=sr-")) << to_alice;
  EXPECT_EQ(field(to_alice, "Record-Route", 1), "<sip:10.0.0.1;lr>");
  EXPECT_EQ(field(to_alice, "Record-Route", 2), "<sip:10.1.1.2;lr;ftag=at>");
  EXPECT_EQ(to_alice.find("10.2.2."), std::string::npos);
  EXPECT_EQ(to_alice.find('\t'), std::string::npos);

  // Alice's next request names bob by what she has seen.
  const std::string uri = field(to_alice, "Contact").substr(1, field(to_alice, "Contact").size() - 2);
  const std::string next = find("BYE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKc\r\nRoute: <sip:10.0.0.1;lr>, " +
                                field(to_alice, "Record-Route") + "\r\nFrom: <sip:alice@a.test>;tag=at\r\nTo: <sip:bob@b.test>;tag=bt\r\nCall-ID: c1@10.1.1.1\r\n"
                                "CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(next.starts_with("BYE sip:bob@10.2.2.2 SIP/2.0\r\n")) << next;
  EXPECT_EQ(field(next, "Route"), "<sip:10.0.0.1;lr>, <sip:10.2.2.1;lr>");
  EXPECT_EQ(field(hide(sent_on(next)), "Call-ID"), field(to_bob, "Call-ID"));

  // Bob's request comes with what he knows, and reaches alice as she knows it; our own answer to him, too.
  const std::string from_bob = find("INFO sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.2.2.2;branch=z9hG4bKd\r\nFrom: <sip:bob@b.test>;tag=bt\r\n"
                                    "To: <sip:alice@a.test>;tag=at\r\nCall-ID: " + field(to_bob, "Call-ID") + "\r\nCSeq: 7 INFO\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(field(from_bob, "Call-ID"), "c1@10.1.1.1");
  if (GetParam()) EXPECT_EQ(field(hide(sent_on(from_bob)), "Call-ID"), "c1@10.1.1.1");
  const std::string refused = hide(reply_to(from_bob, "403 No", "<sip:x@10.0.0.1>"));
  EXPECT_EQ(field(refused, "Call-ID"), field(to_bob, "Call-ID"));
  EXPECT_EQ(field(refused, "Contact"), "<sip:x@10.0.0.1>");
}

TEST_P(TopohTest, TransfersNameOthersAsTheirReaderKnowsThem) {
  const std::string to_bob = hide(sent_on(find(invite())));
  const std::string contact = field(to_bob, "Contact"), uri = contact.substr(contact.find("sip:"), contact.find('>') - contact.find("sip:"));
  // To whom is referred: as it was, with what the one who refers puts behind it.
  for (const char* line : {"Refer-To: <", "r: \"A\" <"})
    EXPECT_NE(find(invite("REFER", line + uri + ";method=INVITE?Replaces=c%40d>;x\r\n")).find("<sip:alice@10.1.1.1;x=1?Replaces=c%40d>;x\r\n"),
              std::string::npos);
  EXPECT_NE(find(invite("INFO", "Refer-To: <" + uri + ">\r\n")).find(uri), std::string::npos);
  // The replaced call.
  const std::string id = field(to_bob, "Call-ID");
  const auto replaces = [&](std::string_view method, const std::string& value) {
    return field(hide(sent_on(find(invite(method, "Replaces: " + value + "\r\n")))), "Replaces");
  };
  EXPECT_EQ(replaces("INVITE", id + ";to-tag=1"), "c1@10.1.1.1;to-tag=1");
  EXPECT_EQ(replaces("INVITE", "c1@10.1.1.1 ;to-tag=1"), (GetParam() ? id : "c1@10.1.1.1") + " ;to-tag=1");
  EXPECT_EQ(replaces("INVITE", "!!:junk;to-tag=1"), "!!:junk;to-tag=1");
  EXPECT_EQ(replaces("MESSAGE", "c1@10.1.1.1;to-tag=1"), "c1@10.1.1.1;to-tag=1");
}

TEST_P(TopohTest, AReplyWithoutOurRecordRouteShowsNone) {
  std::string text = reply_to(hide(find(sent_on(invite()))), "200 OK", "<sip:bob@10.2.2.2>");
  for (std::size_t at; (at = text.find("10.0.0.1;lr")) != std::string::npos;) text.replace(at, 8, "10.0.0.9");
  EXPECT_EQ(hide(find(text)).find("10.0.0.9"), std::string::npos);
}

TEST_P(TopohTest, WhatIsNotTouched) {
  const std::string reg = invite("REGISTER");
  EXPECT_EQ(find(reg), reg);
  EXPECT_EQ(hide(sent_on(reg)), sent_on(reg));
  const std::string forged = "REGISTER" + invite("REGISTER").replace(invite("REGISTER").find("i: "), 3, "i: \t").substr(8);
  EXPECT_EQ(hide(sent_on(find(forged))).find("127.0.0.8"), std::string::npos);
  EXPECT_EQ(hide(""), "");
  EXPECT_EQ(hide(std::string(4, '\0')), std::string(4, '\0'));
  EXPECT_EQ(find("junk"), "junk");
  const std::string own = invite("OPTIONS");       // one that we have made: no mark
  EXPECT_EQ(hide(own), own);
}

Int over_itself(Call* call) {
  const bool came_back = call->live->message.via()->host.view() == "127.0.0.1";
  set_dst_uri(*call->live, *call->arena, came_back ? Text("sip:127.0.0.12:5090") : Text("sip:127.0.0.1:5070"));
  return forward_stateless(*call, nullptr, sip::Protocol::Any);
}

TEST(TopohLoop, IsHiddenOnceWhereItLeaves) {
  TestWorld world;
  ModuleImage module;
  module.name = Text("topoh");
  module.start = Topoh::start;
  module.worker_start = Topoh::worker_start;
  module.stop = Topoh::stop;
  world.modules = {module};
  world.image.request_route = over_itself;
  world.start();
  const auto again = [&](const std::string& bytes) {
    Arrival arrival;
    arrival.bytes = std::string_view(bytes);
    arrival.socket = world.process->sockets.front().get();
    arrival.source = arrival.socket->address;
    world.worker->receive(arrival);
    return world.take();
  };
  const auto first = world.receive(test_request("INVITE", "sip:bob@sip.test", "", "Contact: <sip:alice@127.0.0.11>\r\n"));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].to.port, 5070);
  EXPECT_NE(first[0].bytes.find("Contact: <sip:alice@127.0.0.11>"), std::string::npos);
  const auto second = again(first[0].bytes);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].to.port, 5090);
  EXPECT_EQ(second[0].bytes.find("127.0.0.11"), std::string::npos) << second[0].bytes;
  EXPECT_NE(second[0].bytes.find("Call-ID: c1@sip.test\r\n"), std::string::npos) << second[0].bytes;   // mask_callid is not set
  const auto back = world.receive(reply_to(second[0].bytes, "180 Ringing", "<sip:bob@127.0.0.12>"));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].to.port, 5070);
  const auto end = again(back[0].bytes);
  ASSERT_EQ(end.size(), 1u);
  EXPECT_EQ(end[0].to.port, 5080);
  EXPECT_NE(end[0].bytes.find("Via: SIP/2.0/UDP 127.0.0.11:5080"), std::string::npos) << end[0].bytes;
  EXPECT_EQ(end[0].bytes.find("127.0.0.12"), std::string::npos) << end[0].bytes;
}

INSTANTIATE_TEST_SUITE_P(CallIds, TopohTest, ::testing::Bool());

TEST(Cipher, ReadsBackWhatItWritesAndNothingElse) {
  const Cipher cipher("key"), other("other");
  sip::ChunkPool pool;
  sip::Arena arena(pool);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    const Text hidden = cipher.encode(Text(std::string_view(text)), arena);
    if (!text.empty()) {
      EXPECT_EQ(cipher.decode(hidden, arena).view(), text);
      for (const char c : hidden.view()) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.');
    }
    text += static_cast<char>(' ' + i % 90);
  }
  EXPECT_NE(other.decode(cipher.encode("sip:alice@10.1.1.1", arena), arena).view(), "sip:alice@10.1.1.1");
  EXPECT_EQ(cipher.decode(cipher.encode("a\r\n b", arena), arena).view(), "a   b");
  for (const char* bad : {"", "a", "ab*d", "a b c", "....", "zzzzzzzzzzzzzzzzzzzzz"})
    EXPECT_TRUE(cipher.decode(std::string_view(bad), arena).is_null() ||
                cipher.encode(cipher.decode(std::string_view(bad), arena), arena).view() == bad) << bad;
}

}  // namespace
}  // namespace strowger::topoh
