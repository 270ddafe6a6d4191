// Tests of save(), lookup() and $ulc: what Kamailio 5.6.3 answers with default parameters.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "nathelper.interface.h"
#include "registrar.interface.h"
#include "runtime/script/operators.h"
#include "runtime/script/test_world.h"
#include "sl.interface.h"
#include "usrloc.interface.h"

namespace strowger {
namespace {

std::string last_lookup;  // of the script below
std::vector<std::string> expired;

std::string print(Call* call, Value value) { return std::string(Operators::format_value(call, value).view()); }

Int script(Call* call) {
  LiveMessage& live = *call->live;
  const std::string_view todo = [&] {
    const sip::Header* h = live.message.find(sip::HeaderId::Other, "X-Do");
    return h ? sip::trim(live.message.value(*h)).view() : std::string_view();
  }();
  if (live.message.method_bit() == kRegister) {
    if (todo == "one") return call->rc = Registrar::save(*call, "location", 0x04);
    if (todo == "silent") {
      const Code code = Registrar::save(*call, "location", 2);
      Sl::sl_send_reply(*call, 200, "Own Reply");
      return code;
    }
    if (todo == "prepare") {
      Registrar::save(*call, "location", 0x12);
      return Registrar::reg_send_reply(*call);
    }
    if (todo == "fixed") Nathelper::fix_nated_contact(*call);
    if (todo == "alias") Nathelper::set_contact_alias(*call);
    if (todo == "other") return Registrar::save(*call, "location", 0, "sip:other@sip.test");
    const Code code = Registrar::save(*call, "location");
    last_lookup = "save " + std::to_string(code);
    return code;
  }
  last_lookup.clear();
  Code code;
  if (todo == "dset")
    code = Registrar::lookup_to_dset(*call, "location");
  else if (todo == "branches") {
    live.add_branch(*call->arena, {.uri = "sip:second@sip.test"}, 12);
    code = Registrar::lookup_branches(*call, "location");
  } else if (todo == "registered")
    code = Registrar::registered(*call, "location", "sip:team@sip.test");
  else if (todo == "unregister")
    code = Registrar::unregister(*call, "location", live.uri());
  else if (todo == "fetch") {
    code = Registrar::reg_fetch_contacts(*call, "location", live.uri(), "p");
    for (const char* name : {"p=>aor", "p=>addr", "p=>user_agent", "p=>callid", "p=>cseq", "p=>path", "p=>received",
                             "p=>q", "p=>methods", "p=>count", "p=>instance", "p=>socket"})
      last_lookup += print(call, Registrar::get_ulc(*call, std::string_view(name), kNoIndex)) + "|";
    last_lookup += print(call, Registrar::get_ulc(*call, "p=>addr", 1)) + "|";
    EXPECT_EQ(Registrar::reg_free_contacts(*call, "p"), 1);
    EXPECT_TRUE(Registrar::get_ulc(*call, "p=>addr", kNoIndex).is_null());
  } else
    code = Registrar::lookup(*call, "location");
  last_lookup +=
      std::to_string(code) + " " + std::string(live.uri().view()) + " du=" + std::string(live.dst_uri.view());
  for (int i = 0; i < live.branch_count; ++i)
    last_lookup += " " + std::string(live.branches[i].uri.view()) + ";" + std::to_string(live.branches[i].q);
  return code;
}

Int on_expired(Call* call) {
  expired.push_back(print(call, Registrar::get_ulc(*call, "exp=>aor", kNoIndex)) + " " +
                    print(call, Registrar::get_ulc(*call, "exp=>addr", kNoIndex)) + " " +
                    print(call, Registrar::get_ulc(*call, "exp=>expires", kNoIndex)));
  return 1;
}

class RegistrarTest : public testing::Test {
 protected:
  void SetUp() override {
    last_lookup.clear();
    expired.clear();
    ModuleImage sl;
    sl.name = "sl";
    sl.start = Sl::start;
    sl.worker_start = Sl::worker_start;
    sl.request_in = Sl::request_in;
    sl.stop = Sl::stop;
    ModuleImage usrloc;
    usrloc.name = "usrloc";
    usrloc.start = Usrloc::start;
    usrloc.worker_start = Usrloc::worker_start;
    usrloc.tick = Usrloc::tick;
    usrloc.stop = Usrloc::stop;
    ModuleImage registrar;
    registrar.name = "registrar";
    registrar.start = Registrar::start;
    registrar.worker_start = Registrar::worker_start;
    registrar.stop = Registrar::stop;
    world.modules = {sl, usrloc, registrar};
    route.name = "usrloc:contact-expired";
    route.function = on_expired;
    world.image.event_routes = &route;
    world.image.event_route_count = 1;
    world.image.request_route = script;
    world.start();
  }
  /// The reply's first line and its headers behind CSeq, up to Server, lines joined by '|'.
  std::string ask(std::string_view user, std::string_view extra, std::string_view call_id = "c1", int cseq = 0) {
    static int next = 1000;
    std::string request = test_request("REGISTER", "sip:sip.test", "", extra);
    const auto put = [&](std::string_view from, const std::string& to) {
      request.replace(request.find(from), from.size(), to);
    };
    put("To: <sip:sip.test>", "To: <sip:" + std::string(user) + "@sip.test>");
    put("Call-ID: c1@sip.test", "Call-ID: " + std::string(call_id));
    put("CSeq: 1 ", "CSeq: " + std::to_string(cseq ? cseq : ++next) + " ");
    const auto sent = world.receive(request);
    if (sent.size() != 1) return std::to_string(sent.size()) + " replies";
    const std::string& bytes = sent[0].bytes;
    std::string result = bytes.substr(8, bytes.find("\r\n") - 8);
    std::size_t at = bytes.find("\r\n", bytes.find("\r\nCSeq:") + 2) + 2;
    while (bytes.compare(at, 7, "Server:") != 0) {
      const std::size_t end = bytes.find("\r\n", at);
      result += "|" + bytes.substr(at, end - at);
      at = end + 2;
    }
    return result;
  }
  std::string look(std::string_view user, std::string_view todo = "") {
    world.receive(test_request("MESSAGE", "sip:" + std::string(user) + "@sip.test", "",
                               todo.empty() ? "" : "X-Do: " + std::string(todo) + "\r\n"));
    world.take();
    return last_lookup;
  }
  RouteRef route;
  TestWorld world;
};

TEST_F(RegistrarTest, AContactNamedTwiceCountsOnce) {
  EXPECT_EQ(ask("dup", "Contact: <sip:8@1.1.1.1>, <sip:8@1.1.1.1>;q=0.9\r\n"), "200 OK|Contact: <sip:8@1.1.1.1>;q=0.9;expires=3600");
  EXPECT_EQ(last_lookup, "save 1");
}

TEST_F(RegistrarTest, StoresWhatNathelperHasWritten) {
  EXPECT_EQ(ask("nat", "X-Do: fixed\r\nContact: <sip:a@10.0.0.1;x>;expires=60\r\n"),
            "200 OK|Contact: <sip:a@127.0.0.11:5080;x>;expires=60");
  EXPECT_EQ(ask("nat2", "X-Do: alias\r\nContact: <sip:a@10.0.0.1>, <sip:b@10.0.0.2>;q=0.1;expires=60\r\n"),
            "200 OK|Contact: <sip:b@10.0.0.2;alias=127.0.0.11~5080~1>;q=0.1;expires=60, <sip:a@10.0.0.1>;expires=3600");
}

TEST_F(RegistrarTest, SavesAndLists) {
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060>\r\n", "x1", 5),
            "200 OK|Contact: <sip:a@1.1.1.1:5060>;expires=3600");
  EXPECT_EQ(last_lookup, "save 1");
  world.advance(1000);
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060>\r\n", "x1", 5),
            "200 OK|Contact: <sip:a@1.1.1.1:5060>;expires=3599");
  EXPECT_EQ(last_lookup, "save 1");
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060>\r\n", "x1", 4),
            "400 Bad Request|Contact: <sip:a@1.1.1.1:5060>;expires=3599|P-Registrar-Error: Invalid CSeq number");
  EXPECT_EQ(last_lookup, "save -1");
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060>;expires=30\r\n", "x2", 1),
            "200 OK|Contact: <sip:a@1.1.1.1:5060>;expires=60");
  EXPECT_EQ(last_lookup, "save 2");
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060;x=1>;q=0.555\r\nExpires: 999999\r\n"),
            "200 OK|Contact: <sip:a@1.1.1.1:5060;x=1>;q=0.555;expires=999999, <sip:a@1.1.1.1:5060>;expires=60");
  EXPECT_EQ(ask("ALIC%65", ""),
            "200 OK|Contact: <sip:a@1.1.1.1:5060;x=1>;q=0.555;expires=999999, <sip:a@1.1.1.1:5060>;expires=60");
  EXPECT_EQ(last_lookup, "save 4");
  EXPECT_EQ(ask("alice", "Contact: <sip:a@1.1.1.1:5060>\r\nExpires: 0\r\n", "x9"),
            "200 OK|Contact: <sip:a@1.1.1.1:5060;x=1>;q=0.555;expires=999999");
  EXPECT_EQ(last_lookup, "save 3");
  EXPECT_EQ(ask("alice", "Contact: *, <sip:x@y>\r\nExpires: 0\r\n"), "200 OK");
  EXPECT_EQ(last_lookup, "save 3");
  EXPECT_EQ(ask("alice", "Contact: <sip:zz@1.1.1.1>\r\nExpires: 0\r\n"), "200 OK");
  EXPECT_EQ(last_lookup, "save 1");
}

