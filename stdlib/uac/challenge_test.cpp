// Tests of challenges: which are answered, and that the answers are right.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/challenge.h"

#include "runtime/script/test_call.h"
#include "runtime/sip/digest_response.h"

namespace strowger::testing {
namespace {

class ChallengeTest : public ScriptCall {
 protected:
  std::optional<uac::Challenge> read(std::string_view lines, int code = 401) {
    load("SIP/2.0 " + std::to_string(code) + " X\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
         "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n" + std::string(lines) + "Content-Length: 0\r\n\r\n");
    return uac::read_challenge(live.message);
  }
  std::string answer(std::string_view lines, const uac::Secret& secret, Text body = "") {
    const auto challenge = read(lines);
    if (!challenge) return "none";
    const Text line = uac::make_credentials(*challenge, {"MESSAGE", "sip:b@c", body}, secret, *world.worker, *arena);
    return line.is_null() ? "null" : std::string(line.view());
  }
};

TEST_F(ChallengeTest, OnlyTheFirstOneAndOnlyMd5) {
  EXPECT_TRUE(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"));
  EXPECT_TRUE(read("WWW-Authenticate:   digest   realm = \"r\" , nonce = \"n\",algorithm=md5\r\n"));
  EXPECT_TRUE(read("Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", 407)->by_proxy);
  for (const char* bad :
       {"", "WWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
        "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", "WWW-Authenticate: Digest realm=\"r\"\r\n",
        "WWW-Authenticate: Digest realm=\"\", nonce=\"n\"\r\n", "WWW-Authenticate: Digest realm=r, nonce=n\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", Digest realm=\"s\", nonce=\"m\"\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"other\"\r\n", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n, opaque=\"o\"\r\n", "WWW-Authenticate: Digest realm=\"r\"x\"y\", nonce=\"n\"\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\", opaque=o\"p\r\n"})
    EXPECT_FALSE(read(bad)) << bad;
  EXPECT_FALSE(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", 403));
}

TEST_F(ChallengeTest, AuthIsPreferred) {
  EXPECT_TRUE(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"\"\r\n")->qop.is_null());
  EXPECT_EQ(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int, auth\"\r\n")->qop.view(), "auth");
  EXPECT_EQ(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=AUTH\r\n")->qop.view(), "auth");
  EXPECT_EQ(read("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"\r\n")->qop.view(), "auth-int");
}

TEST_F(ChallengeTest, FieldsInKamailiosOrder) {
  const auto md5 = [](std::initializer_list<Text> parts) { return sip::digest_hash(sip::DigestAlgorithm::Md5, parts); };
  const std::string response(md5({md5({"u", "r", "p"}).text(), "n", md5({"MESSAGE", "sip:b@c"}).text()}).text().view());
  const std::string line = "Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:b@c\", opaque=\"o\", response=\"" + response +
                           "\", algorithm=MD5\r\n";
  constexpr std::string_view kPlain = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\"\r\n";
  EXPECT_EQ(answer(kPlain, {"u", "p"}), line);
  EXPECT_EQ(answer(kPlain, {"u", md5({"u", "r", "p"}).text(), true}), line);
}

TEST_F(ChallengeTest, TheBodyCountsWithAuthInt) {
  const std::string line = answer("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"\r\n", {"u", "p"}, "the body");
  sip::DigestCredentials fields;
  ASSERT_EQ(sip::parse_digest(Text(std::string_view(line).substr(15)), fields), sip::DigestFault::None);
  EXPECT_NE(line.find("uri=\"sip:b@c\", qop=auth-int, nc=00000001, cnonce=\""), std::string::npos) << line;
  const auto ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, "u", "r", "p");
  EXPECT_EQ(fields.response.view(), sip::make_digest_response(sip::DigestAlgorithm::Md5, fields, ha1.text(), "MESSAGE", "the body").text().view());
}

TEST_F(ChallengeTest, UsersThatWouldBreakTheHeader) {
  constexpr std::string_view kPlain = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";
  EXPECT_EQ(answer(kPlain, {"u\r\nX: y", "p"}), "null");
  EXPECT_EQ(answer(kPlain, {"", "p"}), "null");
  EXPECT_EQ(answer(kPlain, {"u", "short", true}), "null");
  EXPECT_NE(answer(kPlain, {"a\"b", "p"}).find("username=\"a\\\"b\""), std::string::npos);
}

}  // namespace
}  // namespace strowger::testing
