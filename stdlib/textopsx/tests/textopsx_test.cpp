// textopsx: rebuilding the message, header values as golden/textopsx has them, iterators.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "textopsx.interface.h"

namespace strowger::testing {
namespace {

class TextopsxTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("textopsx");
    module.worker_start = Textopsx::worker_start;
    world.modules = {module};
    again();
  }
  void again() {
    load(test_request("MESSAGE", "sip:a@sip.test", "",
                      "X-List: one, two\r\nX-List: three\r\nX-Params: v;a=1;b=2\r\nSubject: values\r\nX-Other: other\r\n"
                      "Authorization: Digest realm=\"r\", nonce=\"n\", uri=\"u\"\r\n",
                      "line 1\r\nline 2\nend"));
  }
  bool has(std::string_view part) { return sent().find(part) != std::string::npos; }
};

TEST_F(TextopsxTest, AppliedChangesAreRead) {
  live.edits.insert(*arena, live.message.headers_end(), "X-New: 1\r\n");
  live.set_uri("sip:b@new.test");
  live.uri_is_new = false;
  const std::string expected = sent();
  EXPECT_EQ(Textopsx::msg_apply_changes(call), 1);
  EXPECT_EQ(live.message.buffer().view(), expected);
  EXPECT_EQ(live.message.ruri().view(), "sip:b@new.test");
  EXPECT_TRUE(live.edits.empty());
  EXPECT_FALSE(live.uri_is_new);
  EXPECT_NE(live.message.find(sip::HeaderId::Other, "x-new"), nullptr);
  int transaction = 0;
  call.transaction = &transaction;
  EXPECT_EQ(Textopsx::msg_apply_changes(call), -1);
}

TEST_F(TextopsxTest, WhatCannotBeParsedStopsTheScript) {
  live.edits.remove(*arena, live.message.headers_at(), live.message.headers_end() - live.message.headers_at());
  const Text before = live.message.buffer();
  EXPECT_EQ(Textopsx::msg_apply_changes(call), 0);
  EXPECT_EQ(call.stop, 1);
  EXPECT_EQ(live.message.buffer().ptr, before.ptr);
  call.stop = 0;
  EXPECT_EQ(Textopsx::msg_set_buffer(call, "junk"), 0);
}

TEST_F(TextopsxTest, HeaderValues) {
  EXPECT_EQ(Textopsx::append_hf_value(call, "X-List", "four"), 1);
  EXPECT_EQ(Textopsx::append_hf_value(call, "X-List[1]", "after-one"), 1);
  EXPECT_TRUE(has("X-List: one,after-one, two\r\n") && has("X-List: four\r\n\r\n")) << sent();
  again();
  EXPECT_EQ(Textopsx::insert_hf_value(call, "X-List", "zero"), 1);
  EXPECT_EQ(Textopsx::insert_hf_value(call, "X-New", "brand new"), 1);
  EXPECT_TRUE(has("X-List: zero\r\nX-List: one, two\r\n") && has("X-New: brand new\r\n\r\n"));
  again();
  EXPECT_EQ(Textopsx::remove_hf_value(call, "X-List[1]"), 1);
  EXPECT_EQ(Textopsx::remove_hf_value(call, "X-Params.b"), 1);
  EXPECT_TRUE(has("X-List:  two\r\n") && has("X-Params: v;a=1\r\n")) << sent();
  again();
  EXPECT_EQ(Textopsx::assign_hf_value(call, "X-List[0]", "uno"), 1);
  EXPECT_EQ(Textopsx::assign_hf_value(call, "X-Params.a", "\"changed\""), 1);
  EXPECT_EQ(Textopsx::assign_hf_value(call, "X-Params.c", "3"), 1);
  EXPECT_TRUE(has("X-List: uno, two\r\n") && has("X-Params: v;a=\"changed\";b=2;c=3\r\n")) << sent();
  again();
  EXPECT_EQ(Textopsx::include_hf_value(call, "X-List", "three"), 1);
  EXPECT_EQ(Textopsx::include_hf_value(call, "X-List", "five"), 1);
  EXPECT_EQ(Textopsx::exclude_hf_value(call, "X-List", "one"), 1);
  EXPECT_TRUE(has("X-List:  two,five\r\nX-List: three\r\n")) << sent();
  again();
  EXPECT_EQ(Textopsx::remove_hf_value(call, "X-List[*]"), 1);
  EXPECT_FALSE(has("X-List"));
  EXPECT_EQ(Textopsx::hf_value_exists(call, "X-List", "two"), 1);
  EXPECT_EQ(Textopsx::hf_value_exists(call, "X-List", "nope"), -1);
  EXPECT_EQ(Textopsx::remove_hf_value(call, "X-List[9]"), -1);
  EXPECT_EQ(Textopsx::remove_hf_value(call, "X-List[x]"), -1);
  EXPECT_EQ(Textopsx::remove_hf_value(call, "[1]"), -1);
}

