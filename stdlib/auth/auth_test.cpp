// Tests of digests, nonces, the counts of their uses, and of challenges and credentials in messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <thread>

#include "auth.interface.h"
#include "runtime/script/test_call.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth/nonce.h"
#include "runtime/sip/digest_response.h"
#include "stdlib/auth/uses.h"

namespace strowger {
namespace {


TEST(AuthDigests, AreThoseOfTheRfcs) {
  sip::DigestCredentials c;                     // RFC 2617 §3.5
  c.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
  c.uri = "/dir/index.html";
  c.qop = "auth";
  c.nc = "00000001";
  c.cnonce = "0a4f113b";
  const sip::HexDigest ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(ha1.text().view(), "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(sip::make_digest_response(sip::DigestAlgorithm::Md5, c, ha1.text(), "GET", "").text().view(), "6629fae49393a05397450978507c4ef1");
  c.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";   // RFC 7616 §3.9.1
  c.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  const sip::HexDigest sha = sip::make_ha1(sip::DigestAlgorithm::Sha256, "Mufasa", "http-auth@example.org", "Circle of Life");
  EXPECT_EQ(sip::make_digest_response(sip::DigestAlgorithm::Sha256, c, sha.text(), "GET", "").text().view(),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(AuthDigests, CoverTheBodyWhereTheClientSaysSo) {
  sip::DigestCredentials c;
  c.nonce = "n";
  c.uri = "sip:a";
  c.nc = "00000001";
  c.cnonce = "c";
  c.qop = "auth-int";
  const auto md5 = [](std::initializer_list<Text> parts) { return sip::digest_hash(sip::DigestAlgorithm::Md5, parts); };
  const sip::HexDigest ha2 = md5({"INVITE", "sip:a", md5({"body"}).text()});
  EXPECT_EQ(sip::make_digest_response(sip::DigestAlgorithm::Md5, c, "h", "INVITE", "body").text().view(),
            md5({"h", "n", "00000001", "c", "auth-int", ha2.text()}).text().view());
}

class AuthNonces : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kNow = 1700000000;
  const sip::HashKey key = sip::make_hash_key("secret");
  static std::string print(const auth::Nonce& nonce, const sip::HashKey& key, const auth::Binding* binding = nullptr) {
    char out[auth::kMostNonce];
    return {out, auth::print_nonce(nonce, key, binding, out)};
  }
  auth::NonceFault read(const std::string& text, std::uint32_t now = kNow, bool counted = false, const auth::Binding* binding = nullptr,
                        Int drift = 3) {
    return auth::read_nonce(Text(std::string_view(text)), key, {now, 10, drift, counted, binding}, out);
  }
  auth::Nonce out;
};

TEST_F(AuthNonces, AreGoodUntilTheyEnd) {
  const std::string nonce = print({kNow + 10, kNow, std::nullopt}, key);
  EXPECT_EQ(nonce.size(), 32u);
  EXPECT_EQ(read(nonce), auth::NonceFault::None);
  EXPECT_EQ(out.expires, kNow + 10);
  EXPECT_EQ(out.made, kNow);
  EXPECT_EQ(read(nonce, kNow + 10), auth::NonceFault::None);
  EXPECT_EQ(read(nonce, kNow + 11), auth::NonceFault::Stale);
  EXPECT_EQ(read(nonce, kNow - 3), auth::NonceFault::None);
  EXPECT_EQ(read(nonce, kNow - 4), auth::NonceFault::Stale);
  EXPECT_EQ(read(nonce, kNow - 4, false, nullptr, -1), auth::NonceFault::None);
}

TEST_F(AuthNonces, CannotBeChanged) {
  const std::string nonce = print({kNow + 10, kNow, 77}, key);
  EXPECT_EQ(nonce.size(), 40u);
  ASSERT_EQ(read(nonce, kNow, true), auth::NonceFault::None);
  EXPECT_EQ(out.number, 77u);
  for (std::size_t i = 0; i < nonce.size(); ++i)
    for (const char c : {'A', '/', 'q', '=', '!', '\0'}) {
      std::string changed = nonce;
      changed[i] = c;
      if (changed != nonce) EXPECT_NE(read(changed, kNow, true), auth::NonceFault::None) << i << c;
    }
  EXPECT_EQ(read(nonce.substr(0, 32), kNow, true), auth::NonceFault::Forged);
  EXPECT_EQ(read(nonce + "AAAA", kNow, true), auth::NonceFault::Forged);
  EXPECT_EQ(read(nonce), auth::NonceFault::Forged);   // without its number it is another
  EXPECT_EQ(read(print({kNow + 10, kNow, 77}, sip::make_hash_key("other")), kNow, true), auth::NonceFault::Forged);
  EXPECT_EQ(read(std::string(65, 'A')), auth::NonceFault::Forged);
  EXPECT_EQ(read(""), auth::NonceFault::Forged);
}

TEST_F(AuthNonces, AreBoundToWhatTheyAreMadeFor) {
  auth::Binding one{}, two{};
  two[0] = 1;
  const std::string nonce = print({kNow + 10, kNow, std::nullopt}, key, &one);
  EXPECT_EQ(nonce.size(), 56u);
  EXPECT_EQ(read(nonce, kNow, false, &one), auth::NonceFault::None);
  EXPECT_EQ(read(nonce, kNow, false, &two), auth::NonceFault::Stale);
  EXPECT_EQ(read(print({kNow + 10, kNow, std::nullopt}, key), kNow, false, &one), auth::NonceFault::Stale);
  EXPECT_EQ(read(nonce), auth::NonceFault::None);
}

TEST(AuthUses, AreCountedOnceEach) {
  using Use = auth::Uses::Use;
  auth::Uses uses(4);
  ASSERT_TRUE(uses.is_good());
  const std::uint32_t next = 10;
  EXPECT_EQ(uses.use(9, 0, next), Use::Repeated);
  EXPECT_EQ(uses.use(9, 1, next), Use::Fresh);
  EXPECT_EQ(uses.use(9, 1, next), Use::Repeated);
  EXPECT_EQ(uses.use(9, 255, next), Use::Fresh);
  EXPECT_EQ(uses.use(9, 256, next), Use::Repeated);
  EXPECT_EQ(uses.use(6, 1, next), Use::Fresh);
  EXPECT_EQ(uses.use(5, 1, next), Use::Over);    // its cell belongs to 9
  EXPECT_EQ(uses.use(10, 1, next), Use::Over);   // not given yet
  EXPECT_EQ(uses.use(10, 1, 11), Use::Fresh);
  EXPECT_EQ(uses.use(6, 2, 11), Use::Over);
  EXPECT_EQ(uses.use(0, 1, 1), Use::Fresh);      // where the numbers begin anew
  EXPECT_EQ(uses.use(UINT32_MAX, 1, 1), Use::Fresh);
}

TEST(AuthUses, OneOfManyThreadsWins) {
  auth::Uses uses(8);
  std::atomic<int> fresh{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::uint32_t number = 0; number < 8; ++number) fresh += uses.use(number, 1, 8) == auth::Uses::Use::Fresh;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 8);
}

std::string g_replies;   // what the stand-in for sl was asked to send
Code reply(Call& call, Int code, Text reason) {
  g_replies += std::to_string(code) + " " + std::string(reason.view()) + "\r\n";
  for (const ReplyHeader* h = call.live->reply_headers; h; h = h->next) g_replies += std::string(h->text.view());
  return call.message().method_bit() == kAck ? -1 : 1;
}

class AuthTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = "auth";
    module.start = Auth::start;
    module.worker_start = Auth::worker_start;
    module.stop = Auth::stop;
    world.modules = {module};
    g_replies.clear();
  }
  void message(std::string_view method, std::string_view extra = "") {
    load(test_request(method, "sip:sip.test", "", extra));
    world.process->services.reply_stateless = reply;
  }
  /// Of the challenge that was sent last.
  std::string nonce() {
    message("OPTIONS");
    g_replies.clear();
    EXPECT_EQ(Auth::www_challenge(call, "sip.test", 0), 1);
    const std::size_t at = g_replies.find("nonce=\"") + 7;
    return g_replies.substr(at, g_replies.find('"', at) - at);
  }
  static std::string credentials(const std::string& nonce, std::string_view user = "alice", std::string_view password = "secret",
                                 std::string_view realm = "sip.test", std::string_view method = "OPTIONS") {
    sip::DigestCredentials c;
    c.nonce = Text(std::string_view(nonce));
    c.uri = "sip:sip.test";
    const sip::HexDigest ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, user, realm, password);
    const sip::HexDigest response = sip::make_digest_response(sip::DigestAlgorithm::Md5, c, ha1.text(), method, "");
    return "Digest username=\"" + std::string(user) + "\", realm=\"" + std::string(realm) + "\", nonce=\"" + nonce +
           "\", uri=\"sip:sip.test\", response=\"" + std::string(response.text().view()) + "\"";
  }
  Code www(std::string_view value, std::string_view password = "secret") {
    message("OPTIONS", "Authorization: " + std::string(value) + "\r\n");
    return Auth::pv_www_authenticate(call, "sip.test", password, 0);
  }
};

