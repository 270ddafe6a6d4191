// Tests of users in a database: what is asked, and what becomes of the row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "auth.interface.h"
#include "auth_db.interface.h"
#include "runtime/script/test_call.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth/state.h"
#include "stdlib/auth_db/columns.h"

namespace strowger {
namespace {

std::string g_asked;
std::optional<db::Rows> g_rows;

/// Stands for a database module.
struct DbMysql {
  static constexpr std::uint32_t slot = 0;
  static void start(Process& process) {
    auto* const driver = new db::Driver;
    driver->load = [](auto, auto table, auto, std::string&) {
      return table == "version" ? std::optional(db::Rows{{std::string("subscriber"), Int{7}}, {std::string("old"), Int{6}}}) : std::nullopt;
    };
    driver->find = [](std::string_view, const db::Question& question, std::string& why) {
      g_asked = question.table + ":";
      for (const std::string& column : question.columns) g_asked += " " + column;
      for (const auto& [column, text] : question.keys) g_asked += " " + column + "='" + text + "'";
      if (!g_rows) why = "it is down";
      return g_rows;
    };
    process.module_state[0] = driver;
  }
  static void stop(Process& process) { delete static_cast<db::Driver*>(process.module_state[0]); }
};

class AuthDbTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage database, auth, auth_db;
    database.name = "db_mysql";
    database.start = DbMysql::start;
    database.stop = DbMysql::stop;
    auth.name = "auth";
    auth.start = Auth::start;
    auth.worker_start = Auth::worker_start;
    auth.stop = Auth::stop;
    auth_db.name = "auth_db";
    auth_db.start = AuthDb::start;
    auth_db.worker_start = AuthDb::worker_start;
    auth_db.stop = AuthDb::stop;
    world.modules = {database, auth, auth_db};
    g_asked.clear();
    g_rows = db::Rows();
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
  EXPECT_EQ(g_asked, "subscriber: ha1 username='alice'");
  message("alice@sip.test");
  EXPECT_EQ(www(), -3);
  EXPECT_EQ(g_asked, "subscriber: ha1b username='alice'");
  message("alice@");
  EXPECT_EQ(www(), -3);
  EXPECT_EQ(g_asked, "subscriber: ha1 username='alice'");
}

TEST_F(AuthDbTest, JudgesByTheRow) {
  g_rows = db::Rows{{ha1("alice")}};
  message("alice");
  EXPECT_EQ(www(), 1);
  EXPECT_EQ(call.live->authorized_user.view(), "alice");
  message("alice", "wrong");
  EXPECT_EQ(www(), -2);
  g_rows = db::Rows{{ha1("alice").substr(0, 31)}};
  message("alice");
  EXPECT_EQ(www(), -2);
  g_rows = db::Rows{{db::Field()}};
  message("alice");
  EXPECT_EQ(www(), -2);
  g_rows = std::nullopt;
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
  EXPECT_EQ(g_asked, "");
}

TEST_F(AuthDbTest, ChecksWhoseAddressIsUsed) {
  const auto check = [&](std::string_view user, std::string_view method, Int flags) {
    g_rows = db::Rows{{ha1(user)}};
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
  EXPECT_EQ(g_asked, "subscriber: username username='alice'");
  g_rows = db::Rows{{std::string("alice")}};
  EXPECT_EQ(is("sip:alice@a.test", 3), 1);
  EXPECT_EQ(g_asked, "subscriber: username username='alice' domain='a.test'");
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