TEST_F(RegistrarTest, RefusesAsKamailio) {
  const auto refused = [&](std::string_view extra, std::string_view call_id = "c1") {
    return ask("bob", extra, call_id);
  };
  EXPECT_EQ(refused("Contact: <sip:\r\n"), "400 Bad Request|P-Registrar-Error: Contact parse error");
  EXPECT_EQ(refused("Contact: *\r\n"), "400 Bad Request|P-Registrar-Error: * used in contact and expires is not zero");
  EXPECT_EQ(refused("Contact: *\r\nContact: <sip:a@b>\r\nExpires: 0\r\n"),
            "400 Bad Request|P-Registrar-Error: * used in contact and more than 1 contact");
  EXPECT_EQ(refused("Contact: <sip:a@b>\r\nContact: *\r\nExpires: 0\r\n"),
            "400 Bad Request|P-Registrar-Error: * used in contact and more than 1 contact");
  EXPECT_EQ(refused("Contact: <sip:a@b>, *\r\nExpires: 0\r\n"),
            "400 Bad Request|P-Registrar-Error: Contact parse error");
  EXPECT_EQ(refused("Contact: <sip:a@b>\r\nExpires: \r\n"), "400 Bad Request|P-Registrar-Error: Expires parse error");
  EXPECT_EQ(refused("Contact: <sip:a@b>\r\nRequire: 100rel, outbound\r\n"),
            "420 Bad Extension|Unsupported: outbound|P-Registrar-Error: No support for Outbound on server");
  EXPECT_EQ(refused("Contact: <sip:a@b>;q=abc\r\n"), "400 Bad Request|P-Registrar-Error: Invalid q param in contact");
  EXPECT_EQ(refused("Contact: <sip:a@b>;q=1.5\r\n"), "400 Bad Request|P-Registrar-Error: Invalid q param in contact");
  EXPECT_EQ(refused("Contact: <sip:" + std::string(600, 'b') + "@b>\r\n"),
            "400 Bad Request|P-Registrar-Error: Contact/received too long");
  EXPECT_EQ(refused("Contact: <sip:a@b>\r\n", std::string(300, 'q')),
            "400 Bad Request|P-Registrar-Error: Callid too long");
  EXPECT_EQ(ask(std::string(300, 'u'), "Contact: <sip:a@b>\r\n"),
            "500 Server Internal Error|P-Registrar-Error: Address Of Record too long");
  EXPECT_EQ(ask("TE%4", "Contact: <sip:a@b>\r\n"),
            "400 Bad Request|P-Registrar-Error: Error while unescaping username");
  std::string many;
  for (int i = 0; i < 65; ++i) many += "Contact: <sip:n" + std::to_string(i) + "@b>\r\n";
  EXPECT_EQ(refused(many), "503 Service Unavailable|P-Registrar-Error: Too many registered contacts");
  EXPECT_EQ(look("bob"), "-1 sip:bob@sip.test du=");
}

