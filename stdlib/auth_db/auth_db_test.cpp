// Tests of users in a database: what is asked, and what becomes of the row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "auth.interface.h"
#include "auth_db.interface.h"
#include "runtime/script/test_call.h"
#include "runtime/script/test_database.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth/state.h"
#include "stdlib/auth_db/columns.h"

namespace strowger {
namespace {

using testing::TestDatabase;

class AuthDbTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    world.modules = {TestDatabase::image(), testing::image_of<Auth>("auth"), testing::image_of<AuthDb>("auth_db")};
    TestDatabase::load = [](std::string_view table) {
      return table == "version" ? std::optional(db::Rows{{std::string("subscriber"), Int{7}}, {std::string("old"), Int{6}}}) : std::nullopt;
    };
    TestDatabase::asked.clear();
    TestDatabase::rows = db::Rows();
  }
  static std::string ha1(std::string_view user, std::string_view password = "secret") {
    return std::string(sip::make_ha1(sip::DigestAlgorithm::Md5, user, "sip.test", password).text().view());
  }
  void message(std::string_view user, std::string_view password = "secret", std::string_view method = "OPTIONS",
               std::string_view header = "Authorization") {
    load(test_request(method, "sip:sip.test"));
    char nonce[auth::kMostNonce];
    sip::DigestCredentials c;
    c.nonce = {nonce, auth::new_nonce(call, nonce)};
    c.uri = "sip:sip.test";
    const std::string response(sip::make_digest_response(sip::DigestAlgorithm::Md5, c, Text(std::string_view(ha1(user, password))), method, "").text().view());
    load(test_request(method, "sip:sip.test", "", std::string(header) + ": Digest username=\"" + std::string(user) + "\", realm=\"sip.test\", nonce=\"" +
                                                      std::string(c.nonce.view()) + "\", uri=\"sip:sip.test\", response=\"" + response + "\"\r\n"));
  }
  Code www() { return AuthDb::www_authenticate(call, "sip.test", "subscriber"); }
};

TEST_F(AuthDbTest, AsksForTheRow) {
  message("alice");
  EXPECT_EQ(www(), -3);
  EXPECT_EQ(TestDatabase::asked, "subscriber: ha1 username='alice'");
  message("alice@sip.test");
  EXPECT_EQ(www(), -3);
  EXPECT_EQ(TestDatabase::asked, "subscriber: ha1b username='alice'");
  message("alice@");
  EXPECT_EQ(www(), -3);
  EXPECT_EQ(TestDatabase::asked, "subscriber: ha1 username='alice'");
}

TEST_F(AuthDbTest, DoesNotStartWithoutItsDatabase) {
  TestDatabase::opens = false;
  EXPECT_ANY_THROW(world.start());
  TestDatabase::opens = true;
  ASSERT_FALSE(world.log.lines.empty());
  EXPECT_NE(world.log.lines.back().find("auth_db: it does not open"), std::string::npos) << world.log.lines.back();
}

TEST_F(AuthDbTest, JudgesByTheRow) {
  TestDatabase::rows = db::Rows{{ha1("alice")}};
  message("alice");
  EXPECT_EQ(www(), 1);
  EXPECT_EQ(call.live->authorized_user.view(), "alice");
  message("alice", "wrong");
  EXPECT_EQ(www(), -2);
  TestDatabase::rows = db::Rows{{ha1("alice").substr(0, 31)}};
  message("alice");
  EXPECT_EQ(www(), -2);
  TestDatabase::rows = db::Rows{{db::Field()}};
  message("alice");
  EXPECT_EQ(www(), -2);
  TestDatabase::rows = std::nullopt;
  message("alice");
  EXPECT_EQ(www(), -1);
  EXPECT_NE(world.log.lines.back().find("table subscriber: it is down"), std::string::npos) << world.log.lines.back();
}

TEST_F(AuthDbTest, AsksNothingWhereNothingIsToBeChecked) {
  load(test_request("ACK", "sip:sip.test"));
  EXPECT_EQ(www(), 1);
  load(test_request("OPTIONS", "sip:sip.test"));
  EXPECT_EQ(www(), -5);
  message("alice");
  EXPECT_EQ(AuthDb::www_authenticate(call, "sip.test", "old"), -1);
  EXPECT_EQ(AuthDb::www_authenticate(call, "sip.test", "nosuch"), -1);
  EXPECT_EQ(TestDatabase::asked, "");
}

TEST_F(AuthDbTest, ChecksWhoseAddressIsUsed) {
  const auto check = [&](std::string_view user, std::string_view method, Int flags) {
    TestDatabase::rows = db::Rows{{ha1(user)}};
    message(user, "secret", method, "Proxy-Authorization");
    return AuthDb::auth_check(call, "sip.test", "old", flags);      // whatever its version
  };
  EXPECT_EQ(check("alice", "INVITE", 1), 1);
  EXPECT_EQ(check("bob", "INVITE", 0), 1);
  EXPECT_EQ(check("bob", "INVITE", 1), -8);
  EXPECT_EQ(check("bob", "INVITE", 3), 1);
  EXPECT_EQ(check("bob", "OPTIONS", 3), -8);
  EXPECT_EQ(check("alice", "PUBLISH", 1), -8);
}

TEST_F(AuthDbTest, KnowsSubscribers) {
  load(test_request("OPTIONS", "sip:sip.test"));
  const auto is = [&](std::string_view uri, Int flags) { return AuthDb::is_subscriber(call, uri, "subscriber", flags); };
  EXPECT_EQ(is("sip:alice@a.test", 2), -2);
  EXPECT_EQ(TestDatabase::asked, "subscriber: username username='alice'");
  TestDatabase::rows = db::Rows{{std::string("alice")}};
  EXPECT_EQ(is("sip:alice@a.test", 3), 1);
  EXPECT_EQ(TestDatabase::asked, "subscriber: username username='alice' domain='a.test'");
  EXPECT_EQ(is("alice", 2), -1);
  EXPECT_EQ(is("sip:a.test", 2), -2);
  EXPECT_EQ(is("sip:alice@a.test", 0), -1);
}

TEST(AuthDbColumns, AreReadAndLoaded) {
  std::string why;
  const auto columns = auth_db::parse_load_credentials("rpid; $avp(nick) = nick ;$avp(i:5)=level;$avp(s:x)=y;", why);
  ASSERT_TRUE(columns) << why;
  std::string all;
  for (const auto& c : *columns) all += c.column + ">" + (c.numbered ? "#" : "") + c.name + " ";
  EXPECT_EQ(all, "rpid>rpid nick>nick level>#5 y>x ");
  EXPECT_FALSE(auth_db::parse_load_credentials("$var(x)=level", why));
  EXPECT_FALSE(auth_db::parse_load_credentials("$avp(x)=", why));
  EXPECT_TRUE(auth_db::parse_load_credentials("", why)->empty());
}

}  // namespace
}  // namespace strowger