TEST_F(AuthTest, ChallengesAsKamailio) {
  message("REGISTER");
  EXPECT_EQ(Auth::auth_challenge(call, "sip.test", 1), 1);
  EXPECT_TRUE(g_replies.starts_with("401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"sip.test\", nonce=\"")) << g_replies;
  EXPECT_TRUE(g_replies.ends_with("\", qop=\"auth\"\r\n")) << g_replies;
  message("INVITE");
  g_replies.clear();
  EXPECT_EQ(Auth::auth_challenge(call, "sip.test", 18), 1);
  EXPECT_TRUE(g_replies.starts_with("407 Proxy Authentication Required\r\nProxy-Authenticate: Digest ")) << g_replies;
  EXPECT_TRUE(g_replies.ends_with("\", qop=\"auth-int\", stale=true\r\n")) << g_replies;
  message("ACK");
  g_replies.clear();
  EXPECT_EQ(Auth::auth_challenge(call, "sip.test", 0), 1);
  EXPECT_EQ(g_replies, "");
  EXPECT_EQ(Auth::www_challenge(call, "sip.test", 0), -3);
  message("OPTIONS");
  EXPECT_EQ(Auth::www_challenge(call, "<null>", 0), -1);
  EXPECT_EQ(g_replies, "500 Internal Server Error\r\n");
}