// The contacts of a header are taken from the last one up, and the last thing done is the code.
TEST_F(RegistrarTest, TheLastThingDoneIsTheCode) {
  ask("m", "Contact: <sip:a@1.1.1.1>\r\n");
  const auto code = [&](std::string_view contacts) {
    ask("m", "Contact: " + std::string(contacts) + "\r\n");
    return last_lookup;
  };
  EXPECT_EQ(code("<sip:a@1.1.1.1>, <sip:b@1.1.1.1>"), "save 2");
  EXPECT_EQ(code("<sip:c@1.1.1.1>, <sip:a@1.1.1.1>"), "save 1");
  EXPECT_EQ(code("<sip:c@1.1.1.1>;expires=0, <sip:a@1.1.1.1>"), "save 3");
  EXPECT_EQ(code("<sip:a@1.1.1.1>, <sip:b@1.1.1.1>;expires=0"), "save 2");
  EXPECT_EQ(code("<sip:zz@1.1.1.1>;expires=0, <sip:a@1.1.1.1>"), "save 2");
  EXPECT_EQ(code("<sip:a@1.1.1.1>\r\nContact: <sip:d@1.1.1.1>"), "save 1");
}

TEST_F(RegistrarTest, ContactsOfOneHeaderFromTheLastOneUp) {
  EXPECT_EQ(ask("up", "Contact: <sip:a@1.1.1.1>, <sip:b@1.1.1.1>\r\nContact: <sip:c@1.1.1.1>\r\n"),
            "200 OK|Contact: <sip:b@1.1.1.1>;expires=3600, <sip:a@1.1.1.1>;expires=3600, <sip:c@1.1.1.1>;expires=3600");
}

