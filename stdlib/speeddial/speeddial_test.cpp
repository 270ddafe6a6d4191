// Tests of short numbers in a database: what is asked, and what becomes of the row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/test_call.h"
#include "runtime/script/test_database.h"
#include "speeddial.interface.h"

namespace strowger {
namespace {

using testing::TestDatabase;


class SpeeddialTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    world.modules = {TestDatabase::image(), testing::image_of<Speeddial>("speeddial")};
    TestDatabase::asked.clear();
    TestDatabase::rows = db::Rows{{std::string("sip:carol@c.test;x=y")}};
    load(test_request("OPTIONS", "sip:11@sip.test"));
  }
};

TEST_F(SpeeddialTest, LooksUpTheNumberOfASender) {
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), 1);
  EXPECT_EQ(TestDatabase::asked, "speed_dial: new_uri username='alice' sd_username='11'");
  EXPECT_EQ(live.uri().view(), "sip:carol@c.test;x=y");
  load(test_request("OPTIONS", "sip:11@sip.test"));
  TestDatabase::rows = db::Rows{{std::string("tel:1")}};
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "tel:bob"), 1);
  EXPECT_EQ(TestDatabase::asked, "speed_dial: new_uri username='bob' sd_username='11'");
  EXPECT_EQ(live.uri().view(), "sip:tel:1");   // as 5.6.3 has it
  load(test_request("OPTIONS", "sip:11@sip.test"));
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", ""), 1);
  EXPECT_EQ(TestDatabase::asked, "speed_dial: new_uri username='alice' sd_username='11'");
}

TEST_F(SpeeddialTest, LeavesTheRequestUriWhereThereIsNone) {
  for (const auto& rows : {std::optional(db::Rows()), std::optional(db::Rows{{db::Field()}}), std::optional<db::Rows>()}) {
    TestDatabase::rows = rows;
    EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), -1);
    EXPECT_EQ(live.uri().view(), "sip:11@sip.test");
  }
  TestDatabase::asked.clear();
  EXPECT_EQ(Speeddial::sd_lookup(call, ""), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, Text()), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "bob"), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", Text()), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "sip:sip.test"), -1);
  load(test_request("OPTIONS", "sip:sip.test"));
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), -1);
  EXPECT_EQ(TestDatabase::asked, "");
}

}  // namespace
}  // namespace strowger
