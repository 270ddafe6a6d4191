// Tests of aliases in a database: what is asked, and what becomes of the rows.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "alias_db.interface.h"
#include "runtime/script/test_call.h"
#include "runtime/script/test_database.h"

namespace strowger {
namespace {

using testing::TestDatabase;

std::string g_set;

class AliasDbTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    world.modules = {TestDatabase::image(), testing::image_of<AliasDb>("alias_db")};
    TestDatabase::asked.clear();
    g_set.clear();
    TestDatabase::rows = db::Rows{{std::string("robert"), std::string("home.test")}, {std::string("rob"), std::string("work.test")}};
    load(test_request("OPTIONS", "sip:bob:x@sip.test:5070;a=b"));
  }
};

TEST_F(AliasDbTest, LooksUpTheRequestUri) {
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), 1);
  EXPECT_EQ(TestDatabase::asked, "dbaliases: username domain alias_username='bob'");
  EXPECT_EQ(live.uri().view(), "sip:robert@home.test");
  EXPECT_EQ(live.branch_count, 1);           // the stand-in gives more than it was asked for
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "t", "ru"), 1);
  EXPECT_EQ(TestDatabase::asked, "t: alias_username alias_domain username='robert' domain='home.test'");
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "t", "UD"), 1);
  EXPECT_EQ(TestDatabase::asked, "t: username domain alias_username='robert'");
}

TEST_F(AliasDbTest, LeavesTheRequestUriWhereThereIsNone) {
  for (const auto& rows : {std::optional(db::Rows()), std::optional(db::Rows{{db::Field(), std::string("x")}}), std::optional<db::Rows>()}) {
    TestDatabase::rows = rows;
    EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), -1);
    EXPECT_EQ(live.uri().view(), "sip:bob:x@sip.test:5070;a=b");
  }
  EXPECT_NE(world.log.lines.back().find("table dbaliases: it is down"), std::string::npos);
  TestDatabase::asked.clear();
  load(test_request("OPTIONS", "sip:sip.test"));
  EXPECT_EQ(AliasDb::alias_db_lookup(call, "dbaliases"), -1);
  EXPECT_EQ(TestDatabase::asked, "");
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
  TestDatabase::rows = db::Rows();
  EXPECT_EQ(AliasDb::alias_db_find(call, "t", "sip:bob@sip.test", out, "r"), -1);
  EXPECT_EQ(TestDatabase::asked, "t: alias_username alias_domain username='bob'");
  EXPECT_EQ(g_set, "sip:robert@home.test sip:rob@work.test ");
  EXPECT_EQ(live.uri().view(), "sip:bob:x@sip.test:5070;a=b");
}

}  // namespace
}  // namespace strowger
