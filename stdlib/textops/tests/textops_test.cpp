// textops over messages as golden/textops has them: headers, bodies, multipart, texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "textops.interface.h"

namespace strowger::testing {
namespace {

class TextopsTest : public ScriptCall {
 protected:
  void with(std::string_view headers, std::string_view body, std::string_view user = "alice") {
    load(test_request("MESSAGE", "sip:" + std::string(user) + "@sip.test", "", headers, body));
  }
  HeaderName header(std::string_view name) { return {Text(name), static_cast<std::uint64_t>(sip::header_id_of(name))}; }
  std::string body() {
    const std::string out = sent();
    return out.substr(out.find("\r\n\r\n") + 4);
  }
  bool has(std::string_view part) {
    const std::string out = sent();
    return out.find(part) != std::string::npos;
  }
};

constexpr std::string_view kBody = "alpha beta gamma\r\nbeta beta\r\nthe end\r\n";

TEST_F(TextopsTest, HeadersAddedAndRemoved) {
  with("X-One: 1\r\nX-Two: 2\r\nx-one: again\r\nX-Re-A: a\r\nX-Red: b\r\nY-One: c\r\nY-Keep: d\r\nZ: zero\r\nZ: one\r\nZ: two\r\n", "hello");
  EXPECT_EQ(Textops::append_hf(call, "X-End: e\r\n"), 1);
  EXPECT_EQ(Textops::append_hf(call, "X-After: a\r\n", header("Call-ID")), 1);
  EXPECT_EQ(Textops::insert_hf(call, "X-Top: t\r\n"), 1);
  EXPECT_EQ(Textops::insert_hf(call, "X-Before: b\r\n", header("CSeq")), 1);
  EXPECT_EQ(Textops::remove_hf(call, header("X-One")), 1);
  EXPECT_EQ(Textops::remove_hf(call, header("X-One")), 1) << "removed already";
  EXPECT_EQ(Textops::remove_hf(call, header("X-Nope")), -1);
  const Regex re = test_regex("^X-Re", true), match = test_regex("^Y-", true), skip = test_regex("^Y-Keep", true);
  EXPECT_EQ(Textops::remove_hf_re(call, re), 1);
  EXPECT_EQ(Textops::remove_hf_exp(call, match, skip), 1);
  EXPECT_EQ(Textops::remove_hf_idx(call, "Z", 1), 1);
  EXPECT_EQ(Textops::remove_hf_idx(call, "Z", -4), 1) << "there is none";
  EXPECT_EQ(Textops::append_urihf(call, "CC-Diversion: ", "\r\n"), 1);
  EXPECT_EQ(sent(),
            "MESSAGE sip:alice@sip.test SIP/2.0\r\nX-Top: t\r\nVia: SIP/2.0/UDP 127.0.0.11:5080;branch=z9hG4bK-a1\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:alice@sip.test>;tag=t1\r\nTo: <sip:alice@sip.test>\r\nCall-ID: c1@sip.test\r\n"
            "X-After: a\r\nX-Before: b\r\nCSeq: 1 MESSAGE\r\nX-Two: 2\r\nY-Keep: d\r\nZ: zero\r\nZ: two\r\nContent-Length: 5\r\n"
            "X-End: e\r\nCC-Diversion: sip:alice@sip.test\r\n\r\nhello");
  EXPECT_EQ(Textops::is_present_hf(call, header("x-two")), 1);
  EXPECT_EQ(Textops::is_present_hf_pv(call, "nope"), -1);
  EXPECT_EQ(Textops::remove_hf_match(call, "Z", "eq", "two"), 1);
  EXPECT_FALSE(has("Z: two"));
}

TEST_F(TextopsTest, AnEditedHeaderCanBeRemoved) {
  with("X-Sub: old and old\r\n", "");
  const Regex re = test_regex("old");
  const SubstPart part{Text("new")};
  const Subst subst{re, &part, 1, 1};
  EXPECT_EQ(Textops::subst_hf(call, header("X-Sub"), subst, "a"), 1);
  EXPECT_TRUE(has("X-Sub: new and new\r\n"));
  EXPECT_EQ(Textops::remove_hf(call, header("X-Sub")), 1);
  EXPECT_FALSE(has("X-Sub"));
}

TEST_F(TextopsTest, SearchAndReplace) {
  with("Subject: About bodies, bodies\r\n", kBody);
  const Regex about = test_regex("About"), line = test_regex("^Subject: .*bodies"), gamma = test_regex("gamma"),
              subject = test_regex("Subject"), bod = test_regex("bod"), beta = test_regex("beta"), all = test_regex("^.*$");
  EXPECT_EQ(Textops::search(call, about), 1);
  EXPECT_EQ(Textops::search(call, line), 1);
  EXPECT_EQ(Textops::search_body(call, gamma), 1);
  EXPECT_EQ(Textops::search_body(call, subject), -1);
  EXPECT_EQ(Textops::replace_all(call, bod, "BOD"), 1);
  EXPECT_TRUE(has("Subject: About BODies, BODies\r\n"));
  EXPECT_EQ(Textops::replace_body_all(call, beta, "B"), 1);
  EXPECT_EQ(body(), "alpha B gamma\r\nB B\r\nthe end\r\n");
  EXPECT_TRUE(has("Content-Length: 29\r\n"));
  EXPECT_EQ(Textops::replace_body_all(call, beta, "C"), 1);
  EXPECT_EQ(body(), "alpha BC gamma\r\nBC BC\r\nthe end\r\n") << "the same bytes twice";

  with("Subject: About bodies, bodies\r\n", kBody);
  EXPECT_EQ(Textops::replace_body_atonce(call, all, "line"), 1);
  EXPECT_EQ(body(), "line");
  with("Subject: About bodies, bodies\r\n", kBody);
  EXPECT_EQ(Textops::search_append(call, about, " (appended)"), 1);
  EXPECT_EQ(Textops::search_append_body(call, beta, "+"), 1);
  EXPECT_EQ(Textops::replace_str(call, "end", "END", "f"), 1);
  EXPECT_TRUE(has("Subject: About (appended) bodies"));
  EXPECT_EQ(body(), "alpha beta+ gamma\r\nbeta beta\r\nthe END\r\n");
}

TEST_F(TextopsTest, Substitutions) {
  with("Subject: About bodies, bodies\r\n", kBody);
  const SubstPart swapped[] = {{Text(), nullptr, 2}, {Text(" ")}, {Text(), nullptr, 1}};
  const Subst words{test_regex("([a-z]+) ([a-z]+)"), swapped, 3, 1};
  EXPECT_EQ(Textops::subst_body(call, words), 1);
  EXPECT_EQ(body(), "beta alpha gamma\r\nbeta beta\r\nend the\r\n");
  const SubstPart uri[] = {{Text("sip:")}, {Text(), nullptr, 1}, {Text("-x@sub.test")}};
  const Subst to_sub{test_regex("^sip:([a-z]+)@sip.test$"), uri, 3, 0};
  EXPECT_EQ(Textops::subst_uri(call, to_sub), 1);
  EXPECT_EQ(live.uri().view(), "sip:alice-x@sub.test");
  const SubstPart user[] = {{Text("-y")}};
  const Subst tail{test_regex("-x$"), user, 1, 0}, nothing{test_regex("q*"), user, 1, 1};
  EXPECT_EQ(Textops::subst_user(call, tail), 1);
  EXPECT_EQ(live.uri().view(), "sip:alice-y@sub.test");
  EXPECT_EQ(Textops::subst_user(call, tail), -1);
  EXPECT_EQ(Textops::subst_body(call, nothing), -1) << "an empty match is an error";
  const SubstPart capital[] = {{Text("L")}};
  const Subst all_l{test_regex("l"), capital, 1, 1}, first_l{test_regex("l"), capital, 1, 0};
  EXPECT_EQ(Textops::re_subst(call, Value::of(Text("hello")), all_l).text().view(), "heLLo");
  EXPECT_EQ(Textops::re_subst(call, Value::of(Text("hello")), first_l).text().view(), "heLlo");
  EXPECT_EQ(Textops::re_subst(call, Value::of(Text("none")), all_l).text().view(), "none");
  const Subst maybe_h{test_regex("h*"), capital, 1, 1};
  EXPECT_TRUE(Textops::re_subst(call, Value::of(Text("hello")), maybe_h).is_null()) << "the second match is empty";
}

TEST_F(TextopsTest, Bodies) {
  with("Content-Type: text/plain\r\n", "plain");
  EXPECT_EQ(Textops::has_body(call), 1);
  EXPECT_EQ(Textops::has_body(call, "text/plain"), 1);
  EXPECT_EQ(Textops::has_body(call, ""), 1);
  EXPECT_EQ(Textops::set_body(call, "", "text/plain"), -1);
  EXPECT_EQ(Textops::has_body(call, "application/sdp"), -1);
  EXPECT_EQ(Textops::set_body(call, "new body", "text/x-new"), 1);
  EXPECT_TRUE(has("Content-Length: 8\r\nContent-Type: text/x-new\r\n\r\nnew body")) << sent();
  with("Content-Type: text/plain\r\n", "plain");
  EXPECT_EQ(Textops::set_body(call, "short", "text/plain"), 1);
  EXPECT_TRUE(has("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nshort"));
  with("", "");
  EXPECT_EQ(Textops::has_body(call), -1);
  EXPECT_EQ(Textops::has_body(call, "application/sdp"), -1);
  EXPECT_EQ(Textops::set_body(call, "x", "a/b"), 1);
  EXPECT_TRUE(has("Content-Length: 1\r\nContent-Type: a/b\r\n\r\nx"));
  EXPECT_EQ(Textops::set_reply_body(call, "r", "t/p"), 1);
  EXPECT_EQ(live.reply_body.view(), "r");
}

std::string kept_text;
Value get_kept(Call*) { return Value::of(Text(std::string_view(kept_text))); }
Code set_kept(Call*, Value value) {
  kept_text = value.text().view();
  return 1;
}
const VariableRef kKept{get_kept, set_kept, Text("$var(x)")};

constexpr std::string_view kParts =
    "--sep\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n--sep\r\nContent-Type: application/isup\r\n"
    "Content-Disposition: signal\r\n\r\nISUP DATA\r\n--sep--\r\n";

TEST_F(TextopsTest, ABodyIsWhatContentLengthSays) {
  with("", "typeless");
  EXPECT_EQ(Textops::has_body(call), 1);
  EXPECT_EQ(Textops::has_body(call, "application/sdp"), 1) << "what has no type counts as such, as in Kamailio";
  EXPECT_EQ(Textops::has_body(call, "text/plain"), -1);
}

TEST_F(TextopsTest, PartsOfABody) {
  const auto again = [&] { with("Content-Type: multipart/mixed;boundary=\"sep\"\r\n", kParts); };
  again();
  EXPECT_EQ(Textops::get_body_part(call, "application/sdp", kKept), 1);
  EXPECT_EQ(kept_text, "\r\nv=0\r\ns=-\r\n");
  EXPECT_EQ(Textops::get_body_part(call, "text/none", kKept), -1);
  EXPECT_EQ(Textops::get_body_part_raw(call, "application/isup", kKept), 1);
  EXPECT_EQ(kept_text, "Content-Type: application/isup\r\nContent-Disposition: signal\r\n\r\nISUP DATA\r\n");
  EXPECT_EQ(Textops::filter_body(call, "application/sdp"), 1);
  EXPECT_EQ(body(), "v=0\r\ns=-");
  again();
  EXPECT_EQ(Textops::remove_body_part(call, "application/isup"), 1);
  EXPECT_EQ(body(), "--sep\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n--sep--\r\n");
  again();
  EXPECT_EQ(Textops::append_body_part_hex(call, "414243", "text/p3", "render"), 1);
  EXPECT_TRUE(body().ends_with("ISUP DATA\r\n--sep\r\nContent-Type: text/p3\r\nContent-Disposition: render\r\n\r\nABC\r\n--sep--\r\n"));
  EXPECT_EQ(Textops::append_body_part_hex(call, "41424", "text/p3"), -1);
  with("Content-Type: text/plain\r\n", "plain");
  EXPECT_EQ(Textops::set_body_multipart(call, "first part", "text/plain", "frontier"), 1);
  EXPECT_EQ(body(), "--frontier\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--frontier\r\n");
  EXPECT_TRUE(has("Content-Length: 64\r\nContent-Type: multipart/mixed;boundary=\"frontier\"\r\nMime-Version: 1.0\r\n\r\n"));
  EXPECT_EQ(Textops::append_body_part(call, "second", "text/x"), -1) << "the message as received is not multipart";
}

TEST_F(TextopsTest, BrokenPartsDoNotHurt) {
  for (const std::string_view broken : {"--sep", "--sep\r\n", "--sep\r\n\r\n--sep", "x", "--sep\r\nContent-Type:\r\n--sep--", "\n\n\n"}) {
    with("Content-Type: multipart/mixed;boundary=sep\r\n", broken);
    EXPECT_EQ(Textops::get_body_part(call, "application/sdp", kKept), -1) << broken;
    EXPECT_EQ(Textops::filter_body(call, "application/sdp"), -1) << broken;
    EXPECT_EQ(Textops::remove_body_part(call, "application/sdp"), -1) << broken;
  }
}

TEST_F(TextopsTest, Texts) {
  with("Privacy: id;user\r\n", "");
  EXPECT_EQ(Textops::in_list(call, "two", "one,two,three", ","), 1);
  EXPECT_EQ(Textops::in_list(call, "tw", "one,two,three", ","), -1);
  EXPECT_EQ(Textops::in_list_prefix(call, "threefold", "one,two,three", ","), 1);
  EXPECT_EQ(Textops::starts_with(call, "sip:x", "SIP:"), -1);
  EXPECT_EQ(Textops::ends_with(call, "sip:x.test", ".test"), 1);
  EXPECT_EQ(Textops::starts_with(call, "s", "sip:"), -1);       // shorter, or behind it in the order of bytes
  EXPECT_EQ(Textops::starts_with(call, "aaaaa", "sip:"), -2);   // before it
  EXPECT_EQ(Textops::starts_with(call, "xxxxx", "sip:"), -1);
  EXPECT_EQ(Textops::str_find(call, "abc", ""), 4);
  EXPECT_EQ(Textops::str_ifind(call, "service", "VICE"), 4);
  EXPECT_EQ(Textops::str_find(call, "service", "VICE"), -1);
  EXPECT_EQ(Textops::cmp_istr(call, "a", "A"), 1);
  EXPECT_EQ(Textops::cmp_str(call, "a", "A"), -1);
  EXPECT_EQ(Textops::cmp_str(call, "a", "b"), -2);
  EXPECT_EQ(Textops::cmp_istr(call, "B", "a"), -1);
  EXPECT_EQ(Textops::cmp_istr(call, "a", "ab"), -2);
  EXPECT_EQ(Textops::search_str(call, "a", "["), -2);
  EXPECT_EQ(Textops::search_str(call, "", "a"), -2);
  EXPECT_EQ(Textops::search_str(call, "a", ""), 2);
  EXPECT_EQ(Textops::search_str(call, "sip:abc@x", "s[a-z]+@"), -1);
  EXPECT_EQ(Textops::search_str(call, "abc@x", "[a-z]+@"), 1);
  EXPECT_EQ(Textops::is_privacy(call, "id"), 1);
  EXPECT_EQ(Textops::is_privacy(call, "header"), -1);
  EXPECT_EQ(Textops::is_method(call, kMessage | kInvite), 1);
  EXPECT_EQ(Textops::is_method(call, kInvite), -1);
  EXPECT_EQ(Textops::regex_substring(call, "abc-123-def", "([a-z]+)-([0-9]+)", 2, 3, kKept), 1);
  EXPECT_EQ(kept_text, "123");
  EXPECT_EQ(Textops::append_to_reply(call, "X-R: 1\r\n"), 1);
  EXPECT_EQ(Textops::append_time(call), 1);
  ASSERT_TRUE(live.reply_headers && live.reply_headers->next);
  EXPECT_EQ(live.reply_headers->next->text.view(), "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
}

TEST_F(TextopsTest, AudioOnHold) {
  with("", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 4 RTP/AVP 0\r\na=sendonly\r\n");
  EXPECT_EQ(Textops::is_audio_on_hold(call), 2);
  with("", "v=0\r\nc=IN IP4 0.0.0.0\r\nm=video 4 x\r\na=inactive\r\nm=audio 4 RTP/AVP 0\r\n");
  EXPECT_EQ(Textops::is_audio_on_hold(call), 1);
  with("", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 4 RTP/AVP 0\r\na=sendrecv\r\n");
  EXPECT_EQ(Textops::is_audio_on_hold(call), -1);
}

}  // namespace
}  // namespace strowger::testing