TEST_F(RegistrarTest, ContactsThatAreNoUris) {
  EXPECT_EQ(ask("no", "Contact: bogus\r\n"), "400 Bad Request|P-Registrar-Error: Contact parse error");
  EXPECT_EQ(ask("no", "Contact: <sip:a@1.1.1.1>,\r\n"), "400 Bad Request|P-Registrar-Error: Contact parse error");
}

TEST_F(RegistrarTest, ReceivedMayStandInTheContact) {
  EXPECT_EQ(ask("rcv", "Contact: <sip:a@1.1.1.1>;received=\"sip:2.2.2.2\"\r\n"),
            "200 OK|Contact: <sip:a@1.1.1.1>;expires=3600;received=\"sip:2.2.2.2\"");
}

TEST_F(RegistrarTest, GivesGruus) {
  constexpr std::string_view kInstance = R"(;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>")";
  const std::string reply =
      ask("gru", "Contact: <sip:g@1.1.1.1>" + std::string(kInstance) + ";reg-id=1\r\nSupported: path, gruu\r\n");
  const std::string head =
      "200 OK|Contact: "
      "<sip:g@1.1.1.1>;expires=3600;pub-gruu=\"sip:gru@sip.test;gr=urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF\";"
      "temp-gruu=\"";
  ASSERT_TRUE(reply.starts_with(head)) << reply;
  const std::string rest = reply.substr(head.size());
  const std::string temporary = rest.substr(0, rest.find('"'));
  EXPECT_TRUE(temporary.starts_with("sip:uloc-")) << temporary;
  EXPECT_TRUE(temporary.ends_with("@sip.test;gr")) << temporary;
  EXPECT_EQ(rest.substr(rest.find('"')), "\"" + std::string(kInstance) + ";reg-id=1");
  EXPECT_EQ(ask("gru", "Contact: <sip:h@1.1.1.1>" + std::string(kInstance) + ";reg-id=1\r\n"),
            "200 OK|Contact: <sip:h@1.1.1.1>;expires=3600" + std::string(kInstance) + ";reg-id=1");
  EXPECT_EQ(last_lookup, "save 2");
  world.receive(test_request("MESSAGE", temporary));
  EXPECT_EQ(last_lookup, "1 sip:h@1.1.1.1 du=");
  world.receive(test_request("MESSAGE", "sip:gru@sip.test;gr=urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF"));
  EXPECT_EQ(last_lookup, "1 sip:h@1.1.1.1 du=");
  world.receive(test_request("MESSAGE", "sip:gru@sip.test;gr=urn:uuid:1"));
  EXPECT_TRUE(last_lookup.starts_with("-1 sip:gru@sip.test"));
}