TEST_F(TextopsxTest, Credentials) {
  EXPECT_EQ(Textopsx::assign_hf_value2(call, "Authorization.realm", "\"R\""), 1);
  EXPECT_EQ(Textopsx::assign_hf_value2(call, "Authorization.qop", "auth"), 1);
  EXPECT_EQ(Textopsx::remove_hf_value2(call, "Authorization.nonce"), 1);
  EXPECT_TRUE(has("Authorization: Digest realm=\"R\", uri=\"u\",qop=auth\r\n")) << sent();
  again();
  EXPECT_EQ(Textopsx::remove_hf_value2(call, "Authorization.realm"), 1);
  EXPECT_EQ(Textopsx::remove_hf_value2(call, "Authorization.none"), -1);
  EXPECT_TRUE(has("Authorization: Digest  nonce=\"n\", uri=\"u\"\r\n") || has("Authorization: Digest nonce=\"n\", uri=\"u\"\r\n")) << sent();
}

TEST_F(TextopsxTest, KeptHeaders) {
  const Regex pattern = test_regex("^(X-Params|Subject)$", true);
  EXPECT_EQ(Textopsx::keep_hf(call, pattern), -1) << "as Kamailio, although it did";
  EXPECT_FALSE(has("X-List") || has("X-Other"));
  EXPECT_TRUE(has("X-Params") && has("Subject") && has("Max-Forwards"));
  EXPECT_EQ(Textopsx::remove_body(call), 1);
  EXPECT_TRUE(sent().ends_with("Content-Length: 0\r\n\r\n"));
}

TEST_F(TextopsxTest, Iterators) {
  EXPECT_EQ(Textopsx::hf_iterator_next(call, "i"), -1);
  ASSERT_EQ(Textopsx::hf_iterator_start(call, "i"), 1);
  EXPECT_TRUE(Textopsx::get_hfitname(call, "i").is_null());
  int seen = 0;
  while (Textopsx::hf_iterator_next(call, "i") > 0) {
    ++seen;
    if (Textopsx::get_hfitname(call, "i").view() == "Subject") {
      EXPECT_EQ(Textopsx::hf_iterator_rm(call, "i"), 1);
    }
    if (Textopsx::get_hfitname(call, "i").view() == "X-Other") {
      EXPECT_EQ(Textopsx::hf_iterator_append(call, "i", "X-After: a\r\n"), 1);
    }
  }
  EXPECT_EQ(seen, static_cast<int>(live.message.header_count()));
  EXPECT_EQ(Textopsx::hf_iterator_prev(call, "i"), 1);
  EXPECT_EQ(Textopsx::hf_iterator_end(call, "i"), 1);
  EXPECT_FALSE(has("Subject"));
  EXPECT_TRUE(has("X-Other: other\r\nX-After: a\r\n"));
  ASSERT_EQ(Textopsx::bl_iterator_start(call, "b"), 1);
  std::string lines;
  while (Textopsx::bl_iterator_next(call, "b") > 0) lines += "[" + std::string(Textopsx::get_blitval(call, "b").view()) + "]";
  EXPECT_EQ(lines, "[line 1\r\n][line 2\n][end]");
  for (const Text name : {Text("1"), Text("2"), Text("3"), Text("4")}) EXPECT_EQ(Textopsx::hf_iterator_start(call, name), 1);
  EXPECT_EQ(Textopsx::hf_iterator_start(call, "5"), -1);
  again();
  live.number = 2;
  EXPECT_EQ(Textopsx::hf_iterator_next(call, "1"), -1) << "of another message";
  EXPECT_EQ(Textopsx::hf_iterator_start(call, "5"), 1);
}

TEST_F(TextopsxTest, ShellPatterns) {
  EXPECT_EQ(Textopsx::fnmatch(call, "service", "serv*"), 1);
  EXPECT_EQ(Textopsx::fnmatch(call, "service", "SERV?CE"), -1);
  EXPECT_EQ(Textopsx::fnmatch(call, "service", "SERV?CE", "i"), -1) << "the flag has no effect";
  EXPECT_EQ(Textopsx::fnmatch(call, "a1", "[a-c][!2-9]"), 1);
  EXPECT_EQ(Textopsx::fnmatch(call, "a5", "[a-c][!2-9]"), -1);
  EXPECT_EQ(Textopsx::fnmatch(call, "abcabd", "*ab?"), 1);
  EXPECT_EQ(Textopsx::fnmatch(call, "", "*"), 1);
  EXPECT_EQ(Textopsx::fnmatch(call, "[", "["), 1);
  EXPECT_EQ(Textopsx::fnmatch(call, "x", "["), -1);
}

TEST_F(TextopsxTest, ReplyStatus) {
  load("SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-1\r\nFrom: <sip:a@b>;tag=1\r\n"
       "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Textopsx::change_reply_status(call, 480, "Not Here Now"), 1);
  EXPECT_TRUE(sent().starts_with("SIP/2.0 480 Not Here Now\r\n")) << sent();
  EXPECT_EQ(Textopsx::change_reply_status(call, 200, "OK"), -1);
  EXPECT_EQ(Textopsx::change_reply_status_code(call, 180), -1);
}

}  // namespace
}  // namespace strowger::testing