TEST_F(AuthTest, JudgesCredentials) {
  const std::string good = nonce();
  EXPECT_EQ(www(credentials(good)), 1);
  EXPECT_EQ(call.live->authorized_user.view(), "alice");
  EXPECT_EQ(www(credentials(good, "alice", "wrong")), -2);
  EXPECT_TRUE(call.live->authorized_user.is_null());
  EXPECT_EQ(www(credentials(good, "alice", "secret", "other")), -5);
  EXPECT_EQ(www("Basic abc"), -5);
  EXPECT_EQ(www("Digest"), -5);
  EXPECT_EQ(www("Digest username"), -1);
  EXPECT_EQ(www(credentials(good) + ","), -1);
  EXPECT_EQ(www(credentials(good) + ", qop=auth"), -1);        // no nc, no cnonce
  EXPECT_EQ(www(credentials("made-up-nonce")), -1);
  EXPECT_EQ(www(credentials(std::string(32, 'A'))), -4);
  EXPECT_EQ(www(credentials(good), ""), -1);
  EXPECT_EQ(www(credentials(good, "alice", "<null>"), "<null>"), -1);   // a user without a password, as a format prints that
  world.clock.wall_us += 301 * 1000000LL;
  world.worker->advance(world.clock);
  EXPECT_EQ(www(credentials(good)), -4);
}

TEST_F(AuthTest, LetsThroughWhatCannotBeChallenged) {
  for (const char* method : {"ACK", "CANCEL", "PRACK"}) {
    message(method);
    EXPECT_EQ(Auth::pv_proxy_authenticate(call, "sip.test", "secret", 0), 1) << method;
    EXPECT_EQ(Auth::pv_auth_check(call, "sip.test", "secret", 0, 1), 1) << method;
    EXPECT_TRUE(call.live->authorized_user.is_null());
  }
}

TEST_F(AuthTest, ConsumesWhatWasChecked) {
  const std::string good = nonce();
  message("OPTIONS", "Authorization: " + credentials(good, "x", "y", "other") + "\r\nAuthorization: " + credentials(good) + "\r\n");
  EXPECT_EQ(Auth::consume_credentials(call), -1);
  EXPECT_EQ(Auth::has_credentials(call, "SIP.test"), 1);
  EXPECT_EQ(Auth::has_credentials(call, "elsewhere"), -1);
  EXPECT_EQ(Auth::pv_www_authenticate(call, "sip.test", "secret", 0), 1);
  EXPECT_EQ(Auth::consume_credentials(call), 1);
  const std::string out = sent();
  EXPECT_EQ(out.find("realm=\"sip.test\""), std::string::npos) << out;
  EXPECT_NE(out.find("realm=\"other\""), std::string::npos) << out;
}

TEST_F(AuthTest, ChecksWhoseAddressIsUsed) {
  const std::string good = nonce();
  const auto check = [&](std::string_view user, Int checks) {
    message("OPTIONS", "Proxy-Authorization: " + credentials(good, user) + "\r\n");
    return Auth::pv_auth_check(call, "sip.test", "secret", 0, checks);
  };
  EXPECT_EQ(check("alice", 1), 1);
  EXPECT_EQ(check("alice@anywhere", 1), 1);
  EXPECT_EQ(check("bob", 0), 1);
  EXPECT_EQ(check("bob", 1), -8);
  EXPECT_EQ(check("ALICE", 1), -8);
}

}  // namespace
}  // namespace strowger