TEST_F(RegistrarTest, LooksUpInOrder) {
  ask("team", "Contact: <sip:b@1.1.1.1>;q=0.3\r\nUser-Agent: Phone A\r\nAllow: INVITE, BYE\r\n", "team-a", 5);
  ask("team", "Contact: <sip:c@1.1.1.1>;q=0.9\r\n");
  ask("team", "Contact: sip:d@1.1.1.1;expires=700\r\n");
  ask("second", "Contact: <sip:s1@1.1.1.1>;q=0.2, <sip:s2@1.1.1.1>\r\n");
  EXPECT_EQ(look("team"), "1 sip:c@1.1.1.1 du= sip:b@1.1.1.1;300 sip:d@1.1.1.1;-1");
  EXPECT_EQ(look("team", "dset"), "1 sip:team@sip.test du= sip:c@1.1.1.1;900 sip:b@1.1.1.1;300 sip:d@1.1.1.1;-1");
  EXPECT_EQ(look("nobody", "branches"), "1 sip:nobody@sip.test du= sip:s1@1.1.1.1;200 sip:s2@1.1.1.1;-1");
  EXPECT_EQ(look("x", "registered"), "1 sip:x@sip.test du=");
  EXPECT_TRUE(look("team", "fetch").starts_with("team|sip:c@1.1.1.1|n/a|c1|"));
  EXPECT_EQ(look("team", "unregister"), "1 sip:team@sip.test du=");
  EXPECT_EQ(look("team", "unregister"), "1 sip:team@sip.test du=");
  EXPECT_EQ(look("x", "registered"), "-1 sip:x@sip.test du=");
  EXPECT_TRUE(look("team", "fetch").ends_with("-1 sip:team@sip.test du="));
}

TEST_F(RegistrarTest, ShowsCopies) {
  ask("team", "Contact: <sip:a@1.1.1.1>\r\nUser-Agent: Phone A\r\nAllow: INVITE, ACK, BYE\r\n", "team-a", 5);
  ask("team", "Contact: <sip:b@1.1.1.1>\r\n", "team-b", 9);
  EXPECT_EQ(
      look("team", "fetch"),
      "team|sip:a@1.1.1.1|Phone A|team-a|5|||-1|13|2|<null>|udp:127.0.0.1:5070|sip:b@1.1.1.1|1 sip:team@sip.test du=");
}

TEST_F(RegistrarTest, Flags) {
  ask("f", "Contact: <sip:1@1.1.1.1>\r\n");
  ask("f", "Contact: <sip:2@1.1.1.1>\r\n");
  EXPECT_EQ(ask("f", "Contact: <sip:3@1.1.1.1>\r\nX-Do: one\r\n"), "200 OK|Contact: <sip:3@1.1.1.1>;expires=3600");
  EXPECT_EQ(ask("f", "Contact: <sip:3@1.1.1.1>, <sip:4@1.1.1.1>\r\nX-Do: one\r\n"),   // the first taken
            "200 OK|Contact: <sip:4@1.1.1.1>;expires=3600");
  EXPECT_EQ(ask("r", "Contact: <sip:1@1.1.1.1>\r\n"), "200 OK|Contact: <sip:1@1.1.1.1>;expires=3600");
  EXPECT_EQ(ask("r", "Contact: <sip:2@1.1.1.1>, <sip:3@1.1.1.1>;expires=0\r\nX-Do: one\r\n"),   // a removal is not what stays
            "200 OK|Contact: <sip:2@1.1.1.1>;expires=3600");
  EXPECT_EQ(ask("f", "Contact: <sip:5@1.1.1.1>\r\nX-Do: silent\r\n"), "200 Own Reply");
  EXPECT_EQ(ask("f", "Contact: <sip:5@1.1.1.1>;q=x\r\nX-Do: prepare\r\n"),
            "400 Bad Request|Contact: <sip:4@1.1.1.1>;expires=3600, <sip:5@1.1.1.1>;expires=3600|P-Registrar-Error: "
            "Invalid q param in contact");
  EXPECT_EQ(ask("g", "Contact: <sip:6@1.1.1.1>\r\nX-Do: other\r\n"), "200 OK|Contact: <sip:6@1.1.1.1>;expires=3600");
  EXPECT_EQ(look("g"), "-1 sip:g@sip.test du=");
  EXPECT_EQ(look("other"), "1 sip:6@1.1.1.1 du=");
}

TEST_F(RegistrarTest, ContactsRunOut) {
  ask("short", "Contact: <sip:a@1.1.1.1>;expires=60, <sip:b@1.1.1.1>;expires=600\r\n");
  const std::int64_t end = world.clock.wall_seconds() + 60;
  for (int i = 0; i < 61; ++i) world.advance(1000);
  EXPECT_EQ(look("short"), "1 sip:b@1.1.1.1 du=");
  for (int i = 0; i < 61; ++i) world.advance(1000);
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0], "short sip:a@1.1.1.1 " + std::to_string(end));
}

}  // namespace
}  // namespace strowger
