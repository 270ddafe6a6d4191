// Tests of aliases in a database: what is asked, and what becomes of the rows.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "alias_db.interface.h"
#include "runtime/script/database.h"
#include "runtime/script/test_call.h"

namespace strowger {
namespace {

std::string g_asked, g_set;
std::optional<db::Rows> g_rows;

/// Stands for a database module.
struct DbMysql {
  static void start(Process& process) {
    auto* const driver = new db::Driver;
    driver->find = [](std::string_view, const db::Question& question, std::string& why) {
      if (question.table.empty()) return std::optional(db::Rows());      // can it be opened?
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

class AliasDbTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage database, alias_db;
    database.name = "db_mysql";
    database.start = DbMysql::start;
    database.stop = DbMysql::stop;
    alias_db.name = "alias_db";
    alias_db.start = AliasDb::start;
    alias_db.worker_start = AliasDb::worker_start;
    alias_db.stop = AliasDb::stop;
    world.modules = {database, alias_db};
    g_asked.clear();
    g_set.clear();
    g_rows = db::Rows{{std::string("robert"), std::string("home.test")}, {std::string("rob"), std::string("work.test")}};
    load(test_request("OPTIONS", "sip:bob:x@sip.test:5070;a=b"));
  }
};

TEST_F(AliasDbTest, LooksUpTheRequestUri) {
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), 1);
  EXPECT_EQ(g_asked, "dbaliases: username domain alias_username='bob'");
  EXPECT_EQ(live.uri().view(), "sip:robert@home.test");
  EXPECT_EQ(live.branch_count, 1);           // the stand-in gives more than it was asked for
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "t", "ru"), 1);
  EXPECT_EQ(g_asked, "t: alias_username alias_domain username='robert' domain='home.test'");
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "t", "UD"), 1);
  EXPECT_EQ(g_asked, "t: username domain alias_username='robert'");
}

TEST_F(AliasDbTest, LeavesTheRequestUriWhereThereIsNone) {
  for (const auto& rows : {std::optional(db::Rows()), std::optional(db::Rows{{db::Field(), std::string("x")}}), std::optional<db::Rows>()}) {
    g_rows = rows;
    EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), -1);
    EXPECT_EQ(live.uri().view(), "sip:bob:x@sip.test:5070;a=b");
  }
  EXPECT_NE(world.log.lines.back().find("table dbaliases: it is down"), std::string::npos);
  g_asked.clear();
  load(test_request("OPTIONS", "sip:sip.test"));
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), -1);
  EXPECT_EQ(g_asked, "");
}

TEST_F(AliasDbTest, FindsForVariables) {
  const VariableRef out{nullptr, [](Call*, Value value) -> Code {
                          g_set += std::string(value.text().view()) + " ";
                          return 1;
                        }, "$avp(x)"};
  EXPECT_EQ(AliasDb::alias_db_find(call, "t", "tel:bob", out), 1);
  EXPECT_EQ(g_set, "sip:robert@home.test sip:rob@work.test ");
  EXPECT_EQ(AliasDb::alias_db_find(call, "t", "bob", out), -1);
  EXPECT_EQ(AliasDb::alias_db_find(call, "t", "sip:sip.test", out, "r"), -1);
  g_rows = db::Rows();
  EXPECT_EQ(AliasDb::alias_db_find(call, "t", "sip:bob@sip.test", out, "r"), -1);
  EXPECT_EQ(g_asked, "t: alias_username alias_domain username='bob'");
  EXPECT_EQ(g_set, "sip:robert@home.test sip:rob@work.test ");
  EXPECT_EQ(live.uri().view(), "sip:bob:x@sip.test:5070;a=b");
}

}  // namespace
}  // namespace strowger
